"""Opening a notebook: a caller whose identity is proven gets a redirect to the notebook."""

import json

import pytest

from testing.aws import CHANGED, TOKEN, refusal
from testing.harness import Harness

ALICE_URL = f"https://alice-notebook.notebook.eu-west-1.sagemaker.aws?authToken={TOKEN}&view=lab"


def test_a_bookmark_leads_through_the_sign_in_to_the_notebook(harness: Harness) -> None:
    redirect = harness.browser.get("/open/alice-notebook")
    assert redirect.status == 302
    login = harness.browser.get(harness.browser.path_of(redirect.location))
    back = harness.issuer.sign_in(login.location, email="alice@example.com", email_verified=True)
    returned = harness.browser.get(f"/login/callback?code={back['code']}&state={back['state']}")
    assert (returned.status, returned.location) == (302, f"{harness.browser.base_url}/open/alice-notebook")
    answer = harness.browser.get(harness.browser.path_of(returned.location))
    assert (answer.status, answer.location) == (302, ALICE_URL)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_launch_role_is_assumed_for_the_caller_and_narrowed_to_the_notebook(harness: Harness) -> None:
    harness.sign_in()
    harness.browser.get("/open/alice-notebook")
    (assumed,) = harness.aws.called("assume_role")
    policy = json.loads(assumed.pop("Policy"))
    assert assumed == {
        "RoleArn": "arn:aws:iam::123456789012:role/launch",
        "RoleSessionName": "alice@example.com",
        "SourceIdentity": "alice@example.com",
        "DurationSeconds": 3600,
    }
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/alice-notebook"
    assert policy["Statement"][0] == {
        "Effect": "Allow",
        "Action": "sagemaker:CreatePresignedNotebookInstanceUrl",
        "Resource": arn,
        "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.7/32", "198.51.100.10/32"]}},
    }
    assert {statement["Resource"] for statement in policy["Statement"]} == {arn}
    (created,) = harness.aws.called("create_presigned_notebook_instance_url")
    assert created == {"NotebookInstanceName": "alice-notebook", "SessionExpirationDurationInSeconds": 7200}


