"""The issuer's signing keys: which one verifies what, and what holds while they can't be fetched."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gate.identity.published import FETCH_INTERVAL, FIRST_FETCH_INTERVAL, LIFETIME, STALE_LIFETIME
from tests.unit.conftest import Browser, Harness

GOOD = {"email": "alice@example.com", "email_verified": True}
CLAIMS = {**GOOD, "exp": 4_000_000_000}
"""Of a token that outlives every clock of these tests."""

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256, P384, P521 = (ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1))
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS = {"RSA": RSA, "P-256": P256, "P-384": P384, "P-521": P521, "Ed25519": ED25519}
SERVES = {
    "RSA": {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"},
    "P-256": {"ES256"},
    "P-384": {"ES384"},
    "P-521": {"ES512"},
    "Ed25519": {"EdDSA"},
}
ALL = sorted(set().union(*SERVES.values()))


def _jwk(kind: str, **more: Any) -> dict[str, Any]:
    """Return the public key, as an issuer publishes it that does not name the algorithm."""
    writer: Any = RSAAlgorithm if kind == "RSA" else OKPAlgorithm if kind == "Ed25519" else ECAlgorithm
    written: dict[str, Any] = writer.to_jwk(KEYS[kind].public_key(), as_dict=True)
    written.pop("key_ops", None)
    return {**written, "kid": "k1", "use": "sig", **more}


def _publish(harness: Harness, *jwks: Any) -> None:
    harness.issuer.overrides["/jwks"] = (200, {"keys": list(jwks)})


def _bearer(harness: Harness, token: str) -> int:
    browser = Browser(harness.browser.base_url)
    return browser.get("/open/alice-notebook", headers={"Authorization": f"Bearer {token}"}).status


def _fetches(harness: Harness) -> int:
    return harness.issuer.requests.count("/jwks")


@pytest.mark.parametrize("algorithm", ALL)
@pytest.mark.parametrize("kind", KEYS)
def test_keys_serve_the_algorithms_of_their_type(harness: Harness, kind: str, algorithm: str) -> None:
    signer = next(name for name, algorithms in SERVES.items() if algorithm in algorithms)
    _publish(harness, _jwk(kind))
    token = harness.issuer.token(key=KEYS[signer], alg=algorithm, **GOOD)
    assert _bearer(harness, token) == (302 if algorithm in SERVES[kind] else 401)


@pytest.mark.parametrize("named", ["RS256", "PS384"])
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "PS384"])
def test_a_key_that_names_its_algorithm_serves_no_other(harness: Harness, named: str, algorithm: str) -> None:
    _publish(harness, _jwk("RSA", alg=named))
    token = harness.issuer.token(key=RSA, alg=algorithm, **GOOD)
    assert _bearer(harness, token) == (302 if algorithm == named else 401)


@pytest.mark.parametrize("turned", [False, True])
def test_one_id_for_two_algorithms_loses_no_key(harness: Harness, turned: bool) -> None:
    keys = [_jwk("RSA", alg="RS256"), _jwk("P-256", alg="ES256"), _jwk("P-384")]
    _publish(harness, *(reversed(keys) if turned else keys))
    for key, algorithm in ((RSA, "RS256"), (P256, "ES256"), (P384, "ES384")):
        assert _bearer(harness, harness.issuer.token(key=key, alg=algorithm, **GOOD)) == 302


def test_the_id_may_be_left_out_where_one_key_fits(harness: Harness) -> None:
    _publish(harness, _jwk("RSA"), _jwk("P-256", kid="k2"))
    assert _bearer(harness, harness.issuer.token(key=P256, alg="ES256", headers={"kid": None}, **GOOD)) == 302
    _publish(harness, _jwk("RSA"), _jwk("RSA", kid="k2"))
    harness.configure()
    assert _bearer(harness, harness.issuer.token(key=RSA, headers={"kid": None}, **GOOD)) == 401


@pytest.mark.parametrize(
    "strange",
    [
        7,
        {},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "k1"},
        {"kty": "RSA", "kid": "k1"},
        {"kty": "EC", "crv": "P-256", "x": 7, "y": [], "kid": "k1"},
        {"kty": ["RSA"], "kid": "k1", "alg": {}},
        _jwk("RSA", use="enc"),
        _jwk("RSA", alg="RSA-OAEP"),
    ],
)
def test_other_kinds_of_keys_are_passed_over(harness: Harness, strange: Any) -> None:
    token = harness.issuer.token(key=RSA, **GOOD)
    _publish(harness, strange, _jwk("RSA"))
    assert _bearer(harness, token) == 302
    _publish(harness, strange)
    harness.configure()
    assert _bearer(harness, token) == 503


# While the issuer can't be reached.

DOWN = (500, {})


@pytest.mark.parametrize("path", ["/jwks", "/.well-known/openid-configuration"])
@pytest.mark.parametrize("known", [True, False])
def test_forged_tokens_during_an_outage_cost_one_fetch_a_minute(harness: Harness, path: str, known: bool) -> None:
    if known:
        assert _bearer(harness, harness.issuer.token(**CLAIMS)) == 302
        harness.clock.now += LIFETIME + 1
    harness.issuer.overrides[path] = DOWN
    harness.issuer.requests.clear()
    interval = FETCH_INTERVAL if known else FIRST_FETCH_INTERVAL
    for minute in range(1, 4):
        for number in range(20):
            forged = harness.issuer.token(key=RSA, headers={"kid": f"made-up-{number}"}, **CLAIMS)
            # Without its keys of today, nobody can tell whether the issuer has this one.
            assert _bearer(harness, forged) == (401 if known and path != "/jwks" else 503)
        assert harness.issuer.requests.count(path) == minute
        harness.clock.now += interval + 1


def test_known_keys_serve_through_an_outage_for_a_bounded_time(harness: Harness) -> None:
    token = harness.issuer.token(**CLAIMS)
    assert _bearer(harness, token) == 302
    began = harness.clock.now
    harness.issuer.overrides = {"/jwks": DOWN, "/.well-known/openid-configuration": DOWN}
    for later in (LIFETIME + 1, LIFETIME + STALE_LIFETIME - 1):
        harness.clock.now = began + later
        assert _bearer(harness, token) == 302
        assert _bearer(harness, harness.issuer.token(key=RSA, **CLAIMS)) == 401  # a forgery is one all the same
    harness.clock.now = began + LIFETIME + STALE_LIFETIME + 1
    assert _bearer(harness, token) == 503
    harness.issuer.overrides = {}
    harness.clock.now += FIRST_FETCH_INTERVAL
    assert _bearer(harness, token) == 302


@pytest.mark.parametrize("published", [[_jwk("P-256", kid="k2")], []])
def test_a_key_that_the_issuer_removed_goes_with_the_next_fetch(harness: Harness, published: list[Any]) -> None:
    token = harness.issuer.token(**CLAIMS)
    assert _bearer(harness, token) == 302
    harness.issuer.overrides["/jwks"] = DOWN
    harness.clock.now += LIFETIME + 1
    assert _bearer(harness, token) == 302
    _publish(harness, *published)
    harness.clock.now += FETCH_INTERVAL
    assert _bearer(harness, token) in (401, 503)
    harness.issuer.overrides["/jwks"] = DOWN
    harness.clock.now += LIFETIME + 1
    assert _bearer(harness, token) in (401, 503)


def test_a_new_key_is_found_as_soon_as_the_issuer_is_back(harness: Harness) -> None:
    assert _bearer(harness, harness.issuer.token(**CLAIMS)) == 302
    harness.clock.now += FETCH_INTERVAL
    harness.issuer.overrides["/jwks"] = DOWN
    new = harness.issuer.token(key=P256, alg="ES256", headers={"kid": "k2"}, **CLAIMS)
    assert _bearer(harness, new) == 503
    _publish(harness, harness.issuer.public_jwk(), _jwk("P-256", kid="k2"))
    assert _bearer(harness, new) == 503
    harness.clock.now += FETCH_INTERVAL
    assert _bearer(harness, new) == 302


def test_people_can_sign_in_while_only_the_documents_cannot_be_fetched(harness: Harness) -> None:
    assert harness.sign_in().status == 302
    harness.browser.cookies.clear()
    harness.clock.now += LIFETIME + 1
    harness.issuer.overrides = {"/jwks": (429, b"busy"), "/.well-known/openid-configuration": DOWN}
    assert harness.sign_in(exp=4_000_000_000).status == 302


def test_a_provider_that_asks_for_patience_is_told_as_busy(harness: Harness) -> None:
    harness.issuer.overrides["/.well-known/openid-configuration"] = (429, {})
    for _ in range(2):  # the second time without asking
        answer = harness.browser.get("/login", headers={"Accept": "application/json"})
        assert (answer.status, answer.json["error"]) == (503, "identity_provider_busy")
    assert len(harness.issuer.requests) == 1
