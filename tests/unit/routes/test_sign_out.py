"""Signing out of one browser and of all browsers."""

import pytest

from gate.store.cutoffs import cutoff_key
from testing.aws import refusal
from testing.environment import JSON
from testing.harness import Browser, Harness
from testing.log_lines import Lines
from testing.slack import Slack, open_path

ALICE = "user:alice@example.com"
OPEN = "/open/alice-notebook"
EVERYWHERE = "everywhere=1"


def _other_browser(harness: Harness, email: str = "alice@example.com") -> Browser:
    browser = Browser(harness.browser.base_url)
    harness.sign_in(email, browser=browser)
    return browser


def test_signing_out_removes_the_session_and_continues_at_the_provider(harness: Harness) -> None:
    harness.sign_in()
    answer = harness.browser.post("/logout")
    assert answer.status == 200
    assert answer.headers["refresh"].startswith(f"2;url={harness.issuer.url}/logout?")
    assert harness.browser.cookies == {}
    assert harness.browser.get("/open/alice-notebook").location.startswith(f"{harness.browser.base_url}/login")


def test_signing_out_works_when_the_provider_is_down(harness: Harness) -> None:
    harness.sign_in()
    harness.configure()
    harness.issuer.overrides["/.well-known/openid-configuration"] = (500, {})
    assert harness.browser.post("/logout").status == 200


def test_another_site_cannot_sign_anybody_out(harness: Harness) -> None:
    harness.sign_in()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert harness.browser.post("/logout", headers=headers).status == 403
    cookies = dict(harness.browser.cookies)
    headers = {"Origin": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com.evil.example"}
    assert harness.browser.send("POST", "/logout", headers={**headers, "Sec-Fetch-Site": "cross-site"}).status == 403
    assert harness.browser.cookies == cookies


# Signing out everywhere -----------------------------------------------------------------------------------------------


def test_signing_out_everywhere_ends_all_sessions_and_links_of_that_person_only(slack: Slack) -> None:
    harness = slack.harness
    harness.sign_in()
    other, bobs, path = _other_browser(harness), _other_browser(harness, "bob@example.com"), open_path(slack.ask())
    answer = harness.browser.post("/logout", body=EVERYWHERE)
    assert answer.status == 200
    assert "You are signed out everywhere" in answer.body
    assert answer.headers["refresh"].startswith(f"2;url={harness.issuer.url}/logout?")
    assert harness.browser.cookies == {}
    assert other.reason(OPEN) == "sign_in_ended"
    assert Browser(harness.browser.base_url).reason(path) == "sign_in_ended"
    assert bobs.get("/open/bob-notebook").status == 302
    for hours in (1, 2, 4):
        harness.clock.now += hours * 3600
        assert other.reason(OPEN) == "sign_in_ended"
    # A new sign-in works, and does not restore the old ones.
    harness.sign_in()
    assert harness.browser.get(OPEN).status == 302
    assert other.reason(OPEN) == "sign_in_ended"


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.999])
def test_a_sign_in_of_the_same_second_is_ended_too(harness: Harness, fraction: float) -> None:
    harness.clock.now = int(harness.clock.now) + fraction
    harness.sign_in()
    other = _other_browser(harness)
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 200
    assert other.reason(OPEN) == "sign_in_ended"
    (row,) = harness.aws.table.get([cutoff_key(ALICE)])
    assert int(row["before"]["N"]) == int(harness.clock.now) + 1
    harness.clock.now += 1
    assert _other_browser(harness).get(OPEN).status == 302


def test_a_sign_in_by_an_instance_whose_clock_is_ahead_is_ended_too(harness: Harness) -> None:
    harness.clock.now += 50
    harness.sign_in()
    cookies = dict(harness.browser.cookies)
    harness.clock.now -= 50
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 200
    harness.browser.cookies = cookies
    assert harness.browser.reason(OPEN) == "sign_in_ended"


def test_signing_out_here_does_not_affect_other_browsers(harness: Harness) -> None:
    harness.sign_in()
    other = _other_browser(harness)
    assert "signed out everywhere" not in harness.browser.post("/logout").body
    assert harness.aws.called("put_item") == []
    assert other.get(OPEN).status == 302


