"""The list of a caller's notebooks: its calls to AWS, the session policies, and the states if a call fails."""

import threading
from typing import Any

import pytest

from gate.platform.deadline import RESERVE, request_deadline
from testing.aws import refusal
from testing.environment import JSON
from testing.harness import Harness
from testing.slack import Slack
from tests.unit.launch.described import described_arns

REMOTE, OTHER_REGION = "210987654321/eu-central-1", "123456789012/us-east-1"


def _give(harness: Harness, number: int, location: str = "", person: str = "alice@example.com") -> list[str]:
    """Replace all grants by `number` grants of `person`, and return the names of their notebooks."""
    harness.aws.table.clear()
    return _give_more(harness, number, location, person)


def _give_more(harness: Harness, number: int, location: str, person: str = "alice@example.com") -> list[str]:
    prefix = f"{location}/" if location else ""
    names = [f"{location.rpartition('/')[2] or 'home'}-{each:02}" for each in range(number)]
    for name in names:
        harness.aws.notebooks[name] = "InService"
        harness.aws.grant(f"user:{person}", f"{prefix}{name}", power="start-stop")
    return names


def _states(harness: Harness) -> dict[str, str | None]:
    response = harness.browser.get("/", headers=JSON)
    assert response.status == 200
    return {each["notebook"].rpartition("/")[2]: each["state"] for each in response.json["notebooks"]}


def _calls(harness: Harness, path: str) -> dict[str, int]:
    """Return how often the request to `path` calls each operation of STS and SageMaker."""
    harness.aws.calls.clear()
    assert harness.browser.get(path).status == 200
    return _counts(harness)


def _counts(harness: Harness) -> dict[str, int]:
    names = [name for name, _ in harness.aws.calls if name.endswith(("_role", "_instance", "_url"))]
    return {name: names.count(name) for name in names}


@pytest.mark.parametrize("path", ["/", "/open"])
def test_twenty_notebooks_are_one_session_and_the_next_look_needs_none(harness: Harness, path: str) -> None:
    _give(harness, 20)
    harness.sign_in()
    assert _calls(harness, path) == {"assume_role": 1, "describe_notebook_instance": 20}
    assert _calls(harness, path) == {"describe_notebook_instance": 20}
    assert set(_states(harness).values()) == {"InService"}


def test_slack_uses_one_session_for_all_notebooks(slack: Slack) -> None:
    harness = slack.harness
    _give(harness, 20)
    harness.aws.calls.clear()
    slack.ask()
    assert _counts(harness) == {"assume_role": 1, "describe_notebook_instance": 20}
    (assumed,) = harness.aws.called("assume_role")
    assert len(described_arns(assumed["Policy"])) == 20


def test_the_session_describes_exactly_the_callers_notebooks(harness: Harness) -> None:
    _give(harness, 5, person="bob@example.com")
    names = ["Mine", "also-mine"]
    for name in names:
        harness.aws.grant("user:alice@example.com", name)
    harness.sign_in()
    harness.browser.get("/")
    (assumed,) = harness.aws.called("assume_role")
    assert assumed["RoleArn"] == "arn:aws:iam::123456789012:role/launch"
    assert assumed["RoleSessionName"] == assumed["SourceIdentity"] == "alice@example.com"
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/"
    assert described_arns(assumed["Policy"]) == [f"{arn}also-mine", f"{arn}mine"]


def test_notebooks_that_do_not_fit_into_one_policy_have_more_sessions(harness: Harness) -> None:
    _give(harness, 80)
    harness.sign_in()
    calls = _calls(harness, "/")
    policies = [call["Policy"] for call in harness.aws.called("assume_role")]
    assert calls == {"assume_role": len(policies), "describe_notebook_instance": 80}
    assert 3 <= len(policies) <= 4
    assert sorted(arn for policy in policies for arn in described_arns(policy)) == [
        f"arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/home-{each:02}" for each in range(80)
    ]
    assert _calls(harness, "/") == {"describe_notebook_instance": 80}


def test_each_location_has_its_own_session(harness: Harness) -> None:
    harness.configure(
        GATE_REMOTE_LOCATIONS=f"{REMOTE},{OTHER_REGION}", GATE_REMOTE_ROLE="gate-launch", GATE_EXTERNAL_ID="x-42"
    )
    _give(harness, 3)
    _give_more(harness, 3, REMOTE)
    _give_more(harness, 3, OTHER_REGION)
    _give_more(harness, 1, "999999999999/eu-west-2")  # not in the settings
    harness.sign_in()
    assert _calls(harness, "/") == {"assume_role": 3, "describe_notebook_instance": 9}
    own = "arn:aws:iam::123456789012:role/launch"
    found = {
        (call["RoleArn"], call.get("ExternalId"), *{arn.rpartition("/")[0] for arn in described_arns(call["Policy"])})
        for call in harness.aws.called("assume_role")
    }
    assert found == {
        (own, None, "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance"),
        (own, None, "arn:aws:sagemaker:us-east-1:123456789012:notebook-instance"),
        (
            "arn:aws:iam::210987654321:role/gate-launch",
            "x-42",
            "arn:aws:sagemaker:eu-central-1:210987654321:notebook-instance",
        ),
    }
    assert sorted(harness.aws.regions) == ["eu-central-1", "eu-west-1", "us-east-1"]
    states = _states(harness)
    assert states.pop("eu-west-2-00") is None
    assert list(states.values()) == ["InService"] * 9


