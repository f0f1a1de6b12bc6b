"""Reports of sign-ins for an operator: what they contain, and when they are written."""

import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from gate.store.sign_in_report import MAX_CLAIMS, report_key
from testing.aws import refusal
from testing.harness import Answer, Browser, Harness

ID = "AAAAAAAAAAAAAAAAAAAA_-"
EMAIL = "alice@example.com"
VERIFIED = {"email": EMAIL, "email_verified": True}


def _request_report(harness: Harness, seconds: int = 600, report_id: str = ID) -> None:
    """Write the row that `gate doctor --sign-in` writes."""
    until = {"N": str(int(harness.clock.now) + seconds)}
    harness.aws.table.put({**report_key(report_id), "until": until})


def _row(harness: Harness, report_id: str = ID) -> dict[str, Any]:
    """Return the attributes of the report's row, without the key."""
    found = harness.aws.table.get([report_key(report_id)])
    return {name: next(iter(value.values())) for row in found for name, value in row.items() if name != "principal"}


def _sign_in(harness: Harness, report_id: str = ID, browser: Browser | None = None, **claims: Any) -> Answer:
    browser = browser or harness.browser
    redirect = browser.get(f"/login?report={report_id}")
    assert redirect.location.startswith(harness.issuer.url)
    return browser.get(f"/login/callback?{urlencode(harness.issuer.sign_in(redirect.location, **claims))}")


def _claims(harness: Harness) -> dict[str, tuple[str, str]]:
    return {name: (kind, source) for name, kind, source in json.loads(_row(harness)["claims"])}


def test_a_report_contains_names_and_types_and_no_values(harness: Harness) -> None:
    _request_report(harness)
    answer = _sign_in(harness, **VERIFIED, groups=["data-science"], oid=7, address={"locality": "Oslo"})
    assert (answer.status, harness.browser.path_of(answer.location)) == (302, "/")
    assert harness.browser.get("/open/alice-notebook").status == 302
    row = _row(harness)
    assert (row["outcome"], row["reference"]) == ("allowed", "7f6d8c1e-93e5-4b1e-8f0a-6c2b9a1d4e5f")
    claims = _claims(harness)
    assert claims["email"] == ("string", "id_token")
    assert claims["email_verified"] == ("boolean", "id_token")
    assert claims["groups"] == ("array", "id_token")
    assert claims["oid"] == ("number", "id_token")
    assert claims["address"] == ("object", "id_token")
    for value in (EMAIL, "data-science", "Oslo", "s-1", harness.issuer.url):
        assert value not in json.dumps(row)


def test_a_sign_in_with_a_report_ignores_the_session(harness: Harness) -> None:
    harness.sign_in()
    assert harness.browser.get("/login").location.endswith("/prod/")
    _request_report(harness)
    assert _sign_in(harness, email="bob@example.com", email_verified=True).status == 302
    assert _row(harness)["outcome"] == "allowed"
    # The person who signed in is now the signed-in person of the browser.
    assert harness.browser.get("/open/bob-notebook").status == 302


@pytest.mark.parametrize("text", ["", "A", "A" * 21, "A" * 23, "AAAAAAAAAAAAAAAAAAAA.A", "ÄAAAAAAAAAAAAAAAAAAAA-", "*"])
def test_an_invalid_report_id_is_ignored(harness: Harness, text: str) -> None:
    harness.sign_in()
    assert harness.browser.get(f"/login?{urlencode({'report': text})}").location.endswith("/prod/")


def test_a_link_without_an_operators_row_creates_no_row(harness: Harness) -> None:
    assert _sign_in(harness, **VERIFIED).status == 302
    assert _row(harness) == {}


def test_a_report_is_written_once_and_before_it_expires(harness: Harness) -> None:
    _request_report(harness)
    _sign_in(harness, **VERIFIED)
    before = _row(harness)
    assert _sign_in(harness, browser=Browser(harness.browser.base_url), email="bob@example.com").status == 403
    assert _row(harness) == before
    _request_report(harness, seconds=-1)
    assert _sign_in(harness, **VERIFIED).status == 302
    assert "outcome" not in _row(harness)


def test_a_refused_sign_in_is_reported_with_its_reason_and_its_claims(harness: Harness) -> None:
    _request_report(harness)
    assert _sign_in(harness, email=EMAIL).status == 403
    assert _row(harness)["outcome"] == "email_not_verified"
    assert _claims(harness)["email"] == ("string", "id_token")


def test_a_refusal_of_the_provider_is_reported_although_the_session_continues(harness: Harness) -> None:
    harness.sign_in()
    _request_report(harness)
    authorization_url = harness.browser.get(f"/login?report={ID}").location
    state = parse_qs(urlsplit(authorization_url).query)["state"][0]
    assert harness.browser.get(f"/login/callback?{urlencode({'error': 'access_denied', 'state': state})}").status == 302
    row = _row(harness)
    assert (row["outcome"], row["claims"]) == ("sign_in_denied", "[]")


def test_a_provider_that_is_down_is_reported(harness: Harness) -> None:
    _request_report(harness)
    harness.issuer.overrides["/.well-known/openid-configuration"] = (500, {})
    assert harness.browser.get(f"/login?report={ID}").status == 503
    assert _row(harness)["outcome"] == "identity_provider_down"


def test_a_callback_of_another_browser_is_not_reported(harness: Harness) -> None:
    _request_report(harness)
    authorization_url = harness.browser.get(f"/login?report={ID}").location
    params = harness.issuer.sign_in(authorization_url, **VERIFIED)
    assert Browser(harness.browser.base_url).get(f"/login/callback?{urlencode(params)}").status == 400
    assert "outcome" not in _row(harness)


def test_a_sign_in_without_a_report_does_not_call_the_table(harness: Harness) -> None:
    _request_report(harness)
    assert harness.sign_in().status == 302
    assert harness.aws.called("update_item") == []


def test_a_failure_to_write_the_report_does_not_prevent_the_sign_in(harness: Harness) -> None:
    _request_report(harness)
    harness.aws.errors["update_item"] = refusal("InternalServerError")
    assert _sign_in(harness, **VERIFIED).status == 302


def test_a_report_has_a_limited_size(harness: Harness) -> None:
    _request_report(harness)
    unlisted = {"x" * 201: 1, "a\nb": 1, "\x1b[2J": 1}
    assert _sign_in(harness, **VERIFIED, **unlisted, **{f"claim{number}": 1 for number in range(500)}).status == 302
    claims = _claims(harness)
    assert len(claims) == MAX_CLAIMS
    assert not unlisted.keys() & claims.keys()
