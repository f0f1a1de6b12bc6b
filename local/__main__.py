"""`make run`: the whole of Notebook Gate on this machine, until Ctrl-C."""

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

from gate.audit import logger
from infra.settings import Settings, SettingsError
from local.evaluator import EvaluatorError
from local.sample import Sample, SampleError
from local.slack.app import SlackApp
from local.sockets import PortError
from local.synthesiser import SynthesisError
from local.template import REGION
from local.welcome import welcome
from local.world import FILES, INSIDE, World

ROOT = Path(__file__).parent.parent
LOG = ROOT / ".cache" / "local" / "gate.log"


OPERATOR = LOG.with_name("operator.json")
"""Read by `gate --local` (cli/aws.py)."""


class UsageError(Exception):
    """What was typed can't be run; the text says what to type instead."""


def main() -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then end all children."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _interrupt)
    try:
        _serve(os.environ)
    except KeyboardInterrupt:
        _say("\nEnded.")
    except (UsageError, PortError, SettingsError, SampleError, SynthesisError, EvaluatorError) as error:
        sys.exit(str(error))


def _serve(environ: Mapping[str, str]) -> None:
    port = _port(environ)
    issuer, client_id, secret = (environ.get(name, "") for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
    if bool(issuer) != bool(client_id):
        raise UsageError("ISSUER and CLIENT_ID go together: make run ISSUER=https://login.example.com CLIENT_ID=…")
    slack = _slack(environ)
    # A relative SAMPLE is relative to where `make` was called, which is where we are.
    sample = Sample.load(Path(environ.get("SAMPLE") or ROOT / "local" / "sample.yaml"))
    settings = _settings(issuer, client_id, slack)
    _say("Starting (the first time, the stack is synthesised, which takes some ten seconds) …")
    world = World(
        sample=sample,
        port=port,
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        settings=settings,
        slack=slack,
    )
    with ExitStack() as written, world:
        # Not before: the port is ours now, and with it the file; another run may be writing it until then.
        _log_to(LOG)
        places = {"log": LOG.relative_to(ROOT), "files": FILES.relative_to(ROOT)}
        written.enter_context(_operators_let_in(world))
        _say(welcome(sample, world.base_url, issuer=issuer, team=slack.team, **places))
        threading.Event().wait()


@contextmanager
def _operators_let_in(world: World) -> Iterator[None]:
    """Write down how `gate --local` reaches this AWS, for this machine's user alone."""
    told = {
        "endpoint_url": world.aws.url,
        "region": REGION,
        "access_key_id": world.authority.operator_key,
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


def _interrupt(number: int, _frame: Any) -> NoReturn:
    # A second Ctrl-C would leave children behind: ending takes a second, so it is waited for.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("PORT") or "8080"
    if not text.isdecimal() or not 1 <= int(text) <= 65_534:
        raise UsageError(f"PORT={text} is no port: write a number from 1 to 65534, such as make run PORT=8081")
    return int(text)


def _slack(environ: Mapping[str, str]) -> SlackApp:
    given = {name: environ.get(f"SLACK_{name.upper()}", "") for name in ("team", "signing_secret", "bot_token")}
    if bool(given["team"]) != bool(given["signing_secret"]) or (given["bot_token"] and not given["team"]):
        raise UsageError(
            "SLACK_SIGNING_SECRET and SLACK_TEAM go together, and SLACK_BOT_TOKEN with them: "
            "make run SLACK_SIGNING_SECRET=… SLACK_TEAM=T0123ABCDEF"
        )
    return SlackApp(**{name: value for name, value in given.items() if value})


def _settings(issuer: str, client_id: str, slack: SlackApp) -> dict[str, Any]:
    """Return of `gate.toml` what can hold on this machine, too: how people are known, for how long, and how tight."""
    settings = Settings.load(ROOT / "gate.toml").model_dump(include={"pin", "limits", "identity", "slack"})
    settings["identity"] |= {"issuer": issuer, "client_id": client_id}
    settings["slack"] = slack.settings(settings["slack"])
    Settings.parse({"networks": [INSIDE], **settings}, source="make run")
    return settings


def _log_to(path: Path) -> None:
    """Send the function's log lines, and what libraries complain about, to the file at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(logger.service).propagate = False
    own = logger.registered_handler
    assert isinstance(own, logging.StreamHandler)
    own.setStream(handler.stream)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
