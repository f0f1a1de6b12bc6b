"""From a bookmark to the presigned URL over real sockets, and the requests that are refused."""

import io
import json
import logging

import pytest

from gate.platform.log import logger
from local.deployment import LocalDeployment
from local.places import OUTSIDE
from local.sample import Sample
from testing.browser import controls
from testing.environment import JSON
from testing.user import TestUser


def test_a_user_signs_in_and_is_redirected_to_the_presigned_url(deployment: LocalDeployment) -> None:
    answer = TestUser(deployment).open("/open/alice-notebook", "alice@example.com")

    made = deployment.urls.made[-1]
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{made.url}&view=lab"
    assert answer.headers["Location"].startswith(
        f"http://alice-notebook.notebook.eu-west-1.localhost:{deployment.port}?authToken="
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert made.creator.arn.endswith("/alice@example.com")  # CloudTrail names the user
    assert made.session_seconds == 43_200


def test_with_a_session_a_bookmark_is_one_redirect(deployment: LocalDeployment) -> None:
    alice = TestUser(deployment)
    alice.open("/", "alice@example.com")
    before = len(deployment.urls.made)

    for path in ("/open", "/open/alice-notebook", "/open/alice-notebook?view=classic"):
        answer = alice.go(path)
        assert (answer.status_code, ".localhost:" in answer.headers["Location"]) == (302, True)
        assert answer.headers["Location"].endswith("&view=lab") is ("classic" not in path)
    assert len(deployment.urls.made) == before + 3


def test_a_notebook_without_a_grant_and_an_unknown_one_are_denied_alike(deployment: LocalDeployment) -> None:
    carol = TestUser(deployment)
    assert carol.open("/open/alice-notebook", "carol@example.com").status_code == 403
    answers = [carol.go(f"/open/{name}", headers=JSON) for name in ("alice-notebook", "no-such-notebook")]

    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(403, "not_granted")] * 2
    assert carol.go("/open").status_code == 403


def test_a_user_with_several_notebooks_chooses_one(deployment: LocalDeployment) -> None:
    bob = TestUser(deployment)
    page = bob.open("/open", "bob@example.com")

    assert page.status_code == 200
    assert 'href="/open/bob-notebook"' in page.text
    assert 'href="/open/shared-notebook"' in page.text
    assert "alice-notebook" not in page.text
    assert bob.go("/open/bob-notebook").headers["Location"].startswith("http://bob-notebook.")
    assert deployment.urls.made[-1].session_seconds == 14_400
    assert "view=" not in bob.go("/open/shared-notebook").headers["Location"]  # the view of the grant is classic
    assert bob.go("/open/alice-notebook").status_code == 403


def test_the_sign_in_page_has_a_button_for_each_person(deployment: LocalDeployment, sample: Sample) -> None:
    carol = TestUser(deployment)
    page = carol.follow(carol.go("/"))
    buttons = [each for each in controls(page) if each.name == "sub"]
    assert [each.value for each in buttons] == [person.email for person in sample.people]
    assert buttons[1].text.startswith(
        "bob@example.com may open bob-notebook, churn-model, shared-notebook (group data-"
    )
    assert "You have no notebook" in carol.submit(page, "carol@example.com may open nothing").text


def test_an_unverified_address_is_refused(deployment: LocalDeployment) -> None:
    answer = TestUser(deployment).open("/open", "mallory@example.com")
    assert answer.status_code == 403
    assert "not verified" in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/open", "/open/alice-notebook", "/notebooks/alice-notebook", "/login", "/help", "/health", "/nope"]
)
def test_requests_from_outside_are_refused_before_the_function_runs(deployment: LocalDeployment, path: str) -> None:
    alice = TestUser(deployment)
    alice.open("/", "alice@example.com")
    stranger = TestUser(deployment, OUTSIDE)
    stranger.cookies = alice.cookies  # a stolen session

    calls = deployment.front_door.calls
    answers = [stranger.go(path, headers=JSON), stranger.go(path, headers={"Accept": "text/html"})]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json()["error"] == "outside_networks"
    assert "VPN" in answers[0].json()["message"]
    assert "<!doctype html>" in answers[1].text
    assert deployment.front_door.calls == calls
    assert alice.go(path, headers=JSON).status_code in {200, 302} if path != "/nope" else True


