"""The canary: a scheduled event that checks what people's requests need, and keeps the function's version active.

Lambda deactivates a version with SnapStart that nobody invoked for 14 days, and the next invocation fails (Lambda
developer guide, "Troubleshooting SnapStart errors for Lambda functions").
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gate.container import Gate
from gate.identity.provider import Provider
from gate.launch.kinds import kind_of
from gate.platform.audit import log_unexpected
from gate.platform.aws.errors import code_of
from gate.platform.log import logger
from gate.platform.metrics import count_canary_pass
from gate.platform.secrets import Secrets
from gate.store.cutoffs import EVERYBODY, cutoff_key
from gate.store.grant_row import MIN_SESSION
from gate.values.caller import Caller
from gate.values.errors.base import GateError
from gate.values.grant import Grant
from gate.values.landing import Landing
from gate.values.notebook import Notebook

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

NAME = "notebook-gate-canary"
"""The role session of the canary in CloudTrail, and the notebook that it asks for, which must not exist."""


def run_canary(gate: Gate, function: str) -> None:
    """Check each service that a request may need, and count the metric `CanaryPasses` if all of them answer.

    `function`: the name of the function, for the metric.
    A failure is one log line with the name of the check. No line is an audit line, since no person is involved.
    """
    # A container of its own, so that no cache answers in place of a service.
    checks = _checks(Gate(gate.config, clock=gate.now))
    passed = [_passes(name, check) for name, check in checks]
    if all(passed):
        count_canary_pass(function)


def _checks(gate: Gate) -> Iterator[tuple[str, Callable[[], object]]]:
    config = gate.config
    yield "table", lambda: list(gate.table.get([cutoff_key(EVERYBODY)]))
    secrets, arns = Secrets(gate.aws.secrets), [config.session_secret_arn, config.decision_secret_arn]
    arns.append(config.slack.secret_arn)
    if config.decision_secret_arn or not config.access_requests:
        arns.append(config.client_secret_arn)  # of the function that signs people in
    for arn in filter(None, arns):
        yield "secret", partial(secrets.read, arn)
    yield "issuer", Provider(issuer=config.issuer, client_id=config.client_id).check
    if not config.decision_secret_arn:
        yield "launch role", lambda: _launch(gate)


def _launch(gate: Gate) -> None:
    """Ask for the URL of a notebook that does not exist. Raises a `GateError` if the launch role does not allow that.

    IAM decides before SageMaker looks for the notebook, so this also proves that the launch role allows the address of
    the function.
    """
    grant = Grant(f"user:{NAME}", Notebook.parse(NAME), MIN_SESSION)
    # The address of nobody (RFC 5737).
    caller = Caller(grant.principal, (), "session", "192.0.2.1", 0)
    kind = kind_of(grant.notebook)

    def presign(client: "SageMakerClient", notebook: Notebook) -> None:
        try:
            kind.presign(client, notebook, grant.session, Landing(), None)
        except ClientError as error:
            if code_of(error) not in kind.state_conflict_codes:
                raise

    gate.launcher.opening_session(caller, grant).run(presign, grant.notebook)


def _passes(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except GateError as error:
        logger.error("canary failed", check=name, outcome=error.reason)
        return False
    except Exception as error:  # noqa: BLE001
        # Lambda would log the text of an unexpected error, which can quote a token or a URL.
        log_unexpected(error)
        return False
    return True
