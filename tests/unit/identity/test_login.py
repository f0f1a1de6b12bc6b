"""Signing in: the whole flow, with a provider that validates requests."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest

from gate.web.request import Request
from gate.web.return_url import return_path_of
from testing.environment import ENVIRON, stored_event
from testing.harness import Browser, Harness

DOMAIN = "https://notebooks.example.com"


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_the_redirect_to_the_provider_has_all_parameters(harness: Harness) -> None:
    answer = harness.browser.get("/login?next=/open/alice-notebook")
    query = query_of(answer.location)
    assert answer.status == 302
    assert answer.location.startswith(f"{harness.issuer.url}/authorize?")
    assert query["response_type"] == "code"
    assert query["redirect_uri"] == f"{harness.browser.base_url}/login/callback"
    assert query["code_challenge_method"] == "S256"
    assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3
    assert all(len(query[name]) >= 43 for name in ("state", "nonce", "code_challenge"))


def test_the_verifier_sent_to_the_token_endpoint_hashes_to_the_challenge_sent_before(harness: Harness) -> None:
    redirect = harness.browser.get("/login")
    params = harness.issuer.sign_in(redirect.location, email="alice@example.com", email_verified=True)
    assert harness.browser.get(f"/login/callback?code={params['code']}&state={params['state']}").status == 302
    (form,) = harness.issuer.token_requests
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == query_of(redirect.location)["code_challenge"]


def test_a_code_with_another_sign_ins_verifier_is_refused(harness: Harness) -> None:
    """A provider that checks PKCE refuses an attacker's code that was injected into another person's sign-in."""
    mallory = Browser(harness.browser.base_url)
    stolen = harness.issuer.sign_in(mallory.get("/login").location, email="mallory@example.com", email_verified=True)
    state = query_of(harness.browser.get("/login").location)["state"]
    answer = harness.browser.get(f"/login/callback?code={stolen['code']}&state={state}")
    assert answer.status == 400
    assert "gate-session" not in str(harness.browser.cookies)


@pytest.mark.parametrize(
    ("base_url", "session", "login"),
    [
        (ENVIRON["GATE_BASE_URL"], ("__Secure-gate-session=", "Path=/prod;"), ("__Secure-gate-login-", "/prod/login")),
        (DOMAIN, ("__Host-gate-session=", "Path=/;"), ("__Host-gate-login-", "Path=/;")),
        ("http://127.0.0.1:8080", ("gate-session=", "Path=/;"), ("gate-login-", "Path=/login;")),
    ],
)
def test_cookies_have_the_attributes_that_the_base_url_needs(
    harness: Harness, base_url: str, session: tuple[str, str], login: tuple[str, str]
) -> None:
    harness.configure(GATE_BASE_URL=base_url)
    (login_cookie,) = harness.browser.get("/login").set_cookies
    answer = harness.sign_in()
    (session_cookie,) = [line for line in answer.set_cookies if "gate-session" in line]
    for line, (name, path) in ((session_cookie, session), (login_cookie, login)):
        assert line.startswith(name)
        assert path in line
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert ("Secure" in line.split(";", 1)[1]) is base_url.startswith("https")
        assert "Domain" not in line
    assert harness.browser.get("/open/alice-notebook").status == 302


def test_the_cookie_of_a_sign_in_is_removed_after_it(harness: Harness) -> None:
    harness.sign_in()
    assert [name for name in harness.browser.cookies if "login" in name] == []


def test_several_bookmarks_can_be_opened_at_once(harness: Harness) -> None:
    urls = [harness.browser.get(f"/login?next=/open/{name}").location for name in ("alice-notebook", "bob-notebook")]
    for url, name in zip(urls, ("alice-notebook", "bob-notebook"), strict=True):
        params = harness.issuer.sign_in(url, email="alice@example.com", email_verified=True)
        answer = harness.browser.get(f"/login/callback?code={params['code']}&state={params['state']}")
        assert answer.location == f"{harness.browser.base_url}/open/{name}"


def test_cookies_of_unfinished_sign_ins_do_not_accumulate(harness: Harness) -> None:
    for _ in range(12):
        harness.browser.get("/login")
    assert len([name for name in harness.browser.cookies if "gate-login" in name]) == 8


def test_a_signed_in_person_is_not_redirected_to_the_provider(harness: Harness) -> None:
    harness.sign_in()
    assert harness.browser.get("/login?next=/open").location == f"{harness.browser.base_url}/open"


def test_a_state_can_be_used_once_and_only_in_time(harness: Harness) -> None:
    redirect = harness.browser.get("/login")
    cookies = dict(harness.browser.cookies)
    params = harness.issuer.sign_in(redirect.location, email="alice@example.com", email_verified=True)
    callback = f"/login/callback?code={params['code']}&state={params['state']}"
    assert harness.browser.get(callback).status == 302
    harness.browser.cookies = {}
    assert harness.browser.get(callback).status == 400  # neither the cookie of the sign-in nor a session
    harness.browser.cookies = dict(cookies)
    assert harness.browser.get(callback).status == 400  # the code was used
    again = harness.issuer.sign_in(redirect.location, email="alice@example.com", email_verified=True)
    harness.browser.cookies = dict(cookies)
    harness.clock.now += 601
    redeemed = len(harness.issuer.token_requests)
    late = harness.browser.get(f"/login/callback?code={again['code']}&state={again['state']}")
    assert late.location.startswith(f"{harness.issuer.url}/authorize?")
    assert "gate-session" not in str(harness.browser.cookies)
    assert len(harness.issuer.token_requests) == redeemed


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=code-0",
        "state=",
        "state=made-up-state&code=code-0",
        "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state=STATE",
        "state=STATE",
        "state=STATE&code=",
        "state=STATE&code=made-up",
        "state=STATEx&code=code-0",
        "state=%ff%fe&code=%00",
        "state=" + "a" * 8000,
    ],
)
def test_an_invalid_callback_is_a_400_page(harness: Harness, query: str) -> None:
    state = query_of(harness.browser.get("/login").location)["state"]
    answer = harness.browser.get(f"/login/callback?{query.replace('STATE', state)}")
    assert answer.status == 400
    assert "Sign in again" in answer.body
    assert "<script" not in answer.body


def test_another_browser_cannot_finish_a_sign_in(harness: Harness) -> None:
    """Login CSRF: a victim must not be signed in as the attacker."""
    params = harness.issuer.sign_in(harness.browser.get("/login").location, email="m@example.com", email_verified=True)
    victim = Browser(harness.browser.base_url)
    assert victim.get(f"/login/callback?code={params['code']}&state={params['state']}").status == 400
    assert victim.cookies == {}


def test_a_token_with_another_nonce_is_refused(harness: Harness) -> None:
    assert harness.sign_in(nonce="another").status == 400


@pytest.mark.parametrize(
    "verified", [False, None, 1, 1.0, 2, -1, "1", "yes", "on", "t", "false", " true", "", [True], {}]
)
def test_an_unverified_address_is_refused(harness: Harness, verified: object) -> None:
    answer = harness.sign_in(email_verified=verified)
    assert answer.status == 403
    assert "not verified" in answer.body
    token = harness.issuer.token(email="alice@example.com", email_verified=verified)
    bearer = {"Authorization": f"Bearer {token}"}
    assert harness.browser.get("/open/alice-notebook", headers=bearer).status in (401, 403)


def test_an_address_that_is_not_a_string_is_refused(harness: Harness) -> None:
    assert harness.sign_in(email=7).status == 403


@pytest.mark.parametrize("verified", [True, "true", "True", "TRUE"])
def test_a_verified_address_is_accepted(harness: Harness, verified: object) -> None:
    assert harness.sign_in(email_verified=verified).status == 302


def test_a_setting_accepts_addresses_without_email_verified(harness: Harness) -> None:
    harness.configure(GATE_TRUST_EMAIL="true")
    assert harness.sign_in(email_verified=None).status == 302


def test_the_client_secret_is_sent_if_there_is_one(harness: Harness) -> None:
    harness.issuer.client_secret = "client-secret-value"
    assert harness.sign_in().status == 502
    harness.configure(GATE_CLIENT_SECRET_ARN="arn:client")
    assert harness.sign_in().status == 302
    assert "client_secret" not in harness.issuer.token_requests[-1]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", (500, {})),
        ("/.well-known/openid-configuration", (200, b"<html>")),
        ("/.well-known/openid-configuration", (200, ["a list"])),
        ("/.well-known/openid-configuration", (200, {})),
        ("/.well-known/openid-configuration", (200, b"{" * 100_000)),
        ("/.well-known/openid-configuration", (200, b'"' + b"x" * (1 << 20) + b'"')),
        ("/jwks", (500, {})),
        ("/jwks", (200, {"keys": []})),
        ("/jwks", (200, {"keys": "none"})),
        ("/jwks", (200, {"keys": [{"kty": "RSA"}]})),
        ("/token", (500, {})),
        ("/token", (200, {})),
        ("/token", (200, {"id_token": 7})),
        ("/token", (302, {})),
    ],
)
def test_a_failure_of_the_provider_is_a_503(harness: Harness, path: str, answer: tuple[int, object]) -> None:
    redirect = None if "openid" in path else harness.browser.get("/login")
    harness.issuer.overrides[path] = answer
    if redirect is None:
        assert harness.browser.get("/login").status == 503
        return
    params = harness.issuer.sign_in(redirect.location, email="alice@example.com", email_verified=True)
    failed = harness.browser.get(f"/login/callback?code={params['code']}&state={params['state']}")
    assert failed.status == 503
    assert failed.headers["retry-after"]
    assert "gate-session" not in str(harness.browser.cookies)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/open/alice-notebook/", "/open/alice-notebook"),
        ("/open/210987654321%7Eeu-central-1%7efar", "/open/210987654321~eu-central-1~far"),
        ("/open/%61lice-notebook", "/open/alice-notebook"),
        ("/open/alice-notebook%2F", "/"),
        ("/open/alice%2Fnotebook", "/"),
        ("/open/alice-notebook//", "/"),
    ],
)
def test_a_bookmark_in_another_spelling_leads_where_it_points(path: str, target: str) -> None:
    # API Gateway passes the path as the client sent it.
    event = stored_event("browser_get") | {"path": path, "multiValueQueryStringParameters": None}
    assert return_path_of(Request.from_event(event, "")) == target
