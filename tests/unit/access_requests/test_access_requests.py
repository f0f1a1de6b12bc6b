"""Access requests over HTTP: asking, waiting, and what comes of a decision."""

from urllib.parse import urlencode

import pytest

from gate.access_requests.keys import COUNT
from testing.asking import JSON, ask, browser_of, post, state_of
from testing.harness import Browser, Harness
from testing.log_lines import Lines


def test_an_allowed_request_opens_the_notebook_until_its_end(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    assert alice.get("/open/bob-notebook").status == 403
    path = ask(alice)
    assert state_of(alice, path) == "open"
    assert post(dana, path, decision="allow", seconds=3600).status == 303
    opened = alice.get(path)
    assert (opened.status, alice.path_of(opened.location)) == (302, "/open/bob-notebook")
    assert alice.get("/open/bob-notebook").location.startswith("https://bob-notebook.notebook.")
    asking.clock.now += 3600
    assert alice.get("/open/bob-notebook").status == 403
    assert "ended" in alice.get(path).body


def test_the_grant_says_who_allowed_it_and_why(asking: Harness) -> None:
    path = ask(browser_of(asking, "alice@example.com"))
    post(browser_of(asking, "dana@example.com"), path, decision="allow", seconds=28800)
    grant = asking.aws.table.row("user:alice@example.com", "bob-notebook")
    assert grant == {
        "principal": {"S": "user:alice@example.com"},
        "notebook": {"S": "bob-notebook"},
        "power": {"S": "start"},
        "until": {"N": str(int(asking.clock()) + 28800)},
        "granted_by": {"S": "user:dana@example.com"},
        "reason": {"S": "churn analysis"},
        "request_id": {"S": path.removeprefix("/requests/")},
    }


def test_a_denied_request_gives_nothing(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice)
    post(browser_of(asking, "dana@example.com"), path, decision="deny")
    assert state_of(alice, path) == "denied"
    assert "dana@example.com" in alice.get(path).body
    assert alice.get("/open/bob-notebook").status == 403


def test_a_notebook_that_does_not_exist_looks_alike(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    existing, missing = ask(alice, "bob-notebook"), ask(alice, "no-such-notebook")
    asking.clock.now += 1
    pages = [alice.get(path).body for path in (existing, missing)]
    assert pages[0].replace("bob-notebook", "X").replace(existing, "P") == pages[1].replace(
        "no-such-notebook", "X"
    ).replace(missing, "P")


def test_asking_twice_shows_the_open_request(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    first = ask(alice)
    assert ask(alice) == first
    assert ask(alice, reason="another reason") == ask(alice, seconds=28_800) == f"{first}?earlier=1"
    assert "something else" in alice.get(f"{first}?earlier=1").body
    asking.clock.now += 86_400
    assert ask(browser_of(asking, "alice@example.com")) != first


def test_a_person_asks_ten_times_a_day_at_most(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    for number in range(10):
        ask(alice, f"notebook-{number}")
    answer = alice.post("/requests", headers=JSON, body=urlencode({"notebook": "x", "reason": "y", "seconds": 3600}))
    assert (answer.status, answer.json["error"]) == (429, "too_many_access_requests")
    asking.clock.now += 86_400
    ask(browser_of(asking, "alice@example.com"), "x")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"notebook": "x", "reason": " ", "seconds": 3600}, "invalid_access_request"),
        ({"notebook": "x", "reason": "y" * 301, "seconds": 3600}, "invalid_access_request"),
        ({"notebook": "x", "reason": "y\u202e", "seconds": 3600}, "invalid_access_request"),
        ({"notebook": "x", "reason": "y", "seconds": 3601}, "invalid_access_request"),
        ({"notebook": "x", "reason": "y", "seconds": "-1"}, "invalid_access_request"),
        ({"notebook": "x", "reason": "y", "seconds": "\u0661"}, "invalid_access_request"),
        ({"notebook": "x", "reason": "y"}, "invalid_access_request"),
        ({"notebook": "x/y", "reason": "y", "seconds": 3600}, "invalid_name"),
        ({"reason": "y", "seconds": 3600}, "invalid_name"),
        ({"notebook": "alice-notebook", "reason": "y", "seconds": 3600}, "already_granted"),
    ],
)
def test_an_invalid_request_changes_nothing(asking: Harness, fields: dict[str, object], reason: str) -> None:
    alice = browser_of(asking, "alice@example.com")
    assert alice.post("/requests", headers=JSON, body=urlencode(fields)).json["error"] == reason
    assert not [*asking.aws.table.requests(), *asking.aws.table.query([COUNT])]


def test_the_pages_link_to_the_form(asking: Harness) -> None:
    carol = browser_of(asking, "carol@example.com")
    assert '/requests?notebook=bob-notebook">Ask for access' in carol.get("/open/bob-notebook").body
    assert '/requests">Ask for access to a notebook' in carol.get("/").body
    assert 'value="bob-notebook"' in carol.get("/requests?notebook=bob-notebook").body
    asking.configure(GATE_ACCESS_REQUESTS="", GATE_DENIES_FUNCTION_ARN="")
    carol = browser_of(asking, "carol@example.com")
    assert "Ask for access" not in carol.get("/open/bob-notebook").body
    assert "requests" not in carol.get("/").body


def test_the_form_survives_the_sign_in(asking: Harness) -> None:
    browser = Browser(asking.environ["GATE_BASE_URL"])
    login = browser.path_of(browser.get("/requests?notebook=bob-notebook").location)
    answer = asking.sign_in("carol@example.com", path="/requests?notebook=bob-notebook", browser=browser)
    assert "bob-notebook" in login
    assert browser.path_of(answer.location) == "/requests?notebook=bob-notebook"


def test_a_reason_is_shown_as_text(asking: Harness) -> None:
    ask(browser_of(asking, "alice@example.com"), reason="<script>alert(1)</script> {{ 7*7 }}")
    body = browser_of(asking, "dana@example.com").get("/requests").body
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in body


def test_each_step_is_logged(asking: Harness, lines: Lines) -> None:
    path = ask(browser_of(asking, "alice@example.com"))
    post(browser_of(asking, "dana@example.com"), path, decision="allow", seconds=3600)
    asked, allowed = (line for line in lines.decisions if line["action"] in ("ask", "allow"))
    assert (asked["outcome"], asked["subject"], asked["why"]) == ("allowed", "user:alice@example.com", "churn analysis")
    assert asked["access_request"] == allowed["access_request"] == path.removeprefix("/requests/")
    assert (allowed["subject"], allowed["requester"]) == ("user:dana@example.com", "user:alice@example.com")
    assert allowed["until"] == int(asking.clock()) + 3600
    assert allowed["notebook"] == "bob-notebook"
