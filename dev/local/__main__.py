"""`make run`: serves a local deployment until Ctrl-C."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from infra.settings import Settings
from infra.settings_errors import SettingsError
from local.evaluator import EvaluatorError
from local.places import NETWORKS
from local.sample import Sample, SampleError
from local.slack.app import SlackApp
from local.sockets import PortError
from local.synthesiser import SynthesisError

ROOT = Path(__file__).parents[2]

MAX_PORT = 65_530
"""The two ports after it are served, too, and the message about ports in use names the next three."""

_EXTERNAL_PROVIDER_SETTINGS = frozenset({"scopes", "user_claim"})
"""Settings of `identity` that do not apply to the local provider."""


class UsageError(Exception):
    """The variables of `make run` are wrong; the text says what to type instead."""


def main() -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then stop all child processes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        _serve(os.environ)
    except KeyboardInterrupt:
        _say("\nStopped.")
    except (UsageError, PortError, SettingsError, SampleError, SynthesisError, EvaluatorError) as error:
        sys.exit(str(error))


def _serve(environ: Mapping[str, str]) -> None:
    port = _port(environ)
    issuer, client_id, secret = (environ.get(name, "") for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
    if bool(issuer) != bool(client_id):
        raise UsageError("ISSUER and CLIENT_ID go together: make run ISSUER=https://login.example.com CLIENT_ID=…")
    identity = {"issuer": issuer, "client_id": client_id, **_claims(environ, issuer)}
    slack = _slack(environ)
    # A relative SAMPLE is resolved against the folder that `make` was called in, which is the working directory.
    sample = Sample.load(Path(environ.get("SAMPLE") or ROOT / "dev" / "local" / "sample.yaml"))
    settings = _settings(identity, slack, sample.approvers)
    _say("Starting (the first time, the stack is synthesised, which takes ten to thirty seconds) …")
    # Imported after the checks, so that errors in the variables are reported at once: the import takes a second.
    from local.options import LocalOptions
    from local.provider import ExternalProvider
    from local.running import serve_until_interrupted

    provider = ExternalProvider(issuer, client_id, secret) if issuer else None
    options = LocalOptions(port=port, provider=provider, settings=settings, slack=slack)
    serve_until_interrupted(sample, options)


def _interrupt(number: int, _frame: Any) -> NoReturn:
    # A second Ctrl-C while the deployment stops would leave child processes behind, so it is ignored.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("PORT") or "8080"
    if not text.isdecimal() or not 1 <= int(text) <= MAX_PORT:
        raise UsageError(f"PORT={text} is not a port: write a number from 1 to {MAX_PORT}, such as make run PORT=9090")
    return int(text)


def _claims(environ: Mapping[str, str], issuer: str) -> dict[str, Any]:
    """Return the settings of `identity` that were given for an external provider."""
    given = {name: environ.get(name.upper(), "") for name in ("scopes", "user_claim", "groups_claim")}
    if any(given.values()) and not issuer:
        raise UsageError(
            "SCOPES, USER_CLAIM and GROUPS_CLAIM need an external identity provider: "
            "make run ISSUER=https://login.example.com CLIENT_ID=… SCOPES='openid email groups'"
        )
    settings = {"scopes": given.pop("scopes").split(), **given}
    return {name: value for name, value in settings.items() if value}


def _slack(environ: Mapping[str, str]) -> SlackApp:
    given = {name: environ.get(f"SLACK_{name.upper()}", "") for name in ("team", "signing_secret", "bot_token")}
    if bool(given["team"]) != bool(given["signing_secret"]) or (given["bot_token"] and not given["team"]):
        raise UsageError(
            "SLACK_SIGNING_SECRET and SLACK_TEAM go together, and SLACK_BOT_TOKEN needs both: "
            "make run SLACK_SIGNING_SECRET=… SLACK_TEAM=T0123ABCDEF"
        )
    return SlackApp(**{name: value for name, value in given.items() if value})


def _settings(identity: Mapping[str, Any], slack: SlackApp, approvers: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return those settings of `gate.toml` that apply to a local deployment. Raises `SettingsError`.

    `identity`: replaces the file's settings of that section. `approvers`: those of access requests, unless the file
    names others.
    """
    included: Any = {**dict.fromkeys(("pin", "limits", "identity", "slack", "requests"), True), "vpc": {"none"}}
    settings = Settings.load(ROOT / "gate.toml").model_dump(include=included)
    if not settings["requests"]["approvers"]:
        settings["requests"]["approvers"] = approvers
    settings["identity"] |= identity
    if not identity["issuer"]:  # the file's values are for the provider of the deployment in AWS
        settings["identity"] = {k: v for k, v in settings["identity"].items() if k not in _EXTERNAL_PROVIDER_SETTINGS}
    settings["slack"] = slack.settings(settings["slack"])
    Settings.parse({"networks": NETWORKS, **settings}, source="make run")
    return settings


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
