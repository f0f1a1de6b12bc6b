"""`make run`: the whole of Notebook Gate on this machine, until Ctrl-C."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from infra.settings import Settings, SettingsError
from local.evaluator import EvaluatorError
from local.sample import Sample, SampleError
from local.slack.app import SlackApp
from local.sockets import PortError
from local.synthesiser import SynthesisError
from local.template import INSIDE

ROOT = Path(__file__).parent.parent


_OF_A_PROVIDER = frozenset({"scopes", "user_claim"})
"""Settings of `identity` that the local provider does without."""


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
    claims = _claims(environ, issuer)
    slack = _slack(environ)
    # A relative SAMPLE is relative to where `make` was called, which is where we are.
    sample = Sample.load(Path(environ.get("SAMPLE") or ROOT / "local" / "sample.yaml"))
    settings = _settings({"issuer": issuer, "client_id": client_id, **claims}, slack)
    _say("Starting (the first time, the stack is synthesised, which takes some ten seconds) …")
    # Here, since it takes a second to import, and what can't be run is told at once.
    from local.deployment import LocalDeployment
    from local.running import until_interrupted

    deployment = LocalDeployment(
        sample=sample,
        port=port,
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        settings=settings,
        slack=slack,
    )
    until_interrupted(deployment, sample=sample, issuer=issuer, team=slack.team)


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


def _claims(environ: Mapping[str, str], issuer: str) -> dict[str, Any]:
    """Return which settings of `identity` were typed, for a provider of somebody's own."""
    typed = {name: environ.get(name.upper(), "") for name in ("scopes", "user_claim", "groups_claim")}
    if any(typed.values()) and not issuer:
        raise UsageError(
            "SCOPES, USER_CLAIM and GROUPS_CLAIM are for a provider of your own: "
            "make run ISSUER=https://login.example.com CLIENT_ID=… SCOPES='openid email groups'"
        )
    split = {"scopes": typed.pop("scopes").split(), **typed}
    return {name: value for name, value in split.items() if value}


def _slack(environ: Mapping[str, str]) -> SlackApp:
    given = {name: environ.get(f"SLACK_{name.upper()}", "") for name in ("team", "signing_secret", "bot_token")}
    if bool(given["team"]) != bool(given["signing_secret"]) or (given["bot_token"] and not given["team"]):
        raise UsageError(
            "SLACK_SIGNING_SECRET and SLACK_TEAM go together, and SLACK_BOT_TOKEN with them: "
            "make run SLACK_SIGNING_SECRET=… SLACK_TEAM=T0123ABCDEF"
        )
    return SlackApp(**{name: value for name, value in given.items() if value})


def _settings(identity: Mapping[str, Any], slack: SlackApp) -> dict[str, Any]:
    """Return of `gate.toml` what can hold on this machine, too: how people are known, for how long, and how tight.

    `identity`: what takes the place of the file's own settings of that section.
    """
    settings = Settings.load(ROOT / "gate.toml").model_dump(include={"pin", "limits", "identity", "slack"})
    settings["identity"] |= identity
    if not identity["issuer"]:  # these were written for the provider of the deployment
        settings["identity"] = {k: v for k, v in settings["identity"].items() if k not in _OF_A_PROVIDER}
    settings["slack"] = slack.settings(settings["slack"])
    Settings.parse({"networks": [INSIDE], **settings}, source="make run")
    return settings


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
