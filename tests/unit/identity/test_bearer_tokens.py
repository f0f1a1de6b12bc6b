"""Bearer tokens: the same verification as at a sign-in, on the `Authorization` header."""

import base64
import hashlib

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from testing.harness import Browser, Harness


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
