"""Signing out everywhere, over real sockets: one person, two browsers, a script and a link from Slack."""

from local.deployment import LocalDeployment
from testing.clock import Clock
from testing.environment import JSON
from testing.slack_user import run_command, ticket_path
from testing.user import TestUser

ALICE, OPEN = "alice@example.com", "/open/alice-notebook"


def _press(person: TestUser, everywhere: bool) -> int:
    ours = {"Sec-Fetch-Site": "same-origin"}
    return person.go("/logout", "POST", headers=ours, data={"everywhere": "1"} if everywhere else {}).status_code


def _outcome(person: TestUser, path: str = OPEN, **headers: str) -> str:
    answer = person.go(path, headers={**JSON, **headers})
    return str(answer.json().get("error", answer.status_code))


def test_signing_out_ends_only_the_session_of_this_browser(deployment: LocalDeployment) -> None:
    laptop, telephone = TestUser(deployment), TestUser(deployment)
    for person in (laptop, telephone):
        person.open("/", ALICE)
    assert _press(laptop, everywhere=False) == 200
    assert (_outcome(laptop), _outcome(telephone)) == ("not_signed_in", "200")


def test_signing_out_everywhere_ends_every_session_at_its_next_request(
    deployment: LocalDeployment, clock: Clock
) -> None:
    laptop, telephone, bob = TestUser(deployment), TestUser(deployment), TestUser(deployment)
    for person, email in ((laptop, ALICE), (telephone, ALICE), (bob, "bob@example.com")):
        assert person.open("/", email).status_code == 200
    token, path = TestUser(deployment).id_token(ALICE), ticket_path(deployment, run_command(deployment))
    assert _outcome(telephone) == "200"

    assert _press(laptop, everywhere=True) == 200

    for later in (0, 300, 7 * 3600):
        clock.ahead = later
        assert [_outcome(telephone, each) for each in (OPEN, "/", "/open", "/notebooks/alice-notebook")] == [
            "sign_in_ended"
        ] * 4
        assert _outcome(TestUser(deployment), Authorization=f"Bearer {token}") == "sign_in_ended"
    clock.ahead = 2
    assert _outcome(TestUser(deployment), path) == "sign_in_ended"
    assert _outcome(bob, "/open/bob-notebook") == "200"
    # The telephone gets a page that says so once, and signs in again.
    page = telephone.go(OPEN)
    assert (page.status_code, "Your sign-in was ended" in page.text) == (401, True)
    assert telephone.open(OPEN, ALICE).headers["Location"].startswith("http://alice-notebook.")
    assert _outcome(laptop) == "not_signed_in"
    (row,) = [
        item
        for item in deployment.operator("dynamodb").scan(TableName=deployment.template.table["TableName"])["Items"]
        if item["principal"]["S"].startswith("cutoff:")
    ]
    assert row["principal"]["S"] == f"cutoff:user:{ALICE}"
