"""Runs a local deployment for `make run`: writes its log and the operator's credentials, and prints the welcome."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate.log import logger
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from local.template import REGION
from local.welcome import welcome

ROOT = Path(__file__).parents[2]
LOG = ROOT / ".cache" / "local" / "gate.log"
OPERATOR = LOG.with_name("operator.json")
"""Read by `gate --local` (cli/aws.py)."""


def serve_until_interrupted(sample: Sample, options: LocalOptions) -> None:
    """Serve a deployment of `sample` until `KeyboardInterrupt`. Raises what `LocalDeployment` raises."""
    with LocalDeployment(sample, options) as deployment:
        # The port is bound now. Until then the files may belong to another run.
        _log_to(LOG)
        with _operator_credentials(deployment):
            print(_welcome(sample, options, deployment.base_url), flush=True)  # noqa: T201
            threading.Event().wait()


def _welcome(sample: Sample, options: LocalOptions, base_url: str) -> str:
    return welcome(
        sample,
        base_url,
        issuer=options.provider.issuer if options.provider else "",
        team=options.slack.team,
        log=LOG.relative_to(ROOT),
        files=options.folder.relative_to(ROOT),
    )


@contextmanager
def _operator_credentials(deployment: LocalDeployment) -> Iterator[None]:
    """Write the endpoint and credentials for `gate --local`, readable by this machine's user alone."""
    access = {
        "endpoint_url": deployment.aws.url,
        "region": REGION,
        "access_key_id": deployment.authority.operator_key,
        "secret_access_key": "local",
    }
    text = json.dumps(access)
    OPERATOR.unlink(missing_ok=True)
    OPERATOR.touch(mode=0o600)
    OPERATOR.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        if OPERATOR.exists() and OPERATOR.read_text(encoding="utf-8") == text:  # not a later run's
            OPERATOR.unlink()


def _log_to(path: Path) -> None:
    """Write the function's log, and the warnings of libraries, to the file at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(logger.service).propagate = False
    registered = logger.registered_handler
    assert isinstance(registered, logging.StreamHandler)
    registered.setStream(handler.stream)
