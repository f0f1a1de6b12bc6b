"""Signing out of one browser and of all browsers, and what the next person at the browser can do."""

import pytest

from gate.identity.ticket import MAX_REMOVED_COOKIES
from gate.store.cutoffs import cutoff_key
from testing.aws import refusal
from testing.harness import Browser, Harness
from testing.log_lines import Lines
from testing.slack import Slack, open_path

JSON = {"Accept": "application/json"}
ALICE = "user:alice@example.com"
OPEN = "/open/alice-notebook"
EVERYWHERE = "everywhere=1"


def _error(browser: Browser, path: str = OPEN) -> object:
    return browser.get(path, headers=JSON).json.get("error")


def _other_browser(harness: Harness, email: str = "alice@example.com") -> Browser:
    browser = Browser(harness.browser.base_url)
    harness.sign_in(email, browser=browser)
    return browser


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
    assert _error(other) == "sign_in_ended"
    assert _error(Browser(harness.browser.base_url), path) == "sign_in_ended"
    assert bobs.get("/open/bob-notebook").status == 302
    for hours in (1, 2, 4):
        harness.clock.now += hours * 3600
        assert _error(other) == "sign_in_ended"
    # A new sign-in works, and does not restore the old ones.
    harness.sign_in()
    assert harness.browser.get(OPEN).status == 302
    assert _error(other) == "sign_in_ended"


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.999])
def test_a_sign_in_of_the_same_second_is_ended_too(harness: Harness, fraction: float) -> None:
    harness.clock.now = int(harness.clock.now) + fraction
    harness.sign_in()
    other = _other_browser(harness)
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 200
    assert _error(other) == "sign_in_ended"
    (row,) = harness.aws.table.at([cutoff_key(ALICE)])
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
    assert _error(harness.browser) == "sign_in_ended"


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
    harness.aws.lost_responses = 1
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 502
    assert _error(other) == "sign_in_ended"


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
    form = harness.browser.get("/").body.partition('action="/prod/logout"')[2].partition("</form>")[0]
    assert "<button>Sign out</button>" in form
    assert '<button name="everywhere" value="1"' in form


# Two people at one browser --------------------------------------------------------------------------------------------


def test_requests_count_as_the_signed_in_persons_despite_a_colleagues_link(slack: Slack, lines: Lines) -> None:
    harness = slack.harness
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    path = open_path(slack.ask())
    assert harness.browser.get(path).status == 303  # Alice's link, in a browser without a sign-in
    harness.sign_in("bob@example.com")
    for method, route in (
        ("POST", "/notebooks/alice-notebook/start"),
        ("GET", OPEN),
        ("GET", "/notebooks/alice-notebook"),
    ):
        answer = harness.browser.send(method, route, headers={**JSON, "Sec-Fetch-Site": "same-origin"})
        assert (answer.status, answer.json["error"]) == (403, "not_granted"), route
        assert lines.decisions[-1]["subject"] == "user:bob@example.com"
    assert harness.aws.notebooks["alice-notebook"] == "Stopped"


@pytest.mark.parametrize("state", ["Stopped", "Pending", "Failed"])
def test_a_link_to_a_notebook_that_does_not_run_asks_another_person_to_sign_out_first(slack: Slack, state: str) -> None:
    harness = slack.harness
    harness.aws.notebooks["alice-notebook"] = state
    harness.sign_in("bob@example.com")
    page = harness.browser.get(open_path(slack.ask()))
    assert page.status == 409
    assert "You are signed in here under another name" in page.body
    assert page.set_cookies == []
    answer = harness.browser.get(open_path(slack.ask()), headers=JSON)
    assert (answer.status, answer.json["error"]) == (409, "other_person")
    harness.browser.post("/logout")
    assert harness.browser.get(open_path(slack.ask())).status == 303


def test_a_throttled_link_asks_another_person_to_sign_out_first(slack: Slack) -> None:
    harness = slack.harness
    harness.sign_in("bob@example.com")
    path = open_path(slack.ask())
    harness.aws.errors["create_presigned_notebook_instance_url"] = refusal("ThrottlingException")
    assert _error(harness.browser, path) == "other_person"


@pytest.mark.parametrize("grantee", ["user:alice@example.com", "slack:T0LOCAL/U0ALICE"])
def test_a_persons_own_link_works_while_they_are_signed_in(slack: Slack, grantee: str) -> None:
    harness = slack.harness
    harness.aws.grants.clear()
    harness.aws.grant(grantee, "alice-notebook", power="start-stop")
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    harness.sign_in()
    assert harness.browser.get(open_path(slack.ask())).status == 303
    assert harness.browser.post("/notebooks/alice-notebook/start").status == 303
    assert harness.aws.notebooks["alice-notebook"] == "Pending"


def test_a_slack_user_without_an_email_is_another_person(slack: Slack) -> None:
    harness = slack.harness
    harness.aws.grant("slack:T0LOCAL/U0DANA", "shared-notebook", power="start")
    harness.aws.notebooks["shared-notebook"] = "Stopped"
    assert harness.browser.get(open_path(slack.ask(user_id="U0DANA"))).status == 303
    assert harness.browser.get("/open/shared-notebook").status == 409
    harness.sign_in("bob@example.com")
    assert _error(harness.browser, "/open/shared-notebook") == "not_granted"


@pytest.mark.parametrize("body", [None, EVERYWHERE])
@pytest.mark.parametrize(
    "base_url",
    [
        "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod",
        "https://notebooks.example.com",
        "http://127.0.0.1:8080",
    ],
)
def test_after_signing_out_nothing_of_the_person_is_left_in_the_browser(
    slack: Slack, base_url: str, body: str | None
) -> None:
    harness = slack.harness
    names = ("alice-notebook", "other-notebook")
    for name in names:
        harness.aws.grant(ALICE, name, power="start-stop")
        harness.aws.notebooks[name] = "Pending"
    harness.configure(GATE_BASE_URL=base_url)
    for name in names:
        path = _link(slack, base_url, name)
        assert harness.browser.get(path).status == 303
    path, harness.aws.lost_responses = _link(slack, base_url), 1
    assert harness.browser.get(path).status == 502  # sets the retry cookie
    harness.sign_in()
    assert len(harness.browser.cookies) == 4
    assert harness.browser.post("/logout", body=body).status == 200
    assert harness.browser.cookies == {}
    for name in names:
        assert _error(harness.browser, f"/open/{name}") == "not_signed_in"


def _link(slack: Slack, base_url: str, name: str = "alice-notebook") -> str:
    """Return the path of a new ticket, for a gate at `base_url`."""
    button = next(each for each in slack.ask(text=name).buttons if each["action_id"] == "open")
    return str(button["url"]).removeprefix(base_url)


def test_signing_out_removes_only_the_gates_cookies_up_to_a_limit(harness: Harness) -> None:
    harness.sign_in()
    prefix = "__Secure-gate-wait-"
    planted = {f"{prefix}n{number}": "x" for number in range(200)}
    invalid = {f"{prefix}<zq>": "x", prefix: "x", f"{prefix}{'a' * 200}": "x", "gate-wait-a": "x", f"x{prefix}a": "x"}
    harness.browser.cookies |= invalid | planted
    answer = harness.browser.post("/logout")
    assert len(answer.set_cookies) == 1 + MAX_REMOVED_COOKIES
    assert not any("zq" in line for line in answer.set_cookies)
    # API Gateway accepts 10,240 bytes of headers.
    assert len("".join(answer.set_cookies)) < 8_000