def test_only_slacks_own_path_is_exempt_from_the_networks(deployment: LocalDeployment) -> None:
    calls = deployment.front_door.calls
    stranger = TestUser(deployment, OUTSIDE)
    assert stranger.go("/open/POST/slack", headers=JSON).json()["error"] == "outside_networks"
    assert stranger.go("/slack", headers=JSON).json()["error"] == "outside_networks"
    assert deployment.front_door.calls == calls
    # The function refuses requests without Slack's signature, and gives no reason.
    unsigned = stranger.go("/slack", "POST", headers=JSON)
    assert (unsigned.status_code, unsigned.content) == (401, b"")
    assert deployment.front_door.calls == calls + 1


def test_a_script_with_an_id_token_gets_json(deployment: LocalDeployment) -> None:
    token = TestUser(deployment).id_token("alice@example.com")
    script = {**JSON, "Authorization": f"Bearer {token}"}

    answer = TestUser(deployment).go("/open/alice-notebook", headers=script)
    assert answer.status_code == 200
    assert answer.json()["authorized_url"] == f"{deployment.urls.made[-1].url}&view=lab"
    assert answer.json()["expires_in"] == 300

    none = TestUser(deployment).go("/open/alice-notebook", headers=JSON)
    assert (none.status_code, none.json()["error"]) == (401, "not_signed_in")
    forged = {**script, "Authorization": f"Bearer {token[:-8]}AAAAAAAA"}
    assert TestUser(deployment).go("/open/alice-notebook", headers=forged).json()["error"] == "invalid_token"


def test_signing_out_ends_our_session_and_leads_to_the_providers(deployment: LocalDeployment) -> None:
    alice = TestUser(deployment)
    alice.open("/", "alice@example.com")
    answer = alice.press("/logout")

    assert answer.status_code == 200
    assert answer.headers["Refresh"].startswith(f"2;url={deployment.issuer}/oauth2/end_session")
    assert alice.go("/open", headers=JSON).status_code == 401


@pytest.mark.parametrize("path", ["/open/" + "a" * 10_000, "/" + "a/" * 5_000, "/open/%00", "/open/..%2f..%2fx", "/%"])
def test_malformed_requests_are_answered_with_a_client_error(deployment: LocalDeployment, path: str) -> None:
    assert 400 <= TestUser(deployment).go(path, headers=JSON).status_code < 500
    assert 400 <= TestUser(deployment).go("/open/x", headers={**JSON, "X-Long": "x" * 11_000}).status_code < 500


def test_the_log_has_no_url_token_or_cookie(deployment: LocalDeployment) -> None:
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(io.StringIO())
    try:
        person = TestUser(deployment)
        location = person.open("/open/alice-notebook", "alice@example.com").headers["Location"]
        logged = handler.stream.getvalue()
    finally:
        handler.setStream(before)

    lines = [json.loads(line) for line in logged.splitlines()]
    assert [line["outcome"] for line in lines if line["action"] == "open"] == ["not_signed_in", "allowed"]
    cookie = next(cookie.value for cookie in person.cookies if cookie.name == "gate-session")
    for secret in (location, location.split("authToken=")[1], cookie, "code=", "authToken"):
        assert secret not in logged


def test_without_approvers_nobody_can_ask(deployment: LocalDeployment) -> None:
    assert deployment.template.requests_function is None
    user = TestUser(deployment)
    assert "Ask for access" not in user.open("/open/churn-model", "carol@example.com").text
    assert user.go("/requests").status_code == 404
