"""Sends signed requests to the app, as Slack's servers do."""

import http.client
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from slack_sdk.signature import SignatureVerifier

from local.sockets import OUTSIDE, has_address


class Delivery:
    """Delivers payloads to one app."""

    def __init__(self, *, gate_url: str, signing_secret: str, clock: Callable[[], float]) -> None:
        """`gate_url`: where the app receives requests, `…/slack`."""
        self._gate_url = gate_url
        self._signing_secret = signing_secret
        self._clock = clock

    def send(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send `body`, signed; return the status and the body of the answer.

        `headers` replace those that Slack sends.
        """
        url = urlsplit(self._gate_url)
        # Some machines do not have the address (macOS); the request then comes from inside the networks.
        source = (OUTSIDE, 0) if has_address(OUTSIDE) else None
        connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=120, source_address=source)
        try:
            connection.request("POST", url.path, body, {**self._headers(body), **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _headers(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock()))
        signature = SignatureVerifier(self._signing_secret).generate_signature(timestamp=timestamp, body=body)
        return {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature or "",
        }
