"""The cost of a launch, measured without a clock: the modules that are imported and the calls that are made."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gate.values.notebook import Notebook
from testing.environment import ENVIRON, stored_event
from testing.harness import Harness

ROOT = Path(__file__).parents[3]
GATE_MODULES = {
    "gate", "gate.bootstrap", "gate.container", "gate.identity", "gate.identity.callers", "gate.identity.parts",
    "gate.identity.sign_in_session", "gate.identity.ticket", "gate.launch", "gate.launch.allowed_sources",
    "gate.launch.describing", "gate.launch.kinds", "gate.launch.kinds.kind", "gate.launch.kinds.notebook_instance",
    "gate.launch.launcher", "gate.launch.policy", "gate.launch.queue", "gate.launch.queue.launch_queue",
    "gate.launch.role_assumer", "gate.launch.role_sessions", "gate.launch.target", "gate.platform",
    "gate.platform.aliases", "gate.platform.audit", "gate.platform.aws", "gate.platform.aws.clients",
    "gate.platform.aws.errors", "gate.platform.aws.service",
    "gate.platform.aws.transport", "gate.platform.clock", "gate.platform.config", "gate.platform.deadline",
    "gate.platform.framing", "gate.platform.keys", "gate.platform.log", "gate.platform.metrics",
    "gate.platform.secrets", "gate.platform.signing", "gate.platform.tls", "gate.platform.transport", "gate.routes",
    "gate.routes.call", "gate.routes.dispatch", "gate.routes.opening", "gate.store", "gate.store.cutoffs",
    "gate.store.grant_row", "gate.store.grants", "gate.store.key_prefixes", "gate.store.read_ahead",
    "gate.store.replay_guard",
    "gate.store.table", "gate.values", "gate.values.caller", "gate.values.errors", "gate.values.errors.base",
    "gate.values.errors.caller", "gate.values.errors.notebook", "gate.values.errors.slack",
    "gate.values.errors.upstream", "gate.values.grant", "gate.values.instance", "gate.values.landing",
    "gate.values.notebook", "gate.values.session_name", "gate.values.user_name", "gate.web", "gate.web.cookies",
    "gate.web.links", "gate.web.request", "gate.web.responses",
}  # fmt: skip
LIBRARIES = {
    "aws_lambda_powertools", "botocore", "dateutil", "itsdangerous", "jmespath", "six", "snapshot_restore_py",
    "typing_extensions", "urllib3",
}  # fmt: skip
"""The bundle also has `jinja2`, `jwt` with `cryptography`, and `slack_sdk`, which other requests import."""

SCRIPT = """
import json, sys
import gate.bootstrap
started = set(sys.modules)
{more}
print(json.dumps([sorted(started), sorted(set(sys.modules) - started)]))
"""


def _imported(more: str = "") -> tuple[set[str], set[str]]:
    """Return the modules that a cold start imports, and those that the code `more` imports after it."""
    environment = {**os.environ, **ENVIRON, "PYTHONPATH": str(ROOT / "lambda"), "GATE_ISSUER": "https://nobody.invalid"}
    environment |= {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}
    command = [sys.executable, "-c", SCRIPT.format(more=more)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    started, later = json.loads(result.stdout.splitlines()[-1])
    return set(started), set(later)


def _libraries(modules: set[str]) -> set[str]:
    # botocore uses certifi if it is installed. It is in this environment, but not in the bundle.
    tops = {name.partition(".")[0] for name in modules} - {"gate", "__main__", "certifi"}
    # Modules that this environment's .pth files load do not belong to the function.
    return {
        name for name in tops if name not in sys.stdlib_module_names and not name.startswith(("_", "sitecustomize"))
    }


def test_a_cold_start_imports_only_these_modules() -> None:
    started, _ = _imported()
    assert {name for name in started if name.partition(".")[0] == "gate"} == GATE_MODULES
    assert _libraries(started) == LIBRARIES
    assert "asyncio" not in started


def test_a_redirect_imports_nothing_more() -> None:
    event = stored_event("browser_get")
    more = f"""
