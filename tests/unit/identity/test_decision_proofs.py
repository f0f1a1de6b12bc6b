"""What decides on an access request: a sign-in at the requests function, whatever another function can sign or send."""

import copy
from typing import Any

import pytest

from gate import container
from gate.identity.person import Person
from gate.platform.aliases import OPERATORS, SLACK
from gate.platform.config import Config
from gate.routes.dispatch import handler
from testing.asking import JSON, RULES, ask, browser_of, configure, post
from testing.environment import STAGE_URL, context_of, stored_event
from testing.harness import Answer, Browser, Harness

ALICE, DANA, MALLORY = "alice@example.com", "dana@example.com", "mallory@example.com"
SESSION, PROOF = "__Secure-gate-session", "__Secure-gate-decision"
OWN_DOMAIN = "https://gate.example.com"


def _allow(browser: Browser, path: str) -> Answer:
    return browser.post(path, headers=JSON, body="decision=allow&seconds=3600")


def _grants(harness: Harness) -> list[Any]:
    rows = harness.aws.table.query([f"user:{ALICE}", f"user:{MALLORY}"])
    return [row for row in rows if "request_id" in row]


def _forged(harness: Harness) -> dict[str, str]:
    """Return Dana's cookies as somebody makes them who has the gate's code and the key that signs sessions."""
    environ = harness.environ | {"GATE_DECISION_SECRET_ARN": harness.environ["GATE_SESSION_SECRET_ARN"]}
    gate = container.Gate(Config.from_environ(environ), clock=harness.clock)
    session = gate.identity.sessions.sign_in_cookie(Person(DANA, (), int(harness.clock())))
    return {SESSION: session.value, PROOF: gate.identity.decision_proofs.cookie(session).value}


@pytest.mark.parametrize(
    ("session", "proof"),
    [
        ("forged", ""),
        ("forged", "forged"),
        ("forged", "mallory"),
        ("forged", "dana"),
        ("forged", "session"),
        ("dana", ""),
        ("dana", "forged"),
        ("dana", "mallory"),
        ("dana", "later"),
        ("dana", "session"),
    ],
)
def test_a_key_of_the_function_that_opens_notebooks_decides_nothing(asking: Harness, session: str, proof: str) -> None:
    """Each cookie is forged, Mallory's own, or stolen from one of Dana's two sign-ins."""
    mallory = browser_of(asking, MALLORY)
    path = ask(mallory)
    cookies = {"forged": _forged(asking), "mallory": dict(mallory.cookies), "dana": browser_of(asking, DANA).cookies}
    asking.clock.now += 1
    cookies |= {"later": browser_of(asking, DANA).cookies, "session": {PROOF: cookies[session][SESSION]}, "": {}}
    mallory.cookies = {SESSION: cookies[session][SESSION], PROOF: cookies[proof].get(PROOF, "")}
    answer = _allow(mallory, path)
    assert (answer.status, answer.json["error"]) == (403, "decision_sign_in")
    assert not _grants(asking)
    assert _allow(Browser(STAGE_URL, dict(cookies["dana"])), path).status == 303


def test_a_decision_counts_as_the_last_person_who_signed_in_at_the_browser(asking: Harness) -> None:
    browser = browser_of(asking, ALICE)
    path, alices = ask(browser), dict(browser.cookies)
    page = browser_of(asking, DANA)
    # Alice's tab is still open when Dana signs in at this browser, and the other way round.
    for cookies in ({**alices, PROOF: page.cookies[PROOF]}, {**page.cookies, PROOF: alices[PROOF]}):
        browser.cookies = cookies
        assert _allow(browser, path).json["error"] == "decision_sign_in"
    browser.cookies = alices
    assert _allow(browser, path).json["error"] == "own_access_request"
    browser.cookies = page.cookies
    assert _allow(browser, path).status == 303


def test_the_proof_is_no_session_at_any_function(asking: Harness) -> None:
    dana = browser_of(asking, DANA)
    dana.cookies = {SESSION: dana.cookies[PROOF], PROOF: dana.cookies[PROOF]}
    for path in ("/", "/open/shared-notebook", "/requests"):
        assert dana.reason(path) == "not_signed_in"


