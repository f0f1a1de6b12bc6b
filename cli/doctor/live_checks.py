"""`gate doctor --live`: tests the assumptions of docs/first-deploy.md on a real account.

They need a grant to the operator and a deny in an inline policy of its own. Both are removed at the end.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from cli.aws import aws_errors, error_code, next_second
from cli.deployed import Deployed
from cli.doctor.check import Check, assumption
from cli.doctor.notebook_browser import REQUEST_TIMEOUT, NotebookBrowser
from cli.doctor.row_checks import DOCTOR_POLICY
from cli.doctor.window_check import check_window
from cli.errors import CommandError
from cli.grant_schema.item import plain_values
from cli.grant_schema.spec import GrantSpec
from cli.grants.plan import RowChange
from cli.grants.table import GrantsTable
from cli.revoke.launch_role import remove_policy
from gate.launch.denies.launch_role import LaunchRolePolicies
from gate.launch.kinds import kind_of
from gate.platform.aws.errors import THROTTLING_CODES
from gate.store.grant_row import MAX_SESSION
from gate.values.landing import Landing
from gate.values.notebook import Notebook
from gate.values.principal import role_arn
from gate.values.revocation import Revocation
from gate.values.session_name import session_name

DENY_TIMEOUT = 120
"""Seconds until a deny must have taken effect everywhere in IAM."""

MAX_URLS = 50
"""URLs that are requested at once to find out when AWS throttles."""

GRANT_SECONDS = 600
"""How long the operator's grant lasts if the check is killed."""

WAIT_SECONDS = 3_900
"""Longer than the hour that a chained role session may last."""


@dataclass(frozen=True)
class LiveChecks:
    """Checks with a notebook instance that is in service, and optionally with one that is stopped."""

    deployed: Deployed
    notebook: str
    stopped: str | None = None
    wait: bool = False
    """Whether to test that an open notebook outlives an hour."""
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> Iterator[Check]:
        """Yield the results. Nothing is left behind. Raises `CommandError`."""
        yield self._check_refusal("unknown notebook", f"none-{uuid.uuid4().hex[:12]}")
        if self.stopped:
            yield self._check_refusal("stopped notebook", self.stopped)
        with self._granted() as name:
            browser = NotebookBrowser()
            status, url = browser.visit(self._request_url())
            if status != 200:
                text = f"the notebook answers {status} to its presigned URL"
                yield Check("launch", "error", text, "Run this inside the networks.")
                return
            yield Check("launch", "ok", "a signed request opens the notebook")
            path = urlsplit(url).path
            yield assumption("view=lab", path.startswith("/lab"), f"&view=lab leads to {path}")
            if self.wait:
                self.sleep(WAIT_SECONDS)
                usable = browser.visit(url)[0] == 200
                yield assumption("an hour later", usable, f"the notebook is {'still' if usable else 'not'} usable")
            yield self._check_deny(browser, url, name)
            if self.deployed.config.without_vpc:
                yield check_window(self.deployed, self.notebook, sleep=self.sleep)
        yield self._check_throttling()

    def _check_refusal(self, name: str, notebook: str) -> Check:
        code = self._presign(notebook)
        conflicts = kind_of(Notebook.parse(notebook)).state_conflict_codes
        return assumption(name, code in conflicts, f"AWS answers {code or 'with a URL'}")

    def _presign(self, notebook: str) -> str:
        """Request a presigned URL; return AWS's error code, or an empty string for a URL."""
        try:
            client = self.deployed.aws.client("sagemaker")
            named = Notebook.parse(notebook)
            kind_of(named).presign(client, named, MAX_SESSION, Landing(), None)
        except ClientError as error:
            return error_code(error)
        return ""

    @contextmanager
    def _granted(self) -> Iterator[str]:
        """Grant the notebook to the operator for a while; yield the name of their role session."""
        with aws_errors():
            arn = self.deployed.aws.client("sts").get_caller_identity()["Arn"]
        principal = f"iam:{_caller_arn(arn)}"
        until = int(time.time()) + GRANT_SECONDS + (WAIT_SECONDS if self.wait else 0)
        spec = GrantSpec.model_validate({"principal": principal, "notebook": self.notebook})
        spec = spec.model_copy(update={"until": until})
        table = GrantsTable.of(self.deployed)
        before = table.get(spec.key)
        table.write([RowChange(before, spec)])
        try:
            yield session_name(principal.partition(":")[2])
        finally:
            restored = GrantSpec.model_validate(plain_values(before)) if before else None
            table.write([RowChange(spec.item(), restored)])

    def _request_url(self) -> str:
        """Return a presigned URL from the gate, by a request that the operator's credentials sign."""
        url = f"{self.deployed.config.base_url}/iam/open/{self.notebook}?view=lab"
        request = AWSRequest("GET", url, headers={"Accept": "application/json"})
        credentials = self.deployed.aws.session.get_credentials().get_frozen_credentials()
        SigV4Auth(credentials, "execute-api", self.deployed.aws.region).add_auth(request)
        signed = Request(url, headers=dict(request.headers))  # noqa: S310
        try:
            with build_opener().open(signed, timeout=REQUEST_TIMEOUT) as response:
                return str(json.loads(response.read())["authorized_url"])
        except HTTPError as error:
            explain = self.deployed.lines.gate("explain")
            raise CommandError(f"/iam/open answers {error.code}: {explain} shows why") from None
        except (URLError, TimeoutError):
            raise CommandError(f"{self.deployed.config.base_url} can't be reached from here") from None

    def _check_deny(self, browser: NotebookBrowser, url: str, name: str) -> Check:
        role = LaunchRolePolicies(self.deployed.aws.client("iam"), self.deployed.launch_role)
        # In a policy of its own, so that a concurrent gate revoke is not disturbed.
        try:
            with aws_errors():
                role.deny([Revocation((name,), next_second(self.deployed.aws))], policy=DOCTOR_POLICY)
            for second in range(0, DENY_TIMEOUT, 2):
                if browser.visit(url)[0] != 200:
                    text = f"a deny cuts off an open notebook within {second} s"
                    return Check("policies on every request", "ok", text)
                self.sleep(2)
        finally:
            # Also after a failed write, which may have succeeded although its response was lost.
            remove_policy(role, DOCTOR_POLICY)
        text = f"a deny has not cut off an open notebook after {DENY_TIMEOUT} s"
        return assumption("policies on every request", False, text)

    def _check_throttling(self) -> Check:
        start = time.monotonic()
        for number in range(MAX_URLS):
            code = self._presign(self.notebook)
            if code:
                seconds = max(time.monotonic() - start, 0.01)
                text = f"AWS throttles after {number} URLs in {seconds:.1f} s with {code}"
                return assumption("throttling", code in THROTTLING_CODES, text)
        text = f"AWS made {MAX_URLS} URLs in {time.monotonic() - start:.1f} s without throttling"
        return Check("throttling", "ok", text)


def _caller_arn(arn: str) -> str:
    """Return an identity as the gate knows it: the role in place of an assumed role's session."""
    if ":assumed-role/" not in arn:
        return arn
    head, _, tail = arn.partition(":assumed-role/")
    return role_arn(f"{head.replace(':sts:', ':iam:')}:role/{tail.split('/')[0]}")
