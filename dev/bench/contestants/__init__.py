"""The implementations that are compared, from an empty handler to the gate, each built as it would be uploaded."""

import base64
import hmac
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bench.aws import EMAIL, KEY, LIST_EMAIL, LISTED, NOTEBOOK
from gate.identity.sign_in_session import SignInSessions
from gate.platform.signing import Key, Signer
from gate.web.cookies import CookieFactory
from infra.bundle import bundle, install
from infra.bytecode import compile_all
from testing.environment import ENVIRON, stored_event

FOLDER = Path(__file__).parent
EVENT = stored_event("browser_get")
ROLE = "arn:aws:iam::123456789012:role/notebook-gate-launch"
ADDRESS, EGRESS = "203.0.113.7", "198.51.100.7/32"
HOUR = 3600
PROFILE = "libraries"
"""The gate's libraries without the gate, used as their documentation shows. Not a contestant."""


@dataclass(frozen=True, eq=False)
class Contestant:
    """One implementation of the function."""

    name: str
    description: str
    """For the table."""
    handler: str
    environment: Mapping[str, str]
    cookie: Callable[[str], str]
    """Makes the session cookie for an e-mail address."""
    build: Callable[[Path, str, str], None]
    """Builds it in a folder, for a platform, with a Python that compiles the bytecode."""
    expected: str = "authToken="
    """What every answer contains. A contestant that fails would be fast."""
    lists: bool = False
    """Whether requests are for the list of notebooks, and not for one notebook."""

    def event(self, number: int = 0) -> bytes:
        """Return API Gateway's event in which person `number` opens their notebook, or somebody lists theirs."""
        email, notebook = LIST_EMAIL if self.lists else EMAIL.format(number), NOTEBOOK.format(number)
        event = json.loads(json.dumps(EVENT))
        for headers in (event["headers"], event["multiValueHeaders"]):
            headers["Cookie"] = self.cookie(email) if headers is event["headers"] else [self.cookie(email)]
        if self.lists:
            event |= {"resource": "/", "path": "/", "pathParameters": None}
        else:
            event |= {"path": f"/open/{notebook}", "pathParameters": {"notebook": notebook}}
        event["person"] = f"user:{email}"  # for `libraries`, which does not check who is calling
        return json.dumps(event).encode()

    def listing(self) -> "Contestant":
        """Return this contestant with requests for the list of notebooks."""
        return replace(self, lists=True, expected=f"{NOTEBOOK.format(LISTED - 1)} is running")


def contestants() -> Iterator[Contestant]:
    """Return the contestants in the order of the table."""
    bare = {"TABLE": "grants", "LAUNCH_ROLE": ROLE, "EGRESS": EGRESS, "SESSION": "43200", "SESSION_SECRET": "session"}
    empty = _copied("floor")
    yield Contestant("floor", "an empty handler", "app.handler", {}, lambda _: "", empty, expected="204")
    yield Contestant("bare", "no framework, requests signed by hand", "app.handler", bare, _hmac, _copied("bare"))
    yield Contestant("plain", "boto3, Powertools, PyJWT, as packaged", "app.handler", bare, _jwt, _plain)
    yield Contestant("plain-pyc", "the same with bytecode", "app.handler", bare, _jwt, _plain_pyc)
    yield Contestant(
        "gate", "the bundle that is deployed", "gate.bootstrap.handler", _gate_environment(), _session, _gate
    )

    yield Contestant(PROFILE, "the libraries of the gate alone", "app.handler", bare, lambda _: "", _libraries)


def _gate_environment() -> dict[str, str]:
    return {
        **ENVIRON,
        "GATE_LAUNCH_ROLE_ARN": ROLE,
        "GATE_SESSION_SECRET_ARN": "session",
        "GATE_ISSUER": "https://login.example.com",
        "GATE_EGRESS": EGRESS,
        "POWERTOOLS_SERVICE_NAME": "notebook-gate",
    }


class _Keys:
    """The key in the stub's secret."""

    def current(self) -> Key:
        return Key(KEY)

    def with_id(self, _key_id: str) -> None:
        return None


def _session(email: str) -> str:
    cookies = CookieFactory("/prod", secure=True)
    signer = Signer(_Keys(), purpose="session", max_age=timedelta(hours=8))
    return f"theme=dark; {cookies.full_name(SignInSessions.NAME)}={signer.sign([email])}"


def _jwt(email: str) -> str:
    import jwt

    return f"theme=dark; session={jwt.encode({'email': email, 'exp': time.time() + HOUR}, KEY, algorithm='HS256')}"


def _hmac(email: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"email": email, "until": time.time() + HOUR}).encode())
    return f"theme=dark; session={payload.decode()}.{hmac.digest(KEY.encode(), payload, 'sha256').hex()}"


def _copied(name: str) -> Callable[[Path, str, str], None]:
    def build(target: Path, _platform: str, _python: str) -> None:
        shutil.copytree(FOLDER / name, target)

    return build


def _plain(target: Path, platform: str, _python: str) -> None:
    shutil.copytree(FOLDER / "plain", target)
    install(target, group="plain", platform=platform)


def _plain_pyc(target: Path, platform: str, python: str) -> None:
    _plain(target, platform, python)
    compile_all(target, python)


def _gate(target: Path, platform: str, python: str) -> None:
    bundle(target, platform=platform, python=python)


def _libraries(target: Path, platform: str, python: str) -> None:
    bundle(target, platform=platform, python=python)
    shutil.copy(FOLDER / "libraries" / "app.py", target)
    compile_all(target, python)