def test_a_session_is_kept_for_one_caller_and_their_present_notebooks(harness: Harness) -> None:
    def assumed() -> int:
        return _calls(harness, "/").get("assume_role", 0)

    _give(harness, 3)
    harness.aws.grant("user:bob@example.com", "home-00")
    harness.sign_in()
    assert [assumed(), assumed()] == [1, 0]
    harness.browser.address = "203.0.113.8"  # describing does not depend on the address
    assert assumed() == 0
    harness.clock.now += 3001
    assert [assumed(), assumed()] == [1, 0]
    harness.aws.table.remove("user:alice@example.com", "home-00")
    assert [assumed(), assumed()] == [1, 0]
    harness.browser.cookies.clear()
    harness.sign_in("bob@example.com")
    assert assumed() == 1
    (bobs,) = [call for call in harness.aws.called("assume_role") if call["RoleSessionName"] == "bob@example.com"]
    assert [arn.rpartition("/")[2] for arn in described_arns(bobs["Policy"])] == ["home-00"]


def test_all_notebooks_of_a_caller_take_one_row_of_the_cache(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.launch.role_sessions.MAX_CLIENTS", 1)
    _give(harness, 20)
    harness.sign_in()
    harness.browser.get("/")
    assert _calls(harness, "/") == {"describe_notebook_instance": 20}


@pytest.mark.parametrize("code", ["ValidationException", "ThrottlingException", "AccessDeniedException", "Internal"])
def test_a_notebook_that_cannot_be_described_leaves_the_others(harness: Harness, code: str) -> None:
    def fail(arguments: dict[str, Any]) -> None:
        if arguments["NotebookInstanceName"] == "home-07":
            raise refusal(code)

    names = _give(harness, 20)
    harness.sign_in()
    harness.aws.before["describe_notebook_instance"] = fail
    for _ in range(2):
        assert _states(harness) == {name: None if name == "home-07" else "InService" for name in names}


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "PackedPolicyTooLarge", "ExpiredToken"])
def test_without_a_session_all_states_are_unknown_and_the_page_answers(
    harness: Harness, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    names = _give(harness, 20)
    harness.sign_in()
    harness.aws.errors["assume_role"] = refusal(code)
    capsys.readouterr()
    assert _states(harness) == dict.fromkeys(names)
    # A denied role may be too new.
    assert _counts(harness) == {"assume_role": 4 if code == "AccessDenied" else 1}
    assert ('"Throttles":[1.0]' in capsys.readouterr().out) == (code == "Throttling")
    page = harness.browser.get("/").body
    assert page.count("is unknown right now") == 20
    del harness.aws.errors["assume_role"]
    assert set(_states(harness).values()) == {"InService"}


def test_a_location_whose_role_cannot_be_assumed_leaves_the_others(harness: Harness) -> None:
    def fail(arguments: dict[str, Any]) -> None:
        if "210987654321" in arguments["RoleArn"]:
            raise refusal("AccessDenied")

    harness.configure(GATE_REMOTE_LOCATIONS=REMOTE, GATE_REMOTE_ROLE="gate-launch", GATE_EXTERNAL_ID="x-42")
    here, remote = _give(harness, 3), _give_more(harness, 3, REMOTE)
    harness.sign_in()
    harness.aws.before["assume_role"] = fail
    assert _states(harness) == {**dict.fromkeys(here, "InService"), **dict.fromkeys(remote)}


def test_a_session_that_takes_too_long_does_not_delay_the_page(harness: Harness) -> None:
    answered = threading.Event()
    _give(harness, 20)
    harness.sign_in()
    harness.aws.before["assume_role"] = lambda _: answered.wait(60)  # type: ignore[assignment]
    with pytest.MonkeyPatch.context() as patch:
        # The request has no time left when the notebooks are to be described.
        patch.setattr("gate.launch.statuses.DESCRIBE_TIMEOUT", 120)
        patch.setattr("gate.routes.dispatch.request_deadline", lambda _, **__: request_deadline(RESERVE * 1000))
        response = harness.browser.get("/", headers=JSON)
    answered.set()
    assert response.status == 200
    assert [each["state"] for each in response.json["notebooks"]] == [None] * 20
