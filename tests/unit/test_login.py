"""Signing in and out: the whole flow, with a provider that validates requests."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from testing.environment import ENVIRON
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


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": 7}])
def test_an_unverified_address_is_refused(harness: Harness, claims: dict[str, object]) -> None:
    answer = harness.sign_in(**claims)
    assert answer.status == 403
    assert "not verified" in answer.body


def test_a_setting_accepts_addresses_without_email_verified(harness: Harness) -> None:
    harness.configure(GATE_TRUST_EMAIL="true")
    assert harness.sign_in(email_verified=None).status == 302


def test_the_client_secret_is_sent_if_there_is_one(harness: Harness) -> None:
    harness.issuer.client_secret = "client-secret-value"
    assert harness.sign_in().status == 502
    harness.configure(GATE_CLIENT_SECRET_ARN="arn:client")
    assert harness.sign_in().status == 302
    assert "client_secret" not in harness.issuer.token_requests[-1]


def test_signing_out_removes_the_session_and_continues_at_the_provider(harness: Harness) -> None:
    harness.sign_in()
    answer = harness.browser.post("/logout")
    assert answer.status == 200
    assert answer.headers["refresh"].startswith(f"2;url={harness.issuer.url}/logout?")
    assert harness.browser.cookies == {}
    assert harness.browser.get("/open/alice-notebook").location.startswith(f"{harness.browser.base_url}/login")


def test_signing_out_works_when_the_provider_is_down(harness: Harness) -> None:
    harness.sign_in()
    harness.configure()
    harness.issuer.overrides["/.well-known/openid-configuration"] = (500, {})
    assert harness.browser.post("/logout").status == 200


def test_another_site_cannot_sign_anybody_out(harness: Harness) -> None:
    harness.sign_in()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert harness.browser.post("/logout", headers=headers).status == 403
    cookies = dict(harness.browser.cookies)
    headers = {"Origin": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com.evil.example"}
    assert harness.browser.send("POST", "/logout", headers={**headers, "Sec-Fetch-Site": "cross-site"}).status == 403
    assert harness.browser.cookies == cookies


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


# Bearer tokens: the same verification, on the `Authorization` header.


def bearer(harness: Harness, token: str) -> int:
    browser = Browser(harness.browser.base_url)
    return browser.get("/open/alice-notebook", headers={"Authorization": f"Bearer {token}"}).status


GOOD = {"email": "alice@example.com", "email_verified": True}


def test_a_bearer_token_opens_the_notebook(harness: Harness) -> None:
    assert bearer(harness, harness.issuer.token(**GOOD)) == 302
    assert bearer(harness, harness.issuer.token(**{**GOOD, "email": "carol@example.com"})) == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"aud": "another-client"}, 401),
        ({"aud": None}, 401),
        ({"aud": ["another-client"]}, 401),
        ({"aud": ["notebook-gate", "another-client"]}, 401),
        ({"aud": ["notebook-gate", "another-client"], "azp": "notebook-gate"}, 302),
        ({"azp": "another-client"}, 401),
        ({"iss": "https://another.example"}, 401),
        ({"iss": None}, 401),
        ({"sub": None}, 401),
        ({"exp": None}, 401),
        ({"exp": 1_000_000_000}, 401),
        ({"exp": "tomorrow"}, 401),
        ({"iat": None}, 401),
        ({"iat": 4_000_000_000}, 401),
        ({"nbf": 4_000_000_000}, 401),
        ({"email_verified": False}, 403),
        ({"email": "alice@example.com\n"}, 403),
        ({"email": "\u212alice@example.com"}, 403),
    ],
)
def test_the_claims_of_a_bearer_token_are_checked(harness: Harness, changes: dict[str, object], status: int) -> None:
    assert bearer(harness, harness.issuer.token(**{**GOOD, **changes})) == status


@pytest.mark.parametrize(("seconds_ago", "status"), [(1, 302), (30, 302), (65, 401)])
def test_at_most_a_minute_of_clock_skew_is_allowed(harness: Harness, seconds_ago: int, status: int) -> None:
    import time

    assert bearer(harness, harness.issuer.token(**GOOD, exp=int(time.time()) - seconds_ago)) == status


def test_forged_tokens_are_refused(harness: Harness) -> None:
    issuer = harness.issuer
    pem = issuer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    payload = jwt.decode(issuer.token(**GOOD), options={"verify_signature": False})
    none = jwt.encode(payload, None, "none", {"kid": "k1"})
    # PyJWT refuses to sign HS256 with a public key, so this forgery is made by hand.
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1","typ":"JWT"}').rstrip(b"=")
    body = none.split(".")[1].encode()
    import hmac

    mac = base64.urlsafe_b64encode(hmac.new(pem, head + b"." + body, hashlib.sha256).digest()).rstrip(b"=")
    hs256 = b".".join((head, body, mac)).decode()
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    good = issuer.token(**GOOD)
    forged = [
        none,
        none.replace(none.split(".")[0], base64.urlsafe_b64encode(b'{"alg":"nOnE","kid":"k1"}').decode().rstrip("=")),
        hs256,
        issuer.token(key=stranger, **GOOD),
        issuer.token(key=stranger, headers={"jku": "https://evil.example/jwks", "kid": "evil"}, **GOOD),
        issuer.token(key=stranger, headers={"kid": "../../etc/passwd"}, **GOOD),
        good.rsplit(".", 1)[0] + ".",
        good.rsplit(".", 1)[0],
        good[:-8] + ("AAAAAAAA" if not good.endswith("AAAAAAAA") else "BBBBBBBB"),
        "",
        "....",
        "a.b.c",
        "eyJ9" * 4000,
        "é.ü.ß",
    ]
    assert [bearer(harness, token) for token in forged] == [401] * len(forged)


def test_invented_key_ids_do_not_flood_the_issuer(harness: Harness) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for number in range(20):
        assert bearer(harness, harness.issuer.token(key=stranger, headers={"kid": f"k{number + 2}"}, **GOOD)) == 401
    assert harness.issuer.requests.count("/jwks") == 1
    harness.clock.now += 61
    bearer(harness, harness.issuer.token(key=stranger, headers={"kid": "k99"}, **GOOD))
    assert harness.issuer.requests.count("/jwks") == 2


def test_an_invalid_token_is_refused_despite_a_valid_cookie(harness: Harness) -> None:
    harness.sign_in()
    assert harness.browser.get("/open/alice-notebook", headers={"Authorization": "Bearer x.y.z"}).status == 401


def test_other_authorization_schemes_are_ignored(harness: Harness) -> None:
    harness.sign_in()
    assert harness.browser.get("/open/alice-notebook", headers={"Authorization": "Basic YTpi"}).status == 302


# Groups.


def test_groups_that_match_no_pattern_are_ignored(harness: Harness) -> None:
    harness.configure(GATE_GROUPS="sagemaker-*,data-science")
    harness.aws.grant("group:sagemaker-x", "alice-notebook")
    harness.aws.grant("group:others", "alice-notebook")
    harness.sign_in("dave@example.com", groups=["others"])
    assert harness.browser.get("/open/alice-notebook").status == 403
    harness.configure()
    harness.sign_in("dave@example.com", groups=["others", "sagemaker-x"])
    assert harness.browser.get("/open/alice-notebook").status == 302


def test_a_person_in_a_hundred_groups_causes_few_calls(harness: Harness) -> None:
    harness.sign_in("bob@example.com", groups=["data-science", *(f"team-{number:03}" for number in range(99))])
    harness.aws.calls.clear()
    assert harness.browser.get("/open/shared-notebook").status == 302
    reads = harness.aws.called("batch_get_item")
    # The person, their groups, and two cutoffs: the person's own and everybody's.
    assert [len(read["RequestItems"]["grants"]["Keys"]) for read in reads] == [100, 3]
    harness.aws.calls.clear()
    assert harness.browser.get("/", headers={"Accept": "application/json"}).status == 200
    assert [len(read["Parameters"]) for read in harness.aws.called("execute_statement")] == [50, 50, 3]


def test_more_groups_than_a_cookie_can_hold_are_refused(harness: Harness) -> None:
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(400)]
    answer = harness.sign_in(groups=names)
    assert answer.status == 403
    assert "identity.groups" in answer.body
    assert harness.sign_in(groups=names[:60]).status == 302
    assert all(len(line) <= 4096 for line in harness.browser.cookies.values())


def test_a_groups_claim_without_names_gives_no_groups(harness: Harness) -> None:
    for groups in (7, {"data-science": True}, [["data-science"], None, 3, ""]):
        harness.sign_in("bob@example.com", groups=groups)
        assert harness.browser.get("/open/shared-notebook").status == 403
        harness.browser.cookies.clear()
    harness.sign_in("bob@example.com", groups="data-science")
    assert harness.browser.get("/open/shared-notebook").status == 302
