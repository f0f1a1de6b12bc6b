"""The issuer's signing keys: the choice of a key, and an outage of the issuer."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gate.identity.published import FETCH_INTERVAL, FIRST_FETCH_INTERVAL, LIFETIME, STALE_LIFETIME
from testing.harness import Browser, Harness

GOOD = {"email": "alice@example.com", "email_verified": True}
CLAIMS = {**GOOD, "exp": 4_000_000_000}
"""The claims of a token that does not expire during these tests."""

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256, P384, P521 = (ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1))
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS = {"RSA": RSA, "P-256": P256, "P-384": P384, "P-521": P521, "Ed25519": ED25519}
ALGORITHMS_OF = {
    "RSA": {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"},
    "P-256": {"ES256"},
    "P-384": {"ES384"},
    "P-521": {"ES512"},
    "Ed25519": {"EdDSA"},
}
ALL = sorted(set().union(*ALGORITHMS_OF.values()))


def _jwk(kind: str, **more: Any) -> dict[str, Any]:
    """Return the public key as a JWK without an algorithm."""
    algorithm: Any = RSAAlgorithm if kind == "RSA" else OKPAlgorithm if kind == "Ed25519" else ECAlgorithm
    jwk: dict[str, Any] = algorithm.to_jwk(KEYS[kind].public_key(), as_dict=True)
    jwk.pop("key_ops", None)
    return {**jwk, "kid": "k1", "use": "sig", **more}


def _publish(harness: Harness, *jwks: Any) -> None:
    harness.issuer.overrides["/jwks"] = (200, {"keys": list(jwks)})


def _bearer(harness: Harness, token: str) -> int:
    browser = Browser(harness.browser.base_url)
    return browser.get("/open/alice-notebook", headers={"Authorization": f"Bearer {token}"}).status


def _fetches(harness: Harness) -> int:
    return harness.issuer.requests.count("/jwks")


@pytest.mark.parametrize("algorithm", ALL)
@pytest.mark.parametrize("kind", KEYS)
def test_a_key_verifies_the_algorithms_of_its_type(harness: Harness, kind: str, algorithm: str) -> None:
    signer = next(name for name, algorithms in ALGORITHMS_OF.items() if algorithm in algorithms)
    _publish(harness, _jwk(kind))
    token = harness.issuer.token(key=KEYS[signer], alg=algorithm, **GOOD)
    assert _bearer(harness, token) == (302 if algorithm in ALGORITHMS_OF[kind] else 401)


@pytest.mark.parametrize("named", ["RS256", "PS384"])
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "PS384"])
def test_a_key_with_an_algorithm_verifies_no_other(harness: Harness, named: str, algorithm: str) -> None:
    _publish(harness, _jwk("RSA", alg=named))
    token = harness.issuer.token(key=RSA, alg=algorithm, **GOOD)
    assert _bearer(harness, token) == (302 if algorithm == named else 401)


@pytest.mark.parametrize("reverse", [False, True])
def test_keys_with_the_same_id_and_different_algorithms_are_all_used(harness: Harness, reverse: bool) -> None:
    keys = [_jwk("RSA", alg="RS256"), _jwk("P-256", alg="ES256"), _jwk("P-384")]
    _publish(harness, *(reversed(keys) if reverse else keys))
    for key, algorithm in ((RSA, "RS256"), (P256, "ES256"), (P384, "ES384")):
        assert _bearer(harness, harness.issuer.token(key=key, alg=algorithm, **GOOD)) == 302


def test_a_token_without_a_key_id_is_accepted_if_one_key_matches(harness: Harness) -> None:
    _publish(harness, _jwk("RSA"), _jwk("P-256", kid="k2"))
    assert _bearer(harness, harness.issuer.token(key=P256, alg="ES256", headers={"kid": None}, **GOOD)) == 302
    _publish(harness, _jwk("RSA"), _jwk("RSA", kid="k2"))
    harness.configure()
    assert _bearer(harness, harness.issuer.token(key=RSA, headers={"kid": None}, **GOOD)) == 401


@pytest.mark.parametrize(
    "unusable",
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
def test_unusable_keys_are_ignored(harness: Harness, unusable: Any) -> None:
    token = harness.issuer.token(key=RSA, **GOOD)
    _publish(harness, unusable, _jwk("RSA"))
    assert _bearer(harness, token) == 302
    _publish(harness, unusable)
    harness.configure()
    assert _bearer(harness, token) == 503


# Outages of the issuer.

DOWN = (500, {})


@pytest.mark.parametrize("path", ["/jwks", "/.well-known/openid-configuration"])
@pytest.mark.parametrize("cached", [True, False])
def test_forged_tokens_during_an_outage_cause_one_fetch_per_interval(harness: Harness, path: str, cached: bool) -> None:
    if cached:
        assert _bearer(harness, harness.issuer.token(**CLAIMS)) == 302
        harness.clock.now += LIFETIME + 1
    harness.issuer.overrides[path] = DOWN
    harness.issuer.requests.clear()
    interval = FETCH_INTERVAL if cached else FIRST_FETCH_INTERVAL
    for minute in range(1, 4):
        for number in range(20):
            forged = harness.issuer.token(key=RSA, headers={"kid": f"invented-{number}"}, **CLAIMS)
            # Without the current keys, the gate cannot know whether the issuer has a key with this id.
            assert _bearer(harness, forged) == (401 if cached and path != "/jwks" else 503)
        assert harness.issuer.requests.count(path) == minute
        harness.clock.now += interval + 1


def test_cached_keys_are_used_during_an_outage_for_a_limited_time(harness: Harness) -> None:
    token = harness.issuer.token(**CLAIMS)
    assert _bearer(harness, token) == 302
    start = harness.clock.now
    harness.issuer.overrides = {"/jwks": DOWN, "/.well-known/openid-configuration": DOWN}
    for later in (LIFETIME + 1, LIFETIME + STALE_LIFETIME - 1):
        harness.clock.now = start + later
        assert _bearer(harness, token) == 302
        assert _bearer(harness, harness.issuer.token(key=RSA, **CLAIMS)) == 401  # forged tokens stay invalid
    harness.clock.now = start + LIFETIME + STALE_LIFETIME + 1
    assert _bearer(harness, token) == 503
    harness.issuer.overrides = {}
    harness.clock.now += FIRST_FETCH_INTERVAL
    assert _bearer(harness, token) == 302


@pytest.mark.parametrize("published", [[_jwk("P-256", kid="k2")], []])
def test_a_key_that_the_issuer_removed_is_dropped_at_the_next_fetch(harness: Harness, published: list[Any]) -> None:
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


def test_a_new_key_is_found_as_soon_as_the_issuer_responds_again(harness: Harness) -> None:
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


def test_a_429_of_the_provider_is_reported_as_busy(harness: Harness) -> None:
    harness.issuer.overrides["/.well-known/openid-configuration"] = (429, {})
    for _ in range(2):  # the second request causes no fetch
        answer = harness.browser.get("/login", headers={"Accept": "application/json"})
        assert (answer.status, answer.json["error"]) == (503, "identity_provider_busy")
    assert len(harness.issuer.requests) == 1