from types import SimpleNamespace
from testing.aws import FakeAws
from gate import container
from gate.identity.sign_in_session import SignInSessions
from gate.web.cookies import CookieFactory
from gate.identity.person import Person
from datetime import timedelta
import jinja2
import os
fake = FakeAws()
fake.notebooks["alice-notebook"] = "InService"
fake.grant("user:alice@example.com", "alice-notebook")
from gate.platform.aws import clients
clients.client = fake.client
clients.LaunchClients.open_connections = lambda _: None
signer = container.get_gate().identity._signer("session", timedelta(hours=8))
event = json.loads({json.dumps(json.dumps(event))})
sessions = SignInSessions(signer, CookieFactory("/prod", True), seconds=28800)
cookie = sessions.sign_in_cookie(Person("alice@example.com", (), 0))
event["multiValueHeaders"]["Cookie"] = [str(cookie).split(";")[0]]
context = SimpleNamespace(function_name="f", memory_limit_in_mb=1, invoked_function_arn="a", aws_request_id="1")
context.get_remaining_time_in_millis = lambda: 28_000
started = set(sys.modules)
answer = gate.bootstrap.handler(event, context)
assert "authToken=" in answer["multiValueHeaders"]["Location"][0]
"""
    _, later = _imported(f"import sys; sys.path += {[str(ROOT), str(ROOT / 'dev')]!r}" + more)
    assert not {name for name in later if not name.startswith("encodings.")}


def test_a_snapshot_contains_all_modules_and_calls_no_service() -> None:
    _, first = _imported("gate.bootstrap.prepare()")
    assert {"jwt", "jinja2", "cryptography"} <= _libraries(first)
    assert "slack_sdk" not in _libraries(first)  # Slack is off in these settings
    _, later = _imported(
        "gate.bootstrap.prepare(); started = set(sys.modules)\n"
        "from gate.identity import id_token, login, provider\n"
        "from gate.routes import health, login, notebooks, slack\n"
    )
    assert later == set()


def test_authorities_are_loaded_before_the_snapshot_and_not_at_a_plain_start() -> None:
    loaded = "gate.platform.tls.tls_context.cache_info().currsize"
    _imported(f"assert {loaded} == 0; gate.bootstrap.prepare(); assert {loaded} == 1")


def test_the_hook_is_registered_for_snapstart() -> None:
    _imported("import snapshot_restore_py as s; assert s._before_snapshot_registry[0][0] == gate.bootstrap.prepare")


@pytest.mark.parametrize("principal", ["user:alice@example.com", "group:data-science"])
def test_a_launch_is_three_calls_and_the_next_one_two(harness: Harness, principal: str) -> None:
    harness.aws.grant(principal, "third-notebook")
    harness.aws.notebooks["third-notebook"] = "InService"
    harness.sign_in(groups=["data-science"])

    def calls() -> list[str]:
        harness.aws.calls.clear()
        assert harness.browser.get(f"/open/{Notebook.parse('third-notebook').segment}").status == 302
        return [name for name, _ in harness.aws.calls]

    read, assume, create = "batch_get_item", "assume_role", "create_presigned_notebook_instance_url"
    assert calls() == [read, assume, create]
    assert calls() == [read, create]


def test_calls_do_not_grow_with_grants(harness: Harness) -> None:
    harness.sign_in()
    harness.browser.get("/open/alice-notebook")
    counts: list[Any] = []
    for number in (10, 2_000):
        for each in range(number):
            harness.aws.grant(f"user:person{each}@example.com", f"notebook-{each}")
        harness.aws.calls.clear()
        harness.browser.get("/open/alice-notebook")
        counts.append([name for name, _ in harness.aws.calls])
    assert counts[0] == counts[1] == ["batch_get_item", "create_presigned_notebook_instance_url"]


def test_a_snapshot_contains_the_compiled_pages() -> None:
    _, _ = _imported(
        "gate.bootstrap.prepare()\n"
        "from jinja2 import Environment\n"
        "from gate.web.responses import load_pages\n"
        "Environment.compile = None\n"
        "pages, _ = load_pages()\n"
        "assert len([pages.get_template(each) for each in pages.list_templates(['html'])]) >= 10\n"
    )
