"""`gate doctor --live`: what can only be believed without an AWS account, tried on a real one.

Each belief is a row of docs/first-deploy.md. A grant to the operator, and a deny in a policy of its own, are made for
it and taken back.
"""

import json
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, HTTPHandler, OpenerDirector, Request, build_opener

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from cli.aws import aws_errors, code_of
from cli.clock import this_moment
from cli.deployed import Deployed
from cli.doctor.checks import Check, Level
from cli.doctor.deny_checks import TRIAL
from cli.errors import CommandError
from cli.grants.plan import Change
from cli.grants.table import GrantsTable
from cli.revoke.launch_role import LaunchRolePolicies
from cli.revoke.revocations import Revocation
from gate.aws.errors import THROTTLED
from gate.identity.iam import role_arn
from gate.identity.session_name import session_name
from gate.launch.launcher import STATE_CONFLICT_CODES
from grant_schema.item import plain
from grant_schema.spec import GrantSpec

PATIENCE = 30
CUT_WITHIN = 120
"""Seconds until a deny must have reached every part of IAM."""

BURST = 50
"""URLs asked for at once, at most, to see how AWS throttles."""

AN_HOUR = 3_900
"""Seconds: longer than the hour that a chained role session may last."""


@dataclass(frozen=True)
class Live:
    """Tries things on one notebook instance that is in service."""

    deployed: Deployed
    notebook: str
    stopped: str | None = None
    wait: bool = False
    sleep: Callable[[float], None] = time.sleep

    def look(self) -> Iterator[Check]:
        """Yield one finding after the other. Leaves nothing behind. Raises `CommandError`."""
        yield self._refusal("unknown notebook", f"none-{uuid.uuid4().hex[:12]}")
        if self.stopped:
            yield self._refusal("stopped notebook", self.stopped)
        with self._granted() as name:
            browser = build_opener(HTTPCookieProcessor(CookieJar()), _Loopback())
            status, place = self._visit(browser, self._open())
            if status != 200:
                mend = "Run this inside the networks."
                yield Check("launch", "bad", f"the notebook answers {status} to its own URL", mend)
                return
            yield Check("launch", "ok", "a signed request opens the notebook")
            path = urlsplit(place).path
            yield _belief("view=lab", path.startswith("/lab"), f"&view=lab leads to {path}")
            if self.wait:
                self.sleep(AN_HOUR)
                still = self._visit(browser, place)[0] == 200
                yield _belief("an hour later", still, f"the notebook is {'still' if still else 'no longer'} usable")
            yield self._cut(browser, place, name)
        yield self._throttle()

    def _refusal(self, name: str, notebook: str) -> Check:
        code = self._create(notebook)
        return _belief(name, code in STATE_CONFLICT_CODES, f"AWS answers {code or 'with a URL'}")

    def _create(self, notebook: str) -> str:
        """Ask for a URL, and return AWS's error code, empty where there is a URL."""
        try:
            self.deployed.aws.client("sagemaker").create_presigned_notebook_instance_url(NotebookInstanceName=notebook)
        except ClientError as error:
            return code_of(error)
        return ""

    @contextmanager
    def _granted(self) -> Iterator[str]:
        """Give the operator the notebook for ten minutes; yields their session name."""
        with aws_errors():
            arn = self.deployed.aws.client("sts").get_caller_identity()["Arn"]
        who = f"iam:{_as_caller(arn)}"
        until = int(time.time()) + 600 + (AN_HOUR if self.wait else 0)
        entry = GrantSpec.model_validate({"principal": who, "notebook": self.notebook})
        entry = entry.model_copy(update={"until": until})
        table = GrantsTable(self.deployed.aws.client("dynamodb"), self.deployed.table)
        seen = table.one(entry.key)
        table.write([Change(seen, entry)], lambda _: None)
        try:
            yield session_name(who.partition(":")[2])
        finally:
            back = GrantSpec.model_validate(plain(seen)) if seen else None
            table.write([Change(entry.item(), back)], lambda _: None)

    def _open(self) -> str:
        url = f"{self.deployed.config.base_url}/iam/open/{self.notebook}?view=lab"
        request = AWSRequest("GET", url, headers={"Accept": "application/json"})
        credentials = self.deployed.aws.session.get_credentials().get_frozen_credentials()
        SigV4Auth(credentials, "execute-api", self.deployed.aws.region).add_auth(request)
        try:
            with build_opener().open(Request(url, headers=dict(request.headers)), timeout=PATIENCE) as answer:  # noqa: S310
                return str(json.loads(answer.read())["authorized_url"])
        except HTTPError as error:
            raise CommandError(f"/iam/open answers {error.code}: gate explain says why") from None
        except (URLError, TimeoutError):
            raise CommandError(f"{self.deployed.config.base_url} can't be reached from here") from None

    def _visit(self, browser: OpenerDirector, url: str) -> tuple[int, str]:
        request = Request(url, headers={"Accept": "text/html"})  # noqa: S310
        try:
            with browser.open(request, timeout=PATIENCE) as answer:
                signed_out = urlsplit(answer.url).hostname != urlsplit(url).hostname
                return 401 if signed_out else answer.status, answer.url.partition("?")[0]
        except HTTPError as error:
            return error.code, url
        except (URLError, TimeoutError):
            return 0, url

    def _cut(self, browser: OpenerDirector, place: str, name: str) -> Check:
        role = LaunchRolePolicies(self.deployed.aws.client("iam"), self.deployed.launch_role)
        # A policy of its own: what gate revoke writes meanwhile is not touched.
        try:
            role.deny([Revocation((name,), this_moment(self.deployed.aws))], policy=TRIAL)
            for second in range(0, CUT_WITHIN, 2):
                if self._visit(browser, place)[0] != 200:
                    return Check("policies on every request", "ok", f"a deny cuts an open notebook within {second} s")
                self.sleep(2)
        finally:
            # Also where the write failed: an answer that got lost may have been a success.
            role.remove(TRIAL)
        told = f"a deny has not cut an open notebook after {CUT_WITHIN} s"
        return _belief("policies on every request", False, told)

    def _throttle(self) -> Check:
        began = time.monotonic()
        for number in range(BURST):
            code = self._create(self.notebook)
            if code:
                seconds = max(time.monotonic() - began, 0.01)
                told = f"AWS throttles after {number} URLs in {seconds:.1f} s with {code}"
                return _belief("throttling", code in THROTTLED, told)
        return Check(
            "throttling", "ok", f"AWS made {BURST} URLs in {time.monotonic() - began:.1f} s without throttling"
        )


class _Connection(HTTPConnection):
    def connect(self) -> None:
        # Every name below localhost is this machine (RFC 6761 §6.3), which not every resolver knows.
        place = "127.0.0.1" if self.host.endswith(".localhost") else self.host
        self.sock = socket.create_connection((place, self.port), self.timeout)


class _Loopback(HTTPHandler):
    """Reaches the notebooks of `make run` by their names."""

    def http_open(self, req: Request) -> Any:
        """Send a request that is not encrypted."""
        return self.do_open(_Connection, req)


def _belief(name: str, holds: bool, told: str) -> Check:
    level: Level = "ok" if holds else "bad"
    return Check(name, level, told, "" if holds else "This is not as believed: see docs/first-deploy.md, and tell us.")


def _as_caller(arn: str) -> str:
    """Return an identity as the gate knows it: an assumed role's session is its role."""
    if ":assumed-role/" not in arn:
        return arn
    head, _, tail = arn.partition(":assumed-role/")
    return role_arn(f"{head.replace(':sts:', ':iam:')}:role/{tail.split('/')[0]}")
