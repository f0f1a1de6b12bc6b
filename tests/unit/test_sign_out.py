"""Signing out, here and everywhere, and what is left for the next person at the browser."""

import pytest

from gate.identity.ticket import MAX_WAIT_COOKIES
from gate.store.cutoffs import cutoff_key
from tests.unit.aws import refusal
from tests.unit.conftest import Browser, Harness
from tests.unit.slack import Slack, link
from tests.unit.test_audit import Lines, lines  # noqa: F401

JSON = {"Accept": "application/json"}
ALICE = "user:alice@example.com"
OPEN = "/open/alice-notebook"
EVERYWHERE = "everywhere=1"


def _error(browser: Browser, path: str = OPEN) -> object:
    return browser.get(path, headers=JSON).json.get("error")


def _second(harness: Harness, email: str = "alice@example.com") -> Browser:
    browser = Browser(harness.browser.base_url)
    harness.sign_in(email, browser=browser)
    return browser


# Everywhere -----------------------------------------------------------------------------------------------------------


def test_signing_out_everywhere_ends_all_browsers_and_links_of_that_person_alone(slack: Slack) -> None:
    harness = slack.harness
    harness.sign_in()
    other, bobs, path = _second(harness), _second(harness, "bob@example.com"), link(slack.ask())
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
    # A new sign-in works, and does not bring the old ones back.
    harness.sign_in()
    assert harness.browser.get(OPEN).status == 302
    assert _error(other) == "sign_in_ended"


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.999])
def test_what_was_signed_in_the_very_same_second_is_ended_too(harness: Harness, fraction: float) -> None:
    harness.clock.now = int(harness.clock.now) + fraction
    harness.sign_in()
    other = _second(harness)
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 200
    assert _error(other) == "sign_in_ended"
    (row,) = harness.aws.table.at([cutoff_key(ALICE)])
    assert int(row["before"]["N"]) == int(harness.clock.now) + 1
    harness.clock.now += 1
    assert _second(harness).get(OPEN).status == 302


def test_a_sign_in_by_an_instance_whose_clock_is_ahead_is_ended_too(harness: Harness) -> None:
    harness.clock.now += 50
    harness.sign_in()
    kept = dict(harness.browser.cookies)
    harness.clock.now -= 50
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 200
    harness.browser.cookies = kept
    assert _error(harness.browser) == "sign_in_ended"


def test_signing_out_here_leaves_the_other_browsers_alone(harness: Harness) -> None:
    harness.sign_in()
    other = _second(harness)
    assert "signed out everywhere" not in harness.browser.post("/logout").body
    assert harness.aws.called("put_item") == []
    assert other.get(OPEN).status == 302


@pytest.mark.parametrize(
    "body",
    ["everywhere", "everywhere=", "everywhere=0", "everywhere=2", "everywhere=1&everywhere=0", "everywhere=1&x=y",
     "Everywhere=1", "everywhere=%31", " everywhere=1", "everywhere=1\n", '{"everywhere": 1}', "\ud83d\ude00",
     "a" * 100_000],
)  # fmt: skip
def test_a_form_that_is_not_the_pages_own_does_nothing(harness: Harness, body: str) -> None:
    harness.sign_in()
    answer = harness.browser.post("/logout", headers=JSON, body=body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_form")
    assert harness.aws.called("put_item") == []
    assert harness.browser.get(OPEN).status == 302


def test_another_site_signs_nobody_out_everywhere(harness: Harness) -> None:
    harness.sign_in()
    answer = harness.browser.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}, body=EVERYWHERE)
    assert (answer.status, harness.aws.called("put_item")) == (403, [])
    assert harness.browser.get(OPEN).status == 302


def test_without_a_sign_in_there_is_nobody_to_sign_out(harness: Harness) -> None:
    answer = harness.browser.post("/logout", headers=JSON, body=EVERYWHERE)
    assert (answer.status, answer.json["error"]) == (401, "not_signed_in")
    assert harness.aws.called("put_item") == []


@pytest.mark.parametrize("whose", [ALICE, "*"])
def test_an_ended_sign_in_ends_no_newer_one(harness: Harness, whose: str) -> None:
    """Whoever has stolen a cookie does not keep the person out by it for as long as the cookie would have lasted."""
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
def test_nobody_is_told_that_they_are_signed_out_everywhere_when_they_may_not_be(
    harness: Harness, operation: str, code: str
) -> None:
    harness.sign_in()
    kept = dict(harness.browser.cookies)
    harness.configure()  # an instance that has read no key yet
    harness.browser.cookies = dict(kept)
    harness.aws.errors[operation] = refusal(code)
    page = harness.browser.post("/logout", body=EVERYWHERE)
    assert page.status == 502
    assert "You are signed out here, but perhaps not in other browsers" in page.body
    assert "signed out everywhere" not in page.body
    assert 'href="/prod/login' in page.body
    # In this browser they are, whatever AWS does.
    assert harness.browser.cookies == {}
    harness.browser.cookies = kept
    answer = harness.browser.post("/logout", headers=JSON, body=EVERYWHERE)
    assert (answer.status, answer.json["error"]) == (502, "sign_out_incomplete")


