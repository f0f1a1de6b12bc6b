"""Hostile input: no request causes a 5xx or a redirect to another site."""

from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.web.return_url import safe_return_path
from testing.harness import Harness

OTHER_SITES = [  # tests/fuzz has more of them
    "////evil.example/%2f..",
    "/\r\nSet-Cookie: gate-session=x",
    "/open/a%0d%0aLocation:%20https://evil.example",
    " https://evil.example",
    "\x00https://evil.example",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "vbscript:msgbox(1)",
    "/open/../../evil",
    "/open/alice-notebook/../../login",
    "/login/callback?code=x",
    "/open/alice-notebook\u2028",
    "/open/alice-notebook\n",
    "/open/" + "a" * 10_000,
    "?next=/",
    "#",
]


def test_a_sign_in_never_redirects_to_another_site(harness: Harness) -> None:
    for target in OTHER_SITES:
        harness.browser.cookies.clear()
        answer = harness.sign_in(path=target)
        home = f"{harness.browser.base_url}/"
        assert (answer.status, answer.location) == (302, home), target
        assert harness.browser.get(f"/login?next={quote(target)}").location == home, target


def test_a_sign_in_returns_to_pages_of_the_gate(harness: Harness) -> None:
    for target in ("/", "/open", "/open/alice-notebook", "/open?view=lab", "/open/a?view=classic"):
        harness.browser.cookies.clear()
        assert harness.sign_in(path=target).location == harness.browser.base_url + target


@given(st.text())
def test_any_return_path_becomes_a_path_of_the_gate(text: str) -> None:
    target = safe_return_path(text)
    parts = urlsplit(target)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("", "", "")
    assert target == "/" or target.startswith("/open")


NAMES = [
    "-a",
    "a-",
    "a_b",
    "a.b",
    "a b",
    "a" * 64,
    "a" * 10_240,
    "-" * 10_240,
    "%2e%2e",
    "..",
    "%252e",
    "a%00",
    "a%0aset-cookie:x",
    "%c3%a9",
    "%ff",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${jndi:ldap://evil}",
    "' OR '1'='1",
    "*",
    "a%2Fb",
    "\u0430lice",
    "١٢٣",
]


@pytest.mark.parametrize("path", ["/open/{}", "/notebooks/{}", "/iam/open/{}"])
def test_names_outside_the_pattern_are_a_client_error(harness: Harness, path: str) -> None:
    harness.sign_in()
    harness.aws.calls.clear()
    for name in NAMES:
        for sent in (name, quote(name, safe="")):
            answer = harness.browser.get(path.format(sent))
            assert answer.status in (400, 404), sent
            assert "<script>alert" not in answer.body, sent
            assert harness.aws.calls == [], sent


def test_an_encoded_name_is_the_same_name(harness: Harness) -> None:
    harness.sign_in()
    assert harness.browser.get("/open/alice%2Dnotebook").status == 302
    assert harness.browser.get("/open/alice%252Dnotebook").status == 400


def test_headers_do_not_change_the_callers_address(harness: Harness) -> None:
    harness.sign_in()
    harness.browser.get("/open/alice-notebook", headers={"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"})
    (assumed,) = harness.aws.called("assume_role")
    assert "192.0.2.1" not in assumed["Policy"]
    assert '"203.0.113.7/32"' in assumed["Policy"]


def test_a_host_header_does_not_change_redirects(harness: Harness) -> None:
    answer = harness.browser.get("/open/alice-notebook", headers={"Host": "evil.example", "X-Forwarded-Host": "evil"})
    assert "evil" not in answer.location


TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=200)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    path=st.sampled_from(
        ["/", "/open", "/open/{}", "/notebooks/{}", "/iam/open/{}", "/login", "/login/callback", "/{}"]
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "TRACE"]),
    text=TEXT,
    query=st.dictionaries(st.sampled_from(["next", "view", "state", "code", "x"]), TEXT, max_size=3),
    headers=st.dictionaries(
        st.sampled_from(["Cookie", "Authorization", "Accept", "Origin", "Sec-Fetch-Site", "X-Y"]), TEXT, max_size=4
    ),
    arn=st.none() | TEXT,
)
def test_no_request_causes_a_5xx(
    harness: Harness, path: str, method: str, text: str, query: dict[str, str], headers: dict[str, str], arn: str | None
) -> None:
    address = path.format(quote(text, safe="")) + "?" + "&".join(f"{k}={quote(v)}" for k, v in query.items())
    answer = harness.browser.send(method, address, headers=headers, iam=arn)
    assert answer.status < 500
    assert "\n" not in answer.headers.get("location", "")
    if "location" in answer.headers:
        assert answer.location.startswith((harness.browser.base_url + "/", harness.issuer.url + "/authorize?"))
