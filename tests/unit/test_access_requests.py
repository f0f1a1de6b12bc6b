"""Access requests over HTTP: who may ask, who may decide, and what comes of it."""

import json
from urllib.parse import urlencode

import pytest

from testing.harness import Answer, Browser, Harness
from testing.log_lines import Lines

JSON = {"Accept": "application/json"}
RULES = {
    "approvers": {
        "user:dana@example.com": ["*"],
        "group:leads": ["shared-*", "prod-*"],
        "user:erin@example.com": ["prod-*"],
    },
    "two": ["prod-*"],
    "durations": [3600, 28800],
    "power": "start",
    "slack_channel": "",
    "topic_arn": "",
}


@pytest.fixture
def asking(harness: Harness) -> Harness:
    """A deployment in which people can ask. `bob` owns his notebook."""
    harness.configure(GATE_ACCESS_REQUESTS=json.dumps(RULES), GATE_REQUESTS_FUNCTION_ARN="arn:requests")
    harness.aws.grant("user:frank@example.com", "bob-notebook", owner=True)
    return harness


def _browser(harness: Harness, email: str, **claims: object) -> Browser:
    browser = Browser(harness.environ["GATE_BASE_URL"])
    harness.sign_in(email, browser=browser, **claims)
    return browser


def _post(browser: Browser, path: str, **fields: object) -> Answer:
    return browser.post(path, headers={"Content-Type": "application/x-www-form-urlencoded"}, body=urlencode(fields))


def _ask(browser: Browser, notebook: str = "bob-notebook", reason: str = "churn analysis", seconds: int = 3600) -> str:
    answer = _post(browser, "/requests", notebook=notebook, reason=reason, seconds=seconds)
    assert answer.status == 303, answer.body
    return browser.path_of(answer.location)


def _state(browser: Browser, path: str) -> object:
    return browser.get(path, headers=JSON).json.get("state")


def test_an_allowed_request_opens_the_notebook_until_its_end(asking: Harness) -> None:
    alice, dana = _browser(asking, "alice@example.com"), _browser(asking, "dana@example.com")
    assert alice.get("/open/bob-notebook").status == 403
    path = _ask(alice)
    assert _state(alice, path) == "open"
    assert _post(dana, path, decision="allow", seconds=3600).status == 303
    opened = alice.get(path)
    assert (opened.status, alice.path_of(opened.location)) == (302, "/open/bob-notebook")
    assert alice.get("/open/bob-notebook").location.startswith("https://bob-notebook.notebook.")
    asking.clock.now += 3600
    assert alice.get("/open/bob-notebook").status == 403
    assert "ended" in alice.get(path).body


def test_the_grant_says_who_allowed_it_and_why(asking: Harness) -> None:
    path = _ask(_browser(asking, "alice@example.com"))
    _post(_browser(asking, "dana@example.com"), path, decision="allow", seconds=28800)
    (grant,) = asking.aws.table.query(["user:alice@example.com"])
    assert grant == {
        "principal": {"S": "user:alice@example.com"},
        "notebook": {"S": "bob-notebook"},
        "power": {"S": "start"},
        "until": {"N": str(int(asking.clock()) + 28800)},
        "granted_by": {"S": "user:dana@example.com"},
        "reason": {"S": "churn analysis"},
        "request_id": {"S": path.removeprefix("/requests/")},
    }


def test_a_declined_request_gives_nothing(asking: Harness) -> None:
    alice = _browser(asking, "alice@example.com")
    path = _ask(alice)
    _post(_browser(asking, "dana@example.com"), path, decision="deny")
    assert _state(alice, path) == "denied"
    assert "dana@example.com" in alice.get(path).body
    assert alice.get("/open/bob-notebook").status == 403


@pytest.mark.parametrize(
    ("email", "claims", "reason"),
    [
        ("alice@example.com", {}, "own_access_request"),
        ("bob@example.com", {}, "access_request_unknown"),
        ("grace@example.com", {"groups": ["leads"]}, "access_request_unknown"),
        ("erin@example.com", {}, "access_request_unknown"),
    ],
)
def test_others_cannot_decide(asking: Harness, email: str, claims: dict[str, object], reason: str) -> None:
    path = _ask(_browser(asking, "alice@example.com"))
    browser = _browser(asking, email, **claims)
    body = urlencode({"decision": "allow", "seconds": 3600})
    answer = browser.post(path, headers=JSON, body=body)
    assert answer.json["error"] == reason
    assert not asking.aws.table.query(["user:alice@example.com"])