def test_a_session_from_before_the_proofs_still_does_everything_but_decide(asking: Harness) -> None:
    path = ask(browser_of(asking, ALICE))
    dana = browser_of(asking, DANA)
    del dana.cookies[PROOF]
    asking.aws.grant(f"user:{DANA}", "shared-notebook")
    assert dana.get("/open/shared-notebook").status == 302
    assert dana.get("/").status == 200
    ask(dana, "alice-notebook")
    for body in (dana.get("/requests").body, dana.get(path).body):
        assert "churn analysis" in body
        assert "Sign in again to decide" in body
        assert 'value="allow"' not in body
    refused = dana.post(path, body="decision=deny")
    assert (refused.status, "fresh=1" in refused.body) == (403, True)
    assert dana.get(f"/login?next={path}").location == STAGE_URL + path  # with the session that is there
    back = asking.issuer.sign_in(dana.get(f"/login?next={path}&fresh=1").location, email=DANA, email_verified=True)
    dana.get(f"/login/callback?code={back['code']}&state={back['state']}")
    assert 'value="allow"' in dana.get(path).body
    assert _allow(dana, path).status == 303


@pytest.mark.parametrize(("url", "path"), [(STAGE_URL, "/prod/requests"), (OWN_DOMAIN, "/requests")])
def test_browsers_send_the_proof_to_the_paths_of_access_requests_only(asking: Harness, url: str, path: str) -> None:
    configure(asking, RULES, GATE_BASE_URL=url)
    answer = asking.sign_in(DANA)
    (proof,) = (line for line in answer.set_cookies if "gate-decision" in line)
    assert proof.startswith(f"{PROOF}=")
    assert {f"Path={path}", "Secure", "HttpOnly", "SameSite=Lax"} <= set(proof.split("; "))
    out = asking.browser.post("/logout", headers=JSON, body="")
    (removed,) = (line for line in out.set_cookies if "gate-decision" in line)
    assert f"Path={path}" in removed
    assert not [name for name in asking.browser.cookies if "gate-" in name]


def test_without_access_requests_nobody_gets_a_proof(harness: Harness) -> None:
    assert "gate-decision" not in str(harness.sign_in().set_cookies)
    assert "gate-decision" not in str(harness.browser.post("/logout", headers=JSON, body="").set_cookies)


@pytest.mark.parametrize("alias", [SLACK, OPERATORS])
def test_an_alias_takes_no_event_that_imitates_api_gateways(asking: Harness, alias: str) -> None:
    """Even with an approver's stolen cookies. `operators` is IAM's to guard, and `slack` the signature's."""
    path = ask(browser_of(asking, ALICE))
    dana = browser_of(asking, DANA)
    event = stored_event("browser_get")
    headers = {
        "Cookie": [f"{name}={value}" for name, value in dana.cookies.items()],
        "Sec-Fetch-Site": ["same-origin"],
    }
    event |= {
        "httpMethod": "POST",
        "path": path,
        "resource": "/requests/{request}",
        "pathParameters": {"request": path.rpartition("/")[2]},
        "multiValueHeaders": headers,
        "body": "decision=allow&seconds=3600",
    }
    operator = {"arn": "arn:aws:iam::1:user/x", "action": "allow", "request": path[10:], "seconds": 3600}
    forged = [event, {"slack": {}}, event | {"slack": {}, "forwarded": event}]
    if alias == SLACK:
        forged += [{"operator": operator}, event | {"operator": operator, "forwarded": {"operator": operator}}]
    forged += [event | {"forwarded": value, "operator": value} for value in (None, 7, [], "x", {"body": "\ud800"})]
    for each in forged:
        handler(copy.deepcopy(each), context_of(alias))
    assert not _grants(asking)
    assert dana.get(path, headers=JSON).json["state"] == "open"
    answer = handler(event, context_of("live"))
    assert answer is not None
    assert answer["statusCode"] == 303
    assert _grants(asking)


def test_a_session_alone_asks_and_sees_but_does_not_decide(asking: Harness) -> None:
    """What a taken-over function can still do in anybody's name (docs/security.md)."""
    mallory = Browser(STAGE_URL, {SESSION: _forged(asking)[SESSION]})
    assert post(mallory, "/requests", notebook="bob-notebook", reason="x", seconds=3600).status == 303
    assert mallory.get("/requests").status == 200
