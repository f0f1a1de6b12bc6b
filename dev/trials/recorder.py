"""Records what the function writes during a trial, and finds the secrets in it."""

import contextlib
import io
import json
import logging
import os
from collections.abc import Iterable, Iterator
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import requests

from gate.platform.log import logger
from local.deployment import LocalDeployment

MIN_SECRET_LENGTH = 12
"""Characters. A shorter value is not a secret, and any log would contain it by chance."""

_SECRET_PARAMETERS = frozenset({"code", "state", "nonce", "ticket", "code_challenge", "authToken"})


class Recorder:
    """Records logs, metrics, the standard streams and every response that a client got."""

    def __init__(self, deployment: LocalDeployment):
        self._deployment = deployment
        self._text = io.StringIO()
        self._responses: list[requests.Response] = []

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Record what is written in the block: by the function, and warnings of libraries, as on Lambda."""
        gate_handler = logger.registered_handler
        saved, library_handler = gate_handler.stream, logging.StreamHandler(self._text)  # type: ignore[attr-defined]
        library_handler.setLevel(logging.WARNING)
        logging.getLogger().addHandler(library_handler)
        gate_handler.setStream(self._text)  # type: ignore[attr-defined]
        # The local deployment turns metrics off.
        environ = {name: value for name, value in os.environ.items() if name != "POWERTOOLS_METRICS_DISABLED"}
        try:
            with (
                patch.dict(os.environ, environ, clear=True),
                contextlib.redirect_stdout(self._text),
                contextlib.redirect_stderr(self._text),
            ):
                yield
        finally:
            gate_handler.setStream(saved)  # type: ignore[attr-defined]
            logging.getLogger().removeHandler(library_handler)

    def keep_response(self, response: requests.Response, *_args: object, **_kwargs: object) -> None:
        """Keep `response`; a response hook for `requests.Session`."""
        self._responses.append(response)

    @property
    def log_lines(self) -> list[dict[str, object]]:
        """The log lines of the function itself."""
        found = []
        for line in self._text.getvalue().splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [line for line in found if isinstance(line, dict) and "message" in line]

    @property
    def text(self) -> str:
        """Everything that was written."""
        return self._text.getvalue()

    def leaked_kinds(self) -> list[str]:
        """Return the kinds of secrets that occur in the text."""
        return sorted({kind for kind, secret in self.secrets() if secret in self.text})

    def secrets(self) -> Iterable[tuple[str, str]]:
        """Return the kind and the value of each secret that was used during the trial."""
        for kind, value in self._used_values():
            if len(value) >= MIN_SECRET_LENGTH:
                yield kind, value

    def _used_values(self) -> Iterator[tuple[str, str]]:
        secretsmanager = self._deployment.operator("secretsmanager")
        for entry in secretsmanager.list_secrets()["SecretList"]:
            text = secretsmanager.get_secret_value(SecretId=entry["ARN"])["SecretString"]
            with contextlib.suppress(ValueError, AttributeError):
                yield from (("stored secret", value) for value in json.loads(text).values())
            yield "stored secret", text
        for made in self._deployment.urls.made:
            yield "presigned URL", made.token
        for issued in self._deployment.authority.sessions.issued:
            yield from (("AWS credentials", issued[name]) for name in ("SecretAccessKey", "SessionToken"))
        for response in self._responses:
            request = response.request
            for cookies in (str(request.headers.get("Cookie", "")), response.headers.get("Set-Cookie", "")):
                for cookie in cookies.replace(",", ";").split(";"):
                    name, _, value = cookie.strip().partition("=")
                    if name.removeprefix("__Secure-").startswith("gate-"):
                        yield "cookie", value
            yield "token", str(request.headers.get("Authorization", "")).removeprefix("Bearer ")
            for url in (str(request.url), response.headers.get("Location", "")):
                for name, value in parse_qsl(urlsplit(url).query):
                    if name in _SECRET_PARAMETERS:
                        yield name, value
