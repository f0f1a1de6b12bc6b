"""The address of API Gateway, kept beside a custom domain: browsers are sent on, and others are served."""

import pytest

from testing.aws import TOKEN
from testing.environment import JSON
from testing.harness import Harness
from testing.slack import Slack

DOMAIN = "https://notebooks.example.com"
FORMER = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"


@pytest.fixture
def former(harness: Harness) -> Harness:
    """A gate with a custom domain. Its browser knows the former address."""
    harness.configure(GATE_BASE_URL=DOMAIN)
    harness.browser.host = FORMER
    return harness


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "/"),
        ("/open", "/open"),
        ("/open/alice-notebook", "/open/alice-notebook"),
        ("/open/alice-notebook?view=classic", "/open/alice-notebook?view=classic"),
        # What is no page of the gate, or not well formed, leads to the list.
        ("/open/alice-notebook?view=x", "/"),
        ("/open/alice-notebook?ticket=abc", "/open/alice-notebook"),
        ("/open/%2F%2Fevil.example", "/"),
    ],
)
def test_bookmarks_lead_to_the_domain(former: Harness, path: str, target: str) -> None:
    answer = former.browser.get(path)
    assert (answer.status, answer.location) == (302, f"{DOMAIN}{target}")
    assert answer.headers["cache-control"] == "no-store"


def test_a_person_signs_in_at_the_domain_and_opens_the_notebook(former: Harness) -> None:
    assert former.browser.get("/open/alice-notebook").location == f"{DOMAIN}/open/alice-notebook"
    former.browser.host = ""
    former.sign_in()
    assert TOKEN in former.browser.get("/open/alice-notebook").location


def test_scripts_with_an_id_token_or_a_signature_are_served(former: Harness) -> None:
    token = former.issuer.token(email="alice@example.com", email_verified=True)
    bearer = {"Authorization": f"Bearer {token}", **JSON}
    assert former.browser.get("/open/alice-notebook", headers=bearer).status == 200
    signed = former.browser.send("GET", "/iam/open/alice-notebook", headers=JSON, iam="arn:aws:iam::1:user/x")
    assert signed.status == 403  # answered: this caller has no grant
    assert former.browser.get("/health").status == 200


def test_forms_change_nothing_there(former: Harness) -> None:
    former.sign_in()
    former.browser.host = FORMER
    # Browsers do not send the cookies of the domain there.
    former.browser.cookies.clear()
    assert former.browser.post("/notebooks/alice-notebook/stop").status == 401


def test_slack_is_served(slack: Slack) -> None:
    slack.harness.configure(GATE_BASE_URL=DOMAIN)
    slack.harness.browser.host = FORMER
    body = slack.body("command")
    assert slack.post(body, slack.signed(body)).status == 200


def test_without_a_custom_domain_no_host_is_a_former_one(harness: Harness) -> None:
    harness.browser.host = "somewhere.example.com"
    assert "/login?next=" in harness.browser.get("/open/alice-notebook").location