def test_a_launch_reads_the_grants_assumes_the_role_and_creates_the_url(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.calls.clear()
    harness.browser.get("/open/alice-notebook")
    operations = [operation for operation, _ in harness.aws.calls]
    assert operations == ["batch_get_item", "assume_role", "create_presigned_notebook_instance_url"]


@pytest.mark.parametrize(
    ("query", "ends_in_lab"), [("", True), ("?view=lab", True), ("?view=classic", False), ("?view=", None)]
)
def test_the_view_of_the_grant_can_be_overridden(harness: Harness, query: str, ends_in_lab: bool | None) -> None:
    harness.sign_in()
    answer = harness.browser.get(f"/open/alice-notebook{query}")
    if ends_in_lab is None:
        assert (answer.status, "invalid_view" in answer.body) == (400, False)
    else:
        assert answer.location.endswith("&view=lab") is ends_in_lab


def test_open_opens_the_only_notebook(harness: Harness) -> None:
    harness.sign_in()
    assert harness.browser.get("/open").location == ALICE_URL


def test_open_lists_several_notebooks(harness: Harness) -> None:
    harness.sign_in("bob@example.com", groups=["data-science"])
    answer = harness.browser.get("/open")
    assert answer.status == 200
    assert "/prod/open/bob-notebook" in answer.body
    assert "/prod/open/shared-notebook" in answer.body
    assert "alice-notebook" not in answer.body
    listed = harness.browser.get("/open", headers={"Accept": "application/json"}).json["notebooks"]
    assert [entry["notebook"] for entry in listed] == ["bob-notebook", "shared-notebook"]


def test_open_opens_the_default_notebook(harness: Harness) -> None:
    harness.aws.grant("group:data-science", "shared-notebook", default=True)
    harness.sign_in("bob@example.com", groups=["data-science"])
    assert harness.browser.get("/open").location.startswith("https://shared-notebook.")
    assert not harness.browser.get("/open").location.endswith("view=lab")  # the grant says classic


def test_open_lists_the_notebooks_if_two_are_default(harness: Harness) -> None:
    harness.aws.grant("user:bob@example.com", "bob-notebook", default=True)
    harness.aws.grant("group:data-science", "shared-notebook", default=True)
    harness.sign_in("bob@example.com", groups=["data-science"])
    assert harness.browser.get("/open").status == 200


def test_the_start_page_works_without_notebooks(harness: Harness) -> None:
    harness.sign_in("carol@example.com")
    page = harness.browser.get("/")
    assert page.status == 200
    assert "no notebooks yet" in page.body
    assert "carol@example.com" in page.body


def test_nobody_is_allowed_anything_by_default(harness: Harness) -> None:
    harness.sign_in("carol@example.com")
    assert harness.browser.get("/open").status == 403
    refused = harness.browser.get("/open/alice-notebook")
    unknown = harness.browser.get("/open/no-such-notebook")
    assert refused.status == unknown.status == 403
    assert refused.body.replace("alice-notebook", "no-such-notebook") == unknown.body
    assert not harness.aws.called("assume_role")


def test_a_person_of_another_group_gets_nothing(harness: Harness) -> None:
    harness.sign_in("carol@example.com", groups=["data-science-x", "Data-Science", "user:bob@example.com"])
    assert harness.browser.get("/open/shared-notebook").status == 403
    assert harness.browser.get("/open/bob-notebook").status == 403


def test_json_clients_get_the_url_as_json(harness: Harness) -> None:
    harness.sign_in()
    answer = harness.browser.get("/open/alice-notebook", headers={"Accept": "application/json"})
    assert answer.json == {"authorized_url": ALICE_URL, "expires_in": 300}
    assert answer.headers["cache-control"] == "no-store"


def test_without_a_session_browsers_sign_in_and_json_clients_get_401(harness: Harness) -> None:
    assert harness.browser.get("/open/alice-notebook?view=classic").location == (
        f"{harness.browser.base_url}/login?next=%2Fopen%2Falice-notebook%3Fview%3Dclassic"
    )
    answer = harness.browser.get("/open/alice-notebook", headers={"Accept": "application/json"})
    assert answer.status == 401
    assert answer.json["error"] == "not_signed_in"
    assert answer.json["reference"] == "7f6d8c1e-93e5-4b1e-8f0a-6c2b9a1d4e5f"


@pytest.mark.parametrize(
    ("operation", "error", "state", "status", "reason"),
    [
        ("create_presigned_notebook_instance_url", None, "Stopped", 409, "notebook_stopped"),
        ("create_presigned_notebook_instance_url", None, "Pending", 202, "notebook_starting"),
        ("create_presigned_notebook_instance_url", None, "Stopping", 409, "notebook_stopping"),
        ("create_presigned_notebook_instance_url", None, "Failed", 409, "notebook_failed"),
        ("create_presigned_notebook_instance_url", None, "Updating", 409, "notebook_busy"),
        ("create_presigned_notebook_instance_url", None, None, 404, "notebook_missing"),
        ("create_presigned_notebook_instance_url", "ValidationException", "InService", 502, "aws_error"),
        ("create_presigned_notebook_instance_url", "ThrottlingException", "InService", 202, "in_line"),
        ("create_presigned_notebook_instance_url", "AccessDeniedException", "InService", 502, "aws_denied"),
        ("create_presigned_notebook_instance_url", "InternalFailure", "InService", 502, "aws_error"),
        ("assume_role", "AccessDenied", "InService", 503, "launch_role_denied"),
        ("assume_role", "Throttling", "InService", 202, "in_line"),
        ("batch_get_item", "ProvisionedThroughputExceededException", "InService", 503, "throttled"),
        ("batch_get_item", "ResourceNotFoundException", "InService", 502, "aws_error"),
    ],
)
def test_failures_of_aws_have_a_message_and_a_code(
    harness: Harness, operation: str, error: str | None, state: str | None, status: int, reason: str
) -> None:
    harness.sign_in()
    if state is None:
        del harness.aws.notebooks["alice-notebook"]
    else:
        harness.aws.notebooks["alice-notebook"] = state
    if error:
        harness.aws.errors[operation] = refusal(error)
    answer = harness.browser.get("/open/alice-notebook", headers={"Accept": "application/json"})
    assert (answer.status, answer.json["error"]) == (status, reason)
    assert "message of AWS" not in answer.body
    page = harness.browser.get("/open/alice-notebook")
    assert page.status == status
    assert "7f6d8c1e-93e5-4b1e-8f0a-6c2b9a1d4e5f" in page.body


def test_an_unexpected_failure_is_reported_without_its_text(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    harness.sign_in()
    harness.aws.errors["batch_get_item"] = RuntimeError("secret-in-a-message")
    answer = harness.browser.get("/open/alice-notebook")
    assert answer.status == 500
    assert "Something went wrong" in answer.body
    (record,) = [record for record in caplog.records if record.message == "unexpected"]
    assert vars(record)["error_type"] == "RuntimeError"
    assert "secret-in-a-message" not in caplog.text + str([vars(record) for record in caplog.records]) + answer.body


def test_the_state_is_returned_as_json(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    assert harness.browser.get("/notebooks/alice-notebook").json == {
        "notebook": "alice-notebook",
        "status": "stopped",
        "state": "Stopped",
        "instance_type": "ml.t3.medium",
        "changed": CHANGED.timestamp(),
        "failure": None,
    }
    assert harness.browser.get("/notebooks/bob-notebook").status == 403


def test_starting_and_stopping_need_a_session_power_and_a_page_of_the_gate(harness: Harness) -> None:
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    assert harness.browser.post("/notebooks/alice-notebook/start").status == 401
    harness.sign_in()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}):
        assert harness.browser.post("/notebooks/alice-notebook/start", headers=headers).status == 403
    assert harness.browser.send("POST", "/notebooks/alice-notebook/start").status == 403
    assert harness.aws.notebooks["alice-notebook"] == "Stopped"
    answer = harness.browser.post("/notebooks/alice-notebook/start")
    assert (answer.status, answer.location) == (303, f"{harness.browser.base_url}/open/alice-notebook")
    assert harness.aws.notebooks["alice-notebook"] == "Pending"
    assert harness.browser.post("/notebooks/alice-notebook/start").status == 303  # already starting
    harness.aws.notebooks["alice-notebook"] = "InService"
    assert harness.browser.post("/notebooks/alice-notebook/stop").status == 303
    assert harness.aws.notebooks["alice-notebook"] == "Stopping"


def test_a_grant_without_power_starts_nothing(harness: Harness) -> None:
    harness.sign_in("bob@example.com")
    harness.aws.notebooks["bob-notebook"] = "Stopped"
    assert harness.browser.post("/notebooks/bob-notebook/start").status == 403
    assert harness.browser.post("/notebooks/bob-notebook/stop").status == 403
    assert harness.aws.notebooks["bob-notebook"] == "Stopped"


def test_a_bearer_token_cannot_stop_a_notebook(harness: Harness) -> None:
    token = harness.issuer.token(email="alice@example.com", email_verified=True)
    answer = harness.browser.post("/notebooks/alice-notebook/stop", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 401


def test_an_unknown_address_is_a_404_page(harness: Harness) -> None:
    answer = harness.browser.get("/nothing/here")
    assert answer.status == 404
    assert "This page does not exist" in answer.body


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_slash_at_the_end_changes_nothing(harness: Harness, slash: str) -> None:
    refused = harness.browser.get(f"/open{slash}")
    assert refused.location.endswith("/login?next=%2Fopen")
    harness.sign_in()
    for path in ("/open", "/open/alice-notebook"):
        assert harness.browser.get(path + slash).location.startswith("https://alice-notebook.notebook.")
