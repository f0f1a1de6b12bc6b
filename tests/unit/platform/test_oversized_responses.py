"""The rest of a response that is larger than the gate reads never becomes the next response."""

import gzip
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from gate.identity.issuer_api import MAX_DOCUMENT_BYTES
from gate.identity.published import FETCH_INTERVAL
from testing.harness import Harness
from tests.unit.scripted import (
    BUFFER,
    CHUNKED,
    FORGED,
    HONEST,
    LIMIT,
    Reply,
    ScriptedServer,
    Serve,
    chunks,
    other_services,
    response,
)


@pytest.mark.parametrize("framing", ["length", "chunked", "compressed"])
@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1, BUFFER, 50 * LIMIT, 1000 * LIMIT])
def test_the_rest_of_an_oversized_response_is_not_the_next_response(
    serve: Serve, framing: str, size: int, later: bool
) -> None:
    """`later`: the rest arrives with the response to the next request, when nothing can be found out about it."""
    body = (b"x" * LIMIT + FORGED * (size // len(FORGED)))[:size]
    stored = gzip.compress(body, compresslevel=0)
    # For "chunked" and `LIMIT`, the last chunk is not read. Of a compressed body, `LIMIT` bytes are read at a time.
    reply, read, is_read = {
        "length": (response(body), body[:LIMIT], size <= LIMIT),
        "chunked": (response(chunks(body), CHUNKED), body[:LIMIT], size < LIMIT),
        "compressed": (
            response(stored, "Content-Encoding: gzip", f"Content-Length: {len(stored)}"),
            stored[: 2 * LIMIT],
            len(stored) <= 2 * LIMIT,
        ),
    }[framing]
    end = reply.index(read) + len(read) if later and not is_read else len(reply)
    server = ScriptedServer([Reply(reply[:end], reply[end:]), Reply(HONEST)])
    url = serve(server)
    with other_services() as (send, _):
        assert send("GET", url) == body[:LIMIT]
        assert send("GET", url) == b"honest"
    assert server.connections == (1 if is_read else 2)


def test_the_rest_of_a_user_info_response_brings_no_key(harness: Harness, serve: Serve) -> None:
    """Mallory's claims are larger than the gate reads. The rest is a response with her key."""
    mallory = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    hers = {"keys": [{**RSAAlgorithm.to_jwk(mallory.public_key(), as_dict=True), "kid": "mallory", "use": "sig"}]}
    server, issuer = ScriptedServer([]), harness.issuer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuer, "url", serve(server))
        issuer.user_info = {}
        harness.configure(GATE_ISSUER=issuer.url)
        server.add(of_json(issuer._answer("/.well-known/openid-configuration", {}, None)[1]))
        back = issuer.sign_in(harness.browser.get("/login").location)
        nonce = issuer.codes[back["code"]]["query"]["nonce"]
        claims = response(b"x" * (MAX_DOCUMENT_BYTES + 1), "Content-Length: 2000000")
        keys = of_json(issuer._answer("/jwks", {}, None)[1])
        server.add(
            of_json({"id_token": issuer.token(nonce=nonce), "access_token": "a"}),
            keys,
            Reply(claims, later=of_json(hers).now),
            keys,
        )
        harness.browser.get(f"/login/callback?code={back['code']}&state={back['state']}")
        harness.clock.now += FETCH_INTERVAL + 1
        forged = {"email": "alice@example.com", "email_verified": True, "exp": 4_000_000_000}
        token = issuer.token(key=mallory, headers={"kid": "mallory"}, **forged)
        answer = harness.browser.get("/open/alice-notebook", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 401
    assert server.paths == ["/.well-known/openid-configuration", "/token", "/jwks", "/userinfo", "/jwks"]


def of_json(document: object) -> Reply:
    return Reply(response(json.dumps(document).encode()))
