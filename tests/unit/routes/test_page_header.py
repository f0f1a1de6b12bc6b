"""The header of pages, and headings that name a notebook."""

import json

import pytest

from gate.access_requests.wording import deciders
from gate.values.errors.base import GateError
from gate.values.errors.notebook import NotebookStoppedError, NotGrantedError
from testing.asking import RULES, ask, browser_of, post
from testing.aws import refusal
from testing.harness import Harness

WAITS = '<span class="unseen"> for you to decide</span>'


def _errors(cls: type[GateError]) -> list[type[GateError]]:
    return [cls, *(found for each in cls.__subclasses__() for found in _errors(each))]


@pytest.mark.parametrize("error", _errors(GateError), ids=lambda error: error.__name__)
def test_a_heading_names_the_notebook_where_the_title_is_about_one(error: type[GateError]) -> None:
    assert error.heading() == error.title
    about = error.heading(r"\1 {title} churn-model")
    assert "this notebook" not in about.lower()
    assert (about == error.title) == ("this notebook" not in error.title.lower())


def test_a_heading_has_the_title_of_the_grant(harness: Harness) -> None:
    harness.aws.grant("user:alice@example.com", "alice-notebook", title="Churn & co", power="start")
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    harness.sign_in()
    assert "<h1>Churn &amp; co is stopped</h1>" in harness.browser.get("/open/alice-notebook").body


def test_nobody_is_named_before_they_have_proven_who_they_are(harness: Harness) -> None:
    for path in ("/help", "/login/callback", "/login?next=/&x=1"):
        assert 'class="who"' not in harness.browser.get(path).body
    harness.sign_in()
    assert "alice@example.com</span> <button>Sign out</button>" in harness.browser.get("/").body
    assert 'class="who"' not in harness.browser.post("/logout").body


@pytest.mark.parametrize("function", ["opens", "takes requests"])
def test_the_number_counts_what_the_person_can_decide(asking: Harness, function: str) -> None:
    path = "/" if function == "opens" else "/requests"
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    assert WAITS not in dana.get(path).body
    request = ask(alice, "bob-notebook")
    assert f"1{WAITS}" in dana.get(path).body
    assert WAITS not in alice.get(path).body
    ask(browser_of(asking, "carol@example.com"), "bob-notebook")
    assert f"2{WAITS}" in dana.get(path).body
    post(alice, request, decision="withdraw")
    assert f"1{WAITS}" in dana.get(path).body
    asking.clock.now += 86_401
    assert WAITS not in browser_of(asking, "dana@example.com").get(path).body


def test_an_owner_is_told_too_and_requested_access_makes_nobody_one(asking: Harness) -> None:
    asking.aws.grant("user:frank@example.com", "bob-notebook", owner=True)
    asking.aws.grant("user:erin@example.com", "bob-notebook", owner=True, request_id="r", until=2**31)
    ask(browser_of(asking, "alice@example.com"), "bob-notebook")
    asking.configure(GATE_ACCESS_REQUESTS=json.dumps({**RULES, "approvers": {"user:x@example.com": ["*"]}}))
    assert f"1{WAITS}" in browser_of(asking, "frank@example.com").get("/").body
    assert WAITS not in browser_of(asking, "erin@example.com").get("/").body


def test_the_list_is_shown_without_the_number_if_it_cannot_be_read(asking: Harness) -> None:
    ask(browser_of(asking, "alice@example.com"), "bob-notebook")
    dana = browser_of(asking, "dana@example.com")
    asking.aws.errors["batch_get_item"] = refusal("ThrottlingException")
    page = dana.get("/")
    assert (page.status, WAITS in page.body) == (200, False)


def test_somebody_who_decides_on_nothing_costs_no_more_calls(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    ask(browser_of(asking, "carol@example.com"), "bob-notebook")
    asking.aws.calls.clear()
    alice.get("/")
    assert [operation for operation, _ in asking.aws.calls].count("execute_statement") == 1


def test_where_nobody_can_ask_no_page_speaks_of_requests(harness: Harness) -> None:
    harness.sign_in()
    for path in ("/", "/open/bob-notebook", "/help"):
        assert "request" not in harness.browser.get(path).body.partition("<script>")[0].partition("</style>")[2].lower()


def test_the_advice_of_a_refusal_is_the_one_next_step() -> None:
    assert "platform team" not in NotGrantedError("/requests").advice
    assert "platform team" in NotGrantedError().advice
    assert NotebookStoppedError.words.startswith("Start it")


@pytest.mark.parametrize(
    ("principals", "words"),
    [
        ([], "the owner of the notebook"),
        (["user:bob@example.com", "group:ml"], "bob@example.com, somebody in ml, or the owner of the notebook"),
        (["slack:T1/U1", "slack:T1/U2"], "somebody in Slack, or the owner of the notebook"),
        ([f"user:{n}" for n in range(7)], "0, 1, 2, 3, 4, others, or the owner of the notebook"),
    ],
)
def test_who_decides_is_said_in_words(principals: list[str], words: str) -> None:
    assert deciders(principals) == words


def test_an_owner_of_the_notebook_is_not_told_to_those_who_ask(asking: Harness) -> None:
    asking.aws.grant("user:frank@example.com", "bob-notebook", owner=True)
    alice = browser_of(asking, "alice@example.com")
    pages = [alice.get(ask(alice, name)).body.replace(name, "X") for name in ("bob-notebook", "no-such-notebook")]
    assert "frank" not in pages[0]
    assert pages[0].partition("Who decides")[2][:200] == pages[1].partition("Who decides")[2][:200]
