"""A gate that runs on this machine for people, with its log, its operators and a word of welcome."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gate.log import logger
from local.deployment import FILES, LocalDeployment
from local.sample import Sample
from local.template import REGION
from local.welcome import welcome

ROOT = Path(__file__).parent.parent
LOG = ROOT / ".cache" / "local" / "gate.log"
OPERATOR = LOG.with_name("operator.json")
"""Read by `gate --local` (cli/aws.py)."""


def until_interrupted(deployment: LocalDeployment, *, sample: Sample, issuer: str, team: str) -> None:
    """Serve `deployment`, which was made of `sample`, until `KeyboardInterrupt`.

    `issuer`: somebody's own provider, or empty. `team`: the id of the Slack workspace.
    Raises what entering a `LocalDeployment` raises.
    """
    with ExitStack() as written, deployment:
        # Not before: the port is ours now, and with it the file; another run may be writing it until then.
        _log_to(LOG)
        places = {"log": LOG.relative_to(ROOT), "files": FILES.relative_to(ROOT)}
        written.enter_context(_operators_let_in(deployment))
        print(welcome(sample, deployment.base_url, issuer=issuer, team=team, **places), flush=True)  # noqa: T201
        threading.Event().wait()


@contextmanager
def _operators_let_in(deployment: LocalDeployment) -> Iterator[None]:
    """Write down how `gate --local` reaches this AWS, for this machine's user alone."""
    told = {
        "endpoint_url": deployment.aws.url,
        "region": REGION,
        "access_key_id": deployment.authority.operator_key,
        "secret_access_key": "local",
    }
    text = json.dumps(told)
    OPERATOR.unlink(missing_ok=True)
    OPERATOR.touch(mode=0o600)
    OPERATOR.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        if OPERATOR.exists() and OPERATOR.read_text(encoding="utf-8") == text:  # no later run's
            OPERATOR.unlink()


def _log_to(path: Path) -> None:
    """Send the function's log lines, and what libraries complain about, to the file at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(logger.service).propagate = False
    own = logger.registered_handler
    assert isinstance(own, logging.StreamHandler)
    own.setStream(handler.stream)