def test_an_owner_decides_on_their_notebook_and_sees_who_has_it(asking: Harness) -> None:
    alice, frank = _browser(asking, "alice@example.com"), _browser(asking, "frank@example.com")
    path = _ask(alice)
    assert "churn analysis" in frank.get("/requests").body
    _post(frank, path, decision="allow", seconds=3600)
    body = frank.get("/requests").body
    assert "user:alice@example.com" in body
    assert "allowed by user:frank@example.com: churn analysis" in body
    assert "Who has access" not in alice.get("/requests").body


def test_a_group_counts_for_fifteen_minutes_after_the_sign_in(asking: Harness) -> None:
    alice = _browser(asking, "alice@example.com")
    path = _ask(alice, "shared-notebook")
    grace = _browser(asking, "grace@example.com", groups=["leads"])
    asking.clock.now += 901
    page = grace.get(path)
    assert "Sign in again to decide" in page.body
    assert 'value="allow"' not in page.body
    answer = grace.post(path, headers=JSON, body="decision=allow&seconds=3600")
    assert (answer.status, answer.json["error"]) == (403, "sign_in_too_old")
    link = grace.post(path, body="decision=allow&seconds=3600").body
    assert "fresh=1" in link
    # The provider is asked again, although there is a session.
    assert grace.get("/login?fresh=1").location.startswith(asking.issuer.url)
    grace.cookies.clear()
    asking.sign_in("grace@example.com", browser=grace, groups=["leads"])
    assert _post(grace, path, decision="allow", seconds=3600).status == 303


def test_two_people_must_approve_a_listed_notebook(asking: Harness) -> None:
    alice = _browser(asking, "alice@example.com")
    path = _ask(alice, "prod-model", seconds=28800)
    dana, erin = _browser(asking, "dana@example.com"), _browser(asking, "erin@example.com")
    _post(dana, path, decision="allow", seconds=28800)
    assert _state(alice, path) == "open"
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "access_request_decided"
    assert "One more person" in dana.get(path).body
    _post(erin, path, decision="allow", seconds=3600)
    assert alice.get(path, headers=JSON).json["until"] == int(asking.clock()) + 3600
    assert alice.get(path, headers=JSON).json["approved_by"] == ["user:dana@example.com", "user:erin@example.com"]


def test_the_approval_of_somebody_who_was_revoked_does_not_count(asking: Harness) -> None:
    alice = _browser(asking, "alice@example.com")
    path = _ask(alice, "prod-model")
    _post(_browser(asking, "dana@example.com"), path, decision="allow", seconds=3600)
    asking.aws.cutoff("user:dana@example.com", int(asking.clock()) + 1)
    _post(_browser(asking, "erin@example.com"), path, decision="allow", seconds=3600)
    assert _state(alice, path) == "open"


def test_a_revoked_approver_cannot_decide(asking: Harness) -> None:
    path = _ask(_browser(asking, "alice@example.com"))
    dana = _browser(asking, "dana@example.com")
    asking.aws.cutoff("user:dana@example.com", int(asking.clock()) + 1)
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "sign_in_ended"


def test_the_request_of_somebody_who_was_revoked_ends(asking: Harness) -> None:
    path = _ask(_browser(asking, "alice@example.com"))
    asking.aws.cutoff("user:alice@example.com", int(asking.clock()) + 1)
    dana = _browser(asking, "dana@example.com")
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "access_request_ended"


def test_a_notebook_that_does_not_exist_looks_alike(asking: Harness) -> None:
    alice = _browser(asking, "alice@example.com")
    existing, missing = _ask(alice, "bob-notebook"), _ask(alice, "no-such-notebook")
    asking.clock.now += 1
    pages = [alice.get(path).body for path in (existing, missing)]
    assert pages[0].replace("bob-notebook", "X").replace(existing, "P") == pages[1].replace(
        "no-such-notebook", "X"
    ).replace(missing, "P")