@pytest.mark.parametrize(
    "body",
    ["everywhere", "everywhere=", "everywhere=0", "everywhere=2", "everywhere=1&everywhere=0", "everywhere=1&x=y",
     "Everywhere=1", "everywhere=%31", " everywhere=1", "everywhere=1\n", '{"everywhere": 1}', "\ud83d\ude00",
     "a" * 100_000],
)  # fmt: skip
def test_a_form_with_unknown_fields_does_nothing(harness: Harness, body: str) -> None:
    harness.sign_in()
    answer = harness.browser.post("/logout", headers=JSON, body=body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_form")
    assert harness.aws.called("put_item") == []
    assert harness.browser.get(OPEN).status == 302


def test_another_site_cannot_sign_anybody_out_everywhere(harness: Harness) -> None:
    harness.sign_in()
    answer = harness.browser.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}, body=EVERYWHERE)
    assert (answer.status, harness.aws.called("put_item")) == (403, [])
    assert harness.browser.get(OPEN).status == 302


def test_signing_out_everywhere_requires_a_sign_in(harness: Harness) -> None:
    answer = harness.browser.post("/logout", headers=JSON, body=EVERYWHERE)
    assert (answer.status, answer.json["error"]) == (401, "not_signed_in")
    assert harness.aws.called("put_item") == []


@pytest.mark.parametrize("whose", [ALICE, "*"])
def test_an_ended_sign_in_cannot_end_a_newer_one(harness: Harness, whose: str) -> None:
    """Somebody with a stolen cookie cannot use it to end the person's newer sign-ins."""
    harness.sign_in()
    stolen = Browser(harness.browser.base_url, dict(harness.browser.cookies))
    harness.aws.cutoff(whose, int(harness.clock.now) + 1)
    harness.clock.now += 10
    harness.browser.cookies.clear()
    harness.sign_in()
    answer = stolen.post("/logout", headers=JSON, body=EVERYWHERE)
    assert (answer.status, answer.json["error"]) == (401, "sign_in_ended")
    assert harness.browser.get(OPEN).status == 302


@pytest.mark.parametrize("operation", ["get_secret_value", "batch_get_item", "put_item"])
@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "InternalServerError"])
def test_an_incomplete_sign_out_is_reported_as_incomplete(harness: Harness, operation: str, code: str) -> None:
    harness.sign_in()
    cookies = dict(harness.browser.cookies)
    harness.configure()  # an instance without a cached key
    harness.browser.cookies = dict(cookies)
    harness.aws.errors[operation] = refusal(code)
    page = harness.browser.post("/logout", body=EVERYWHERE)
    assert page.status == 502
    assert "You are signed out here, but perhaps not in other browsers" in page.body
    assert "signed out everywhere" not in page.body
    assert 'href="/prod/login' in page.body
    # The session in this browser ends in any case.
    assert harness.browser.cookies == {}
    harness.browser.cookies = cookies
    answer = harness.browser.post("/logout", headers=JSON, body=EVERYWHERE)
    assert (answer.status, answer.json["error"]) == (502, "sign_out_incomplete")


def test_a_lost_response_is_reported_as_incomplete_although_the_cutoff_was_written(harness: Harness) -> None:
    harness.sign_in()
    other = _other_browser(harness)
    harness.aws.lost_response = 1
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 502
    assert other.reason(OPEN) == "sign_in_ended"


def test_two_simultaneous_sign_outs_both_succeed(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.errors["put_item"] = refusal("ConditionalCheckFailedException")  # another request was first
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 200


def test_signing_out_everywhere_is_one_decision_in_the_log(harness: Harness, lines: Lines) -> None:
    harness.sign_in()
    harness.browser.post("/logout", body=EVERYWHERE)
    harness.browser.post("/logout", body=EVERYWHERE)
    outcomes = [(line["outcome"], line.get("subject")) for line in lines.decisions[1:]]
    assert {line["action"] for line in lines.decisions[1:]} == {"sign-out-everywhere"}
    assert outcomes == [("allowed", ALICE), ("not_signed_in", None)]


def test_the_page_has_both_buttons_and_needs_no_script_for_them(harness: Harness) -> None:
    harness.sign_in()
    _, here, everywhere = harness.browser.get("/").body.split('action="/prod/logout"')
    assert "<button>Sign out</button>" in here.partition("</form>")[0]
    assert '<button name="everywhere" value="1"' in everywhere.partition("</form>")[0]
