"""Watches one trial: what the function wrote, and which secrets were in play meanwhile."""

import contextlib
import io
import json
import logging
import os
from collections.abc import Iterable, Iterator
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import requests
from moto.sts.models import sts_backends

from gate.log import logger
from local.deployment import LocalDeployment
from local.template import ACCOUNT

SHORTEST = 12
"""Characters: what is shorter is no secret, and would be found in any log."""

_PARAMETERS = frozenset({"code", "state", "nonce", "ticket", "code_challenge", "authToken"})


class Witness:
    """Keeps what was written to the logs, metrics and standard streams, and every answer that a person got."""

    def __init__(self, deployment: LocalDeployment):
        self._deployment = deployment
        self._text = io.StringIO()
        self._answers: list[requests.Response] = []

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take down what is written in the block: by us, and from warnings upwards by the libraries, as on Lambda."""
        ours = logger.registered_handler
        kept, theirs = ours.stream, logging.StreamHandler(self._text)  # type: ignore[attr-defined]
        theirs.setLevel(logging.WARNING)
        logging.getLogger().addHandler(theirs)
        ours.setStream(self._text)  # type: ignore[attr-defined]
        # On this machine nobody reads metrics, so they are off.
        on = {name: value for name, value in os.environ.items() if name != "POWERTOOLS_METRICS_DISABLED"}
        try:
            with (
                patch.dict(os.environ, on, clear=True),
                contextlib.redirect_stdout(self._text),
                contextlib.redirect_stderr(self._text),
            ):
                yield
        finally:
            ours.setStream(kept)  # type: ignore[attr-defined]
            logging.getLogger().removeHandler(theirs)

    def answered(self, answer: requests.Response, *_rest: object, **_more: object) -> None:
        """Keep `answer`: to be hung into a `requests.Session`."""
        self._answers.append(answer)

    @property
    def lines(self) -> list[dict[str, object]]:
        """The function's own log lines."""
        found = []
        for line in self._text.getvalue().splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [line for line in found if isinstance(line, dict) and "message" in line]

    @property
    def text(self) -> str:
        """All that was written."""
        return self._text.getvalue()

    def leaks(self) -> list[str]:
        """Return the kinds of secrets that were written, of all that were in play."""
        return sorted({kind for kind, secret in self.secrets() if secret in self.text})

    def secrets(self) -> Iterable[tuple[str, str]]:
        """Return each secret that was in play, after what it is."""
        for kind, value in self._in_play():
            if len(value) >= SHORTEST:
                yield kind, value

    def _in_play(self) -> Iterator[tuple[str, str]]:
        vault = self._deployment.operator("secretsmanager")
        for entry in vault.list_secrets()["SecretList"]:
            text = vault.get_secret_value(SecretId=entry["ARN"])["SecretString"]
            with contextlib.suppress(ValueError, AttributeError):
                yield from (("stored secret", value) for value in json.loads(text).values())
            yield "stored secret", text
        for made in self._deployment.urls.made:
            yield "presigned URL", made.token
        for role in sts_backends[ACCOUNT]["aws"].assumed_roles:
            yield from (("AWS credentials", secret) for secret in (role.secret_access_key, role.session_token))
        for answer in self._answers:
            request = answer.request
            for cookies in (str(request.headers.get("Cookie", "")), answer.headers.get("Set-Cookie", "")):
                for cookie in cookies.replace(",", ";").split(";"):
                    name, _, value = cookie.strip().partition("=")
                    if name.removeprefix("__Secure-").startswith("gate-"):
                        yield "cookie", value
            yield "token", str(request.headers.get("Authorization", "")).removeprefix("Bearer ")
            for url in (str(request.url), answer.headers.get("Location", "")):
                for name, value in parse_qsl(urlsplit(url).query):
                    if name in _PARAMETERS:
                        yield name, value
