"""What `gate doctor` looks at, one function a check."""

import ipaddress
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal

import urllib3

from cli.aws import aws_errors
from cli.clock import aws_clock
from cli.deployed import Deployed
from cli.doctor.deny_checks import standing_denies
from cli.doctor.grant_checks import look_at_grants
from cli.doctor.issuer_check import look_at_issuer
from cli.errors import CommandError
from cli.revoke.launch_role import LaunchRolePolicies
from gate.signing import CLOCK_SKEW
from infra.settings import Settings, SettingsError

Level = Literal["ok", "look", "bad"]
DAY = 86_400
PATIENCE = urllib3.Timeout(connect=5, read=10)


@dataclass(frozen=True)
class Check:
    """What one look found."""

    name: str
    level: Level
    text: str
    mend: str = ""


class Doctor:
    """Looks at one deployment."""

    def __init__(self, deployed: Deployed, *, settings: Path | None, clock: Callable[[], float] = time.time) -> None:
        """`settings`: the file that should be deployed, where there is one."""
        self._deployed = deployed
        self._settings = settings
        self._clock = clock

    def look(self) -> Iterator[Check]:
        """Yield one finding after the other."""
        looks = {
            "stack": self._stack,
            "settings": self._same_settings,
            "launch role": self._launch_role,
            "egress": self._egress,
            "identity provider": lambda: look_at_issuer(self._deployed.config),
            "secrets": self._secrets,
            "clock": self._clocks,
            "grants": lambda: look_at_grants(self._deployed),
            "front door": self._front_door,
            "revocations": self._revocations,
        }
        for name, look in looks.items():
            try:
                for level, text, mend in look():
                    yield Check(name, level, text, mend)
            except CommandError as error:
                yield Check(name, "bad", str(error))

    def _stack(self) -> Iterator[tuple[Level, str, str]]:
        status = self._deployed.status
        if not status.endswith("_COMPLETE") or "ROLLBACK" in status:
            yield (
                "bad",
                f"{self._deployed.stack} is {status}",
                "Look at its events in CloudFormation, and deploy again.",
            )
            return
        state = self._deployed.function.get("State", "")
        if state not in ("Active", ""):
            yield "bad", f"the function is {state}", "Deploy again."
            return
        yield "ok", f"{self._deployed.stack} in {self._deployed.aws.region} is {status}", ""

    def _same_settings(self) -> Iterator[tuple[Level, str, str]]:
        if self._settings is None:
            return
        try:
            here = _flat(Settings.load(self._settings))
        except SettingsError as error:
            yield "look", str(error).splitlines()[0], "Run this where your gate.toml is, or say --settings FILE."
            return
        there = _flat(self._deployed.settings)
        differing = [name for name in here if here[name] != there[name]]
        for name in differing:
            told = f"{name} is {json.dumps(there[name])}; {self._settings} says {json.dumps(here[name])}"
            yield "bad", told, "Deploy, or put the file right."
        if not differing:
            yield "ok", f"what is deployed is what {self._settings} says", ""

    def _launch_role(self) -> Iterator[tuple[Level, str, str]]:
        role = LaunchRolePolicies(self._deployed.aws.client("iam"), self._deployed.launch_role)
        policy = role.policy("launch")
        again = "Deploy again; whoever changed it by hand should know."
        if policy is None:
            yield "bad", "the launch role has lost its policy", again
            return
        denies = [each for each in _list(policy["Statement"]) if each["Effect"] == "Deny"]
        conditions = [each.get("Condition", {}).get("NotIpAddress", {}).get("aws:SourceIp", []) for each in denies]
        named = {str(ipaddress.ip_network(text)) for condition in conditions for text in _list(condition)}
        wanted = {*self._deployed.settings.networks, *self._deployed.config.egress}
        for address in sorted(wanted - named):
            yield "bad", f"the launch role does not let {address} through", again
        for address in sorted(named - wanted):
            yield "bad", f"the launch role lets {address} through, which no setting says", again
        if named == wanted:
            yield "ok", f"the launch role lets {len(wanted)} networks through, and denies the others", ""

    def _egress(self) -> Iterator[tuple[Level, str, str]]:
        known = [ipaddress.ip_network(text) for text in self._deployed.config.egress]
        if not known:
            yield "ok", "the function has no way out but VPC endpoints", ""
            return
        vpc = self._deployed.function.get("VpcConfig", {}).get("VpcId", "")
        client = self._deployed.aws.client("ec2")
        with aws_errors():
            listed = client.get_paginator("describe_nat_gateways")
            pages = listed.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
            gateways = [gateway for page in pages for gateway in page["NatGateways"]]
        found = [
            address["PublicIp"]
            for gateway in gateways
            if gateway.get("State") == "available"
            for address in gateway.get("NatGatewayAddresses", [])
            if "PublicIp" in address
        ]
        strange = [text for text in found if not any(ipaddress.ip_address(text) in network for network in known)]
        for text in strange:
            yield "bad", f"the function's VPC leaves by {text}, which the launch role denies", "Add it to vpc.egress."
        if not found:
            yield "look", "the function's VPC has no NAT gateway to compare vpc.egress with", "See that it is right."
        elif not strange:
            yield "ok", f"the function leaves by {', '.join(found)}", ""

    def _secrets(self) -> Iterator[tuple[Level, str, str]]:
        config, settings = self._deployed.config, self._deployed.settings
        session = self._described(config.session_secret_arn)
        changed = session.get("LastChangedDate")
        age = int((self._clock() - changed.timestamp()) / DAY) if changed else 0
        if age > settings.alarms.key_days:
            yield "look", f"the key that signs cookies is {age} days old", "gate rotate-key"
        else:
            yield "ok", f"the key that signs cookies is {age} days old", ""
        if config.client_secret_arn:
            self._described(config.client_secret_arn)
            yield "ok", "the identity provider's secret is there", ""
        if config.slack.secret_arn:
            stored = self._described(config.slack.secret_arn).get("VersionIdsToStages", {})
            if len(stored) < 2:
                yield "look", "nobody has stored the Slack app's secrets yet", "docs/slack.md, step 4"
            else:
                yield "ok", "the Slack app's secrets are stored", ""

    def _described(self, arn: str) -> dict[str, Any]:
        with aws_errors():
            found: dict[str, Any] = self._deployed.aws.client("secretsmanager").describe_secret(SecretId=arn)
        if "DeletedDate" in found:
            raise CommandError(f"{arn} is being deleted: restore it with aws secretsmanager restore-secret")
        return found

    def _clocks(self) -> Iterator[tuple[Level, str, str]]:
        told = aws_clock(self._deployed.aws)
        skew = self._clock() - told if told is not None else 0.0
        if abs(skew) > CLOCK_SKEW:
            yield (
                "look",
                f"this machine's clock is {skew:+.0f} s off AWS's",
                "Set it: signatures fail when it is far off.",
            )
            return
        issuer = self._date_of(self._deployed.config.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if issuer is not None and abs(self._clock() - issuer) > CLOCK_SKEW:
            mend = "Its tokens may be refused as too new or too old: tell whoever runs it."
            yield "bad", f"the identity provider's clock is {issuer - self._clock():+.0f} s off", mend
            return
        yield "ok", f"all clocks agree within {CLOCK_SKEW} s", ""

    def _date_of(self, url: str) -> float | None:
        try:
            answer = urllib3.PoolManager().request("GET", url, timeout=PATIENCE, retries=False)
            return parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (urllib3.exceptions.HTTPError, KeyError, ValueError, TypeError):
            return None

    def _front_door(self) -> Iterator[tuple[Level, str, str]]:
        url = f"{self._deployed.config.base_url}/health"
        try:
            status = urllib3.PoolManager().request("GET", url, timeout=PATIENCE, retries=False).status
        except urllib3.exceptions.HTTPError:
            mend = "Does the name lead to API Gateway? With private_endpoints, it can be reached through these alone."
            yield "bad", f"{url} can't be reached from here", mend
            return
        if status == 403:
            yield "look", f"{url} turns you away: you are outside the networks", "Join the VPN to look further."
        elif status != 200:
            yield "bad", f"{url} answers {status}", "Look at the function's log."
        else:
            yield "ok", f"{url} answers", ""

    def _revocations(self) -> Iterator[tuple[Level, str, str]]:
        yield from standing_denies(self._deployed, now=int(self._clock()))


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _flat(settings: Settings) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.model_dump(mode="json").items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            flat[name] = value
    return flat


def worst(checks: Sequence[Check]) -> Level:
    """Return the worst level among `checks`."""
    levels = {check.level for check in checks}
    return "bad" if "bad" in levels else "look" if "look" in levels else "ok"
