"""An OpenID provider that checks PKCE, the client secret, the redirect URI and the single use of codes."""

import base64
import hashlib
import json
import time
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from werkzeug.wrappers import Request, Response

from local.serving import serve_wsgi
from testing.environment import CLIENT_ID


@cache
def _key() -> rsa.RSAPrivateKey:
    """Return one key for the whole process, because generating a key takes a good part of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """A provider on a loopback port. Tests change its responses by assigning to its attributes."""

    def __init__(self) -> None:
        self.key = _key()
        self.codes: dict[str, dict[str, Any]] = {}
        self.claims: dict[str, Any] = {}
        self.client_secret = ""
        self.secret_in_form = False
        """Whether the client was registered for `client_secret_post`."""
        self.user_info: dict[str, Any] | None = None
        """The claims of the UserInfo endpoint except `sub`. None if there is no such endpoint."""
        self.user_info_type = "application/json"
        """The media type of UserInfo responses. With `application/jwt`, they are signed."""
        self.access_tokens: set[str] = set()
        self.overrides: dict[str, tuple[int, Any]] = {}
        """By path: status and body to send instead of the real response."""
        self.requests: list[str] = []
        self.token_requests: list[dict[str, str]] = []
        self._server = serve_wsgi(self._app)
        self.url = self._server.url

    def close(self) -> None:
        self._server.close()

    def sign_in(self, authorization_url: str, **claims: Any) -> dict[str, str]:
        """Sign a person with `claims` in, and return the query parameters of the callback."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = {"query": query, "claims": claims}
        return {"code": code, "state": query["state"]}

    def token(
        self, *, key: Any = None, alg: str = "RS256", headers: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        now = int(time.time())
        payload = {"iss": self.url, "aud": CLIENT_ID, "sub": "s-1", "iat": now, "exp": now + 600, **claims}
        payload = {name: value for name, value in payload.items() if value is not None}
        header = {name: value for name, value in {"kid": "k1", **(headers or {})}.items() if value is not None}
        return jwt.encode(payload, self.key if key is None else key, alg, header)

    def public_jwk(self) -> dict[str, Any]:
        return {**RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True), "kid": "k1", "use": "sig", "alg": "RS256"}

    def _answer(self, path: str, form: dict[str, str], authorization: str | None) -> tuple[int, Any]:
        self.requests.append(path)
        if path in self.overrides:
            return self.overrides[path]
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "end_session_endpoint": f"{self.url}/logout",
                **({} if self.user_info is None else {"userinfo_endpoint": f"{self.url}/userinfo"}),
            }
        if path == "/jwks":
            return 200, {"keys": [self.public_jwk()]}
        if path == "/token":
            self.token_requests.append(form)
            return self._redeem(form, authorization)
        if path == "/userinfo":
            return self._user_info(authorization)
        return 404, {}

    def _user_info(self, authorization: str | None) -> tuple[int, Any]:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme != "Bearer" or token not in self.access_tokens:
            return 401, {"error": "invalid_token"}
        claims = {"sub": "s-1", **(self.user_info or {})}
        if self.user_info_type == "application/jwt":
            unsigned = {"iat": None, "exp": None, "iss": None, "aud": None}
            return 200, self.token(**{**unsigned, **claims}).encode()
        return 200, {name: value for name, value in claims.items() if value is not None}

    def _redeem(self, form: dict[str, str], authorization: str | None) -> tuple[int, Any]:
        # The client is authenticated before the code is checked. If that fails, the code stays valid (RFC 6749 §4.1.3).
        if self.client_secret:
            expected = base64.b64encode(f"{CLIENT_ID}:{self.client_secret}".encode()).decode()
            given, wanted = (
                (form.get("client_secret"), self.client_secret)
                if self.secret_in_form
                else (authorization, f"Basic {expected}")
            )
            if given != wanted:
                return 401, {"error": "invalid_client"}
        sign_in = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if sign_in is None or challenge.rstrip(b"=").decode() != sign_in["query"]["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form.get("redirect_uri") != sign_in["query"]["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        claims = {"nonce": sign_in["query"]["nonce"], **sign_in["claims"]}
        access_token = f"access-{form['code']}-secret"
        self.access_tokens.add(access_token)
        return 200, {"id_token": self.token(**claims), "token_type": "Bearer", "access_token": access_token}

    def _app(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        status, body = self._answer(request.path, request.form.to_dict(), request.headers.get("Authorization"))
        media_type = self.user_info_type if request.path == "/userinfo" else "application/json"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(data, status, content_type=f"{media_type}; charset=utf-8")(environ, start_response)