def test_a_lost_answer_is_not_told_as_done_though_it_was(harness: Harness) -> None:
    harness.sign_in()
    other = _second(harness)
    harness.aws.lost = 1
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 502
    assert _error(other) == "sign_in_ended"


def test_two_who_press_at_once_are_both_done(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.errors["put_item"] = refusal("ConditionalCheckFailedException")  # the other one was first
    assert harness.browser.post("/logout", body=EVERYWHERE).status == 200


def test_signing_out_everywhere_is_one_decision_in_the_log(harness: Harness, lines: Lines) -> None:  # noqa: F811
    harness.sign_in()
    harness.browser.post("/logout", body=EVERYWHERE)
    harness.browser.post("/logout", body=EVERYWHERE)
    told = [(line["outcome"], line.get("subject")) for line in lines.decisions[1:]]
    assert {line["action"] for line in lines.decisions[1:]} == {"sign-out-everywhere"}
    assert told == [("allowed", ALICE), ("not_signed_in", None)]


def test_the_page_has_both_buttons_and_needs_no_script_for_them(harness: Harness) -> None:
    harness.sign_in()
    form = harness.browser.get("/").body.partition('action="/prod/logout"')[2].partition("</form>")[0]
    assert "<button>Sign out</button>" in form
    assert '<button name="everywhere" value="1"' in form


# Two people at one browser --------------------------------------------------------------------------------------------


def test_a_colleagues_link_does_not_make_ones_presses_count_as_theirs(slack: Slack, lines: Lines) -> None:  # noqa: F811
    harness = slack.harness
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    path = link(slack.ask())
    assert harness.browser.get(path).status == 303  # alice's link, clicked where nobody was signed in
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
def test_a_link_to_a_notebook_that_does_not_run_asks_somebody_else_to_sign_out_first(slack: Slack, state: str) -> None:
    harness = slack.harness
    harness.aws.notebooks["alice-notebook"] = state
    harness.sign_in("bob@example.com")
    page = harness.browser.get(link(slack.ask()))
    assert page.status == 409
    assert "You are signed in here under another name" in page.body
    assert page.set_cookies == []
    answer = harness.browser.get(link(slack.ask()), headers=JSON)
    assert (answer.status, answer.json["error"]) == (409, "other_person")
    harness.browser.post("/logout")
    assert harness.browser.get(link(slack.ask())).status == 303


def test_the_same_when_aws_asks_for_patience(slack: Slack) -> None:
    harness = slack.harness
    harness.sign_in("bob@example.com")
    path = link(slack.ask())
    harness.aws.errors["create_presigned_notebook_instance_url"] = refusal("ThrottlingException")
    assert _error(harness.browser, path) == "other_person"


@pytest.mark.parametrize("grantee", ["user:alice@example.com", "slack:T0LOCAL/U0ALICE"])
def test_ones_own_link_works_beside_ones_own_sign_in(slack: Slack, grantee: str) -> None:
    harness = slack.harness
    harness.aws.grants.clear()
    harness.aws.grant(grantee, "alice-notebook", power="start-stop")
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    harness.sign_in()
    assert harness.browser.get(link(slack.ask())).status == 303
    assert harness.browser.post("/notebooks/alice-notebook/start").status == 303
    assert harness.aws.notebooks["alice-notebook"] == "Pending"


def test_somebody_whom_slack_names_otherwise_is_another_person(slack: Slack) -> None:
    harness = slack.harness
    harness.aws.grant("slack:T0LOCAL/U0DANA", "shared-notebook", power="start")
    harness.aws.notebooks["shared-notebook"] = "Stopped"
    assert harness.browser.get(link(slack.ask(who="U0DANA"))).status == 303
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
def test_after_signing_out_the_next_person_at_the_browser_is_not_the_last(
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
    path, harness.aws.lost = _link(slack, base_url), 1
    assert harness.browser.get(path).status == 502  # leaves the cookie by which one may try again
    harness.sign_in()
    assert len(harness.browser.cookies) == 4
    assert harness.browser.post("/logout", body=body).status == 200
    assert harness.browser.cookies == {}
    for name in names:
        assert _error(harness.browser, f"/open/{name}") == "not_signed_in"


def _link(slack: Slack, base_url: str, name: str = "alice-notebook") -> str:
    """Return the path of a fresh ticket, wherever the gate is served."""
    button = next(each for each in slack.ask(text=name).buttons if each["action_id"] == "open")
    return str(button["url"]).removeprefix(base_url)


def test_signing_out_removes_no_cookie_that_is_none_of_ours_and_not_without_end(harness: Harness) -> None:
    harness.sign_in()
    prefix = "__Secure-gate-wait-"
    planted = {f"{prefix}n{number}": "x" for number in range(200)}
    strange = {f"{prefix}<zq>": "x", prefix: "x", f"{prefix}{'a' * 200}": "x", "gate-wait-a": "x", f"x{prefix}a": "x"}
    harness.browser.cookies |= strange | planted
    answer = harness.browser.post("/logout")
    assert len(answer.set_cookies) == 1 + MAX_WAIT_COOKIES
    assert not any("zq" in line for line in answer.set_cookies)
    # As much as API Gateway takes.
    assert len("".join(answer.set_cookies)) < 8_000