def test_asking_twice_shows_the_open_request(asking: Harness) -> None:
    alice = _browser(asking, "alice@example.com")
    assert _ask(alice) == _ask(alice, reason="another reason")
    first = _ask(alice)
    asking.clock.now += 86_400
    assert _ask(_browser(asking, "alice@example.com")) != first


def test_a_person_asks_ten_times_a_day_at_most(asking: Harness) -> None:
    alice = _browser(asking, "alice@example.com")
    for number in range(10):
        _ask(alice, f"notebook-{number}")
    answer = alice.post("/requests", headers=JSON, body=urlencode({"notebook": "x", "reason": "y", "seconds": 3600}))
    assert (answer.status, answer.json["error"]) == (429, "too_many_access_requests")
    asking.clock.now += 86_400
    _ask(_browser(asking, "alice@example.com"), "x")


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
    alice = _browser(asking, "alice@example.com")
    assert alice.post("/requests", headers=JSON, body=urlencode(fields)).json["error"] == reason
    assert not asking.aws.table.query(["request:", "request:count"])


def test_a_form_of_another_site_is_refused(asking: Harness) -> None:
    path = _ask(_browser(asking, "alice@example.com"))
    dana = _browser(asking, "dana@example.com")
    for target, body in ((path, "decision=allow&seconds=3600"), ("/requests", "notebook=x&reason=y&seconds=3600")):
        answer = dana.post(target, headers={**JSON, "Sec-Fetch-Site": "cross-site"}, body=body)
        assert answer.json["error"] == "wrong_origin"


def test_a_grant_of_an_operator_is_never_replaced(asking: Harness) -> None:
    path = _ask(_browser(asking, "alice@example.com"))
    asking.aws.table.put_item(
        {
            "Item": {
                "principal": {"S": "user:alice@example.com"},
                "notebook": {"S": "bob-notebook"},
                "default": {"BOOL": True},
            }
        }
    )
    dana = _browser(asking, "dana@example.com")
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "already_granted"
    (grant,) = asking.aws.table.query(["user:alice@example.com"])
    assert "request_id" not in grant


def test_the_pages_link_to_the_form(asking: Harness) -> None:
    carol = _browser(asking, "carol@example.com")
    assert '/requests?notebook=bob-notebook">Ask for access' in carol.get("/open/bob-notebook").body
    assert '/requests">Ask for access to a notebook' in carol.get("/").body
    assert 'value="bob-notebook"' in carol.get("/requests?notebook=bob-notebook").body
    asking.configure(GATE_REQUESTS_FUNCTION_ARN="")
    carol = _browser(asking, "carol@example.com")
    assert "Ask for access" not in carol.get("/open/bob-notebook").body
    assert "requests" not in carol.get("/").body


def test_the_form_survives_the_sign_in(asking: Harness) -> None:
    browser = Browser(asking.environ["GATE_BASE_URL"])
    login = browser.path_of(browser.get("/requests?notebook=bob-notebook").location)
    answer = asking.sign_in("carol@example.com", path="/requests?notebook=bob-notebook", browser=browser)
    assert "bob-notebook" in login
    assert browser.path_of(answer.location) == "/requests?notebook=bob-notebook"


def test_a_reason_is_shown_as_text(asking: Harness) -> None:
    _ask(_browser(asking, "alice@example.com"), reason="<script>alert(1)</script> {{ 7*7 }}")
    body = _browser(asking, "dana@example.com").get("/requests").body
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in body


def test_each_step_is_logged(asking: Harness, lines: Lines) -> None:
    path = _ask(_browser(asking, "alice@example.com"))
    _post(_browser(asking, "dana@example.com"), path, decision="allow", seconds=3600)
    asked, allowed = (line for line in lines.decisions if line["action"] in ("ask", "allow"))
    assert (asked["outcome"], asked["subject"], asked["why"]) == ("allowed", "user:alice@example.com", "churn analysis")
    assert asked["access_request"] == allowed["access_request"] == path.removeprefix("/requests/")
    assert (allowed["subject"], allowed["requester"]) == ("user:dana@example.com", "user:alice@example.com")
    assert allowed["until"] == int(asking.clock()) + 3600
    assert allowed["notebook"] == "bob-notebook"
