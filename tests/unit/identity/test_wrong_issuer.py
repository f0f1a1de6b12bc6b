"""An issuer in the settings that differs from the one in the discovery document."""

import json

import pytest

from gate.identity.discovery import MAX_ISSUER_LENGTH
from gate.identity.provider import Provider
from gate.values.errors.upstream import WrongIssuerError
from testing.environment import JSON
from testing.harness import Browser, Harness
from testing.issuer import CLIENT_ID, Issuer

DISCOVERY = "/.well-known/openid-configuration"


def _document(issuer: Issuer, named: object) -> tuple[int, dict[str, object]]:
    return 200, {"issuer": named, "authorization_endpoint": f"{issuer.url}/authorize", "jwks_uri": f"{issuer.url}/jwks"}


NAMED = {
    # Auth0 names itself with a slash at the end; others without.
    "additional slash": lambda url: f"{url}/",
    # login.microsoftonline.com/common and /organizations name no tenant.
    "placeholder": lambda _: "https://login.microsoftonline.com/{tenantid}/v2.0",
    "other host": lambda _: "https://another.example",
    "upper case": lambda url: url.replace("http", "HTTP"),
    "empty": lambda _: "",
    "very long": lambda _: "https://another.example/" + "x" * 5000,
}


@pytest.mark.parametrize("kind", NAMED)
def test_a_wrong_issuer_is_an_error_and_the_log_has_both_issuers(
    harness: Harness, kind: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    named = NAMED[kind](harness.issuer.url)
    harness.issuer.overrides[DISCOVERY] = _document(harness.issuer, named)
    page = harness.browser.get("/login?next=/open/alice-notebook")
    assert (page.status, "not set up correctly" in page.body, "platform team" in page.body) == (502, True, True)
    assert "in a minute" not in page.body
    assert "retry-after" not in page.headers
    (line,) = (vars(record) for record in caplog.records if record.msg == "identity provider names another issuer")
    assert (line["issuer"], line["named"]) == (harness.issuer.url, named[:MAX_ISSUER_LENGTH])
    assert line["levelname"] == "WARNING"
    # The log has a line with the reference on the page.
    (decision,) = (vars(record) for record in caplog.records if record.msg == "decision")
    assert (decision["outcome"], decision["request_id"] in page.body) == ("wrong_issuer", True)
    counted = [json.loads(text) for text in capsys.readouterr().out.splitlines() if "_aws" in text]
    assert [line["Failures"] for line in counted] == [[1.0]]
    assert "another.example" not in page.body


def test_an_additional_slash_in_the_settings_is_a_wrong_issuer(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.configure(GATE_ISSUER=f"{harness.issuer.url}/")
    assert harness.browser.get("/login", headers=JSON).json["error"] == "wrong_issuer"
    (line,) = (vars(record) for record in caplog.records if record.msg == "identity provider names another issuer")
    assert (line["issuer"], line["named"]) == (f"{harness.issuer.url}/", harness.issuer.url)


def test_the_document_is_not_fetched_for_each_request(harness: Harness) -> None:
    harness.issuer.overrides[DISCOVERY] = _document(harness.issuer, "https://another.example")
    token = harness.issuer.token(email="alice@example.com", email_verified=True)
    for _ in range(5):
        assert harness.browser.get("/login", headers=JSON).json["error"] == "wrong_issuer"
        bearer = Browser(harness.browser.base_url).get("/open/alice-notebook", headers=JSON | _bearer(token))
        assert (bearer.status, bearer.json["error"]) == (502, "wrong_issuer")
    assert harness.issuer.requests.count(DISCOVERY) == 1
    # After the provider is fixed, it works within a few seconds.
    harness.issuer.overrides.clear()
    harness.clock.now += 6
    assert harness.browser.get("/login").status == 302


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("named", [None, 7, ["https://another.example"]])
def test_a_document_without_an_issuer_is_refused(harness: Harness, named: object) -> None:
    harness.issuer.overrides[DISCOVERY] = _document(harness.issuer, named)
    assert harness.browser.get("/login", headers=JSON).json["error"] == "identity_provider_down"


def test_a_cached_document_is_used_while_the_provider_names_another_issuer(harness: Harness) -> None:
    assert harness.browser.get("/login").status == 302
    harness.issuer.overrides[DISCOVERY] = _document(harness.issuer, "https://another.example")
    harness.clock.now += 3601
    assert harness.browser.get("/login").status == 302
    harness.clock.now += 86_401
    assert harness.browser.get("/login").status == 502


def test_a_check_of_the_provider_reports_the_named_issuer(issuer: Issuer) -> None:
    issuer.overrides[DISCOVERY] = _document(issuer, "https://another.example")
    with pytest.raises(WrongIssuerError) as caught:
        Provider(issuer=issuer.url, client_id=CLIENT_ID).check()
    assert caught.value.named == "https://another.example"
