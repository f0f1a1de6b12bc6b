"""Sends signed requests to the app, as Slack's servers do."""

import http.client
import socket
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from slack_sdk.signature import SignatureVerifier

SLACK_ADDRESS = "127.0.0.2"
"""The source address of Slack's requests, which is outside the gate's networks."""


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
        source = (SLACK_ADDRESS, 0) if _can_bind(SLACK_ADDRESS) else None
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


def _can_bind(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
