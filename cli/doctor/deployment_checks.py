"""Runs the checks of `gate doctor` that only read."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from cli.deployed import Deployed
from cli.doctor.capacity_checks import check_concurrency, check_table
from cli.doctor.check import Check, Outcomes
from cli.doctor.endpoint_checks import check_notebook_endpoints, check_private_api, check_sagemaker_endpoint
from cli.doctor.execution_role_checks import check_execution_roles
from cli.doctor.network_checks import check_egress, check_launch_role
from cli.doctor.notebook_checks import check_notebooks, read_granted
from cli.doctor.release_checks import check_release
from cli.doctor.row_checks import check_denies, check_grants
from cli.doctor.secret_checks import check_secrets
from cli.doctor.service_checks import check_api, check_clocks, check_issuer
from cli.doctor.stack_checks import check_logging_role, check_names, check_settings, check_stack
from cli.doctor.version_checks import check_versions
from cli.errors import CommandError
from cli.notebooks.granted import GrantedNotebook


def check_deployment(
    deployed: Deployed, *, settings_file: Path | None, clock: Callable[[], float] = time.time
) -> Iterator[Check]:
    """Yield the results. A check that can't be made is an error, and the others go on.

    `settings_file`: the settings that should be deployed; None to compare nothing.
    """

    @cache
    def granted() -> Sequence[GrantedNotebook]:
        return read_granted(deployed, now=clock())

    checks: Mapping[str, Callable[[], Outcomes]] = {
        "stack": lambda: check_stack(deployed),
        "release": lambda: check_release(deployed),
        "settings": lambda: check_settings(deployed, settings_file),
        "versions": lambda: check_versions(deployed),
        "names": lambda: check_names(deployed),
        "launch role": lambda: check_launch_role(deployed),
        "egress": lambda: check_egress(deployed),
        "SageMaker endpoint": lambda: check_sagemaker_endpoint(deployed),
        "identity provider": lambda: check_issuer(deployed.config),
        "secrets": lambda: check_secrets(deployed, now=clock()),
        "clock": lambda: check_clocks(deployed, clock=clock),
        "concurrency": lambda: check_concurrency(deployed),
        "table": lambda: check_table(deployed),
        "grants": lambda: check_grants(deployed),
        "notebooks": lambda: check_notebooks(deployed, granted()),
        "notebook endpoints": lambda: check_notebook_endpoints(deployed, granted()),
        "execution roles": lambda: check_execution_roles(deployed, granted()),
        "API": lambda: check_api(deployed),
        "API endpoints": lambda: check_private_api(deployed),
        "API logs": lambda: check_logging_role(deployed),
        "revocations": lambda: check_denies(deployed, now=int(clock())),
    }
    for name, check in checks.items():
        try:
            for outcome in check():
                yield Check(name, outcome.level, outcome.text, outcome.fix)
        except CommandError as error:
            yield Check(name, "error", str(error))
