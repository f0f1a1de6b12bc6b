"""What a cookie claims is read without a key, and whatever it contains, in bounded memory."""

import base64
import json
import zlib

from hypothesis import given
from hypothesis import strategies as st

from gate.platform.signing import MAX_UNPROVEN, Signer


def _forged(value: object) -> str:
    text = json.dumps(value).encode()
    payload = base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")
    return f"01234567..{payload}.aaaaaa.{'A' * 43}"


def test_a_small_cookie_does_not_become_a_large_value() -> None:
    assert Signer.unproven(_forged(["a" * (MAX_UNPROVEN - 10)])) is not None
    assert len(bomb := _forged(["a" * 2_000_000])) < 4096
    assert Signer.unproven(bomb) is None


@given(st.text(max_size=60) | st.builds(lambda text: f"01234567.{text}.x.y", st.text("AZaz09-_.=", max_size=40)))
def test_arbitrary_cookies_claim_nothing_or_something_but_raise_nothing(text: str) -> None:
    Signer.unproven(text)
