"""Who may decide on access requests."""

from urllib.parse import urlencode

import pytest

from testing.asking import JSON, ask, browser_of, post, state_of
from testing.harness import Harness


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
    path = ask(browser_of(asking, "alice@example.com"))
    browser = browser_of(asking, email, **claims)
    body = urlencode({"decision": "allow", "seconds": 3600})
    answer = browser.post(path, headers=JSON, body=body)
    assert answer.json["error"] == reason
    assert not asking.aws.table.row("user:alice@example.com", "bob-notebook")


def test_an_owner_decides_on_their_notebook_and_sees_who_has_it(asking: Harness) -> None:
    alice, frank = browser_of(asking, "alice@example.com"), browser_of(asking, "frank@example.com")
    path = ask(alice)
    assert "churn analysis" in frank.get("/requests").body
    post(frank, path, decision="allow", seconds=3600)
    assert "/requests/access" in frank.get("/requests").body
    body = frank.get("/requests/access").body
    assert "Everybody with access to bob-notebook" in body
    assert "user:alice@example.com" in body
    assert "allowed by frank@example.com" in body


def test_a_group_counts_for_fifteen_minutes_after_the_sign_in(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice, "shared-notebook")
    grace = browser_of(asking, "grace@example.com", groups=["leads"])
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
    assert post(grace, path, decision="allow", seconds=3600).status == 303


def test_two_people_must_approve_a_listed_notebook(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice, "prod-model", seconds=28800)
    dana, erin = browser_of(asking, "dana@example.com"), browser_of(asking, "erin@example.com")
    first = post(dana, path, decision="allow", seconds=28800)
    assert (first.status, dana.path_of(first.location)) == (303, path)
    assert state_of(alice, path) == "open"
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "access_request_decided"
    assert "Allowed by dana@example.com (8 hours), waiting for another person." in dana.get(path).body
    assert "Allowed by dana@example.com (8 hours), waiting for another person." in erin.get(path).body
    assert "allowed by dana@example.com (8 hours), waiting for another person" in erin.get("/requests").body
    post(erin, path, decision="allow", seconds=3600)
    both = "llowed by dana@example.com (8 hours), erin@example.com (1 hour) for 1 hour of the 8 hours"
    assert f"A{both} asked for, until" in erin.get(path).body
    assert f"A{both} asked for, until" in dana.get(path).body
    assert f"a{both} you asked for, until" in alice.get("/requests").body
    assert alice.get(path, headers=JSON).json["until"] == int(asking.clock()) + 3600
    assert alice.get(path, headers=JSON).json["approved_by"] == ["user:dana@example.com", "user:erin@example.com"]


def test_the_approval_of_somebody_who_was_revoked_does_not_count(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice, "prod-model")
    post(browser_of(asking, "dana@example.com"), path, decision="allow", seconds=3600)
    asking.aws.cutoff("user:dana@example.com", int(asking.clock()) + 1)
    post(browser_of(asking, "erin@example.com"), path, decision="allow", seconds=3600)
    assert state_of(alice, path) == "open"


def test_a_revoked_approver_cannot_decide(asking: Harness) -> None:
    path = ask(browser_of(asking, "alice@example.com"))
    dana = browser_of(asking, "dana@example.com")
    asking.aws.cutoff("user:dana@example.com", int(asking.clock()) + 1)
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "sign_in_ended"


def test_the_request_of_somebody_who_was_revoked_ends(asking: Harness) -> None:
    path = ask(browser_of(asking, "alice@example.com"))
    asking.aws.cutoff("user:alice@example.com", int(asking.clock()) + 1)
    dana = browser_of(asking, "dana@example.com")
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "access_request_ended"


def test_a_form_of_another_site_is_refused(asking: Harness) -> None:
    path = ask(browser_of(asking, "alice@example.com"))
    dana = browser_of(asking, "dana@example.com")
    for target, body in ((path, "decision=allow&seconds=3600"), ("/requests", "notebook=x&reason=y&seconds=3600")):
        answer = dana.post(target, headers={**JSON, "Sec-Fetch-Site": "cross-site"}, body=body)
        assert answer.json["error"] == "wrong_origin"


def test_a_grant_of_an_operator_is_never_replaced(asking: Harness) -> None:
    path = ask(browser_of(asking, "alice@example.com"))
    asking.aws.grant("user:alice@example.com", "bob-notebook", default=True)
    dana = browser_of(asking, "dana@example.com")
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "already_granted"
    grant = asking.aws.table.row("user:alice@example.com", "bob-notebook")
    assert grant
    assert "request_id" not in grant


def test_the_id_of_an_earlier_request_does_not_decide_a_later_one(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    earlier = ask(alice)
    post(dana, earlier, decision="deny")
    later = ask(alice)
    assert later != earlier
    answer = dana.post(earlier, headers=JSON, body="decision=allow&seconds=3600")
    assert answer.json["error"] == "access_request_decided"
    assert state_of(alice, later) == "open"


def test_a_request_ends_after_a_day(asking: Harness) -> None:
    path = ask(browser_of(asking, "alice@example.com"))
    asking.clock.now += 86_400
    dana = browser_of(asking, "dana@example.com")
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "access_request_ended"
    assert "churn analysis" not in dana.get("/requests").body
    assert "Nobody decided" in browser_of(asking, "alice@example.com").get(path).body


def test_a_requested_grant_makes_nobody_an_owner(asking: Harness) -> None:
    asking.aws.grant("user:grace@example.com", "bob-notebook", owner=True, request_id="x")
    path = ask(browser_of(asking, "alice@example.com"))
    grace = browser_of(asking, "grace@example.com")
    assert grace.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "access_request_unknown"
