"""Malformed rows of the grants table: what they grant, and what operators learn about them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.store.grant_row import MAX_EPOCH_SECONDS, MAX_SESSION, read
from gate.web.responses import load_pages
from testing.environment import JSON
from testing.harness import Harness
from testing.rows import NAMES, VALUES
from testing.slack import TEAM, Slack

URL = "create_presigned_notebook_instance_url"

INVALID_NUMBERS: list[dict[str, Any]] = [
    {"S": "2026-12-31"}, {"S": "1800000000"}, {"NULL": True}, {"BOOL": True}, {"N": "3600.5"}, {"N": "-1"},
    {"N": "9.9E+125"}, {"L": []}, {"M": {"N": {"N": "3600"}}}, {"NS": ["3600"]}, {"B": b"3600"},
]  # fmt: skip
MALFORMED = [
    *[{"until": value} for value in [*INVALID_NUMBERS, {"N": "1798675200000"}, {"N": str(MAX_EPOCH_SECONDS + 1)}]],
    *[{"session": value} for value in [*INVALID_NUMBERS, {"N": "0"}, {"N": "3600000"}, {"N": str(MAX_SESSION + 1)}]],
]


@pytest.mark.parametrize("attributes", MALFORMED, ids=str)
@pytest.mark.parametrize("principal", ["user:alice@example.com", "group:data-science"])
def test_a_malformed_row_grants_nothing_and_does_not_affect_other_rows(
    harness: Harness, principal: str, attributes: dict[str, Any]
) -> None:
    harness.aws.grant(principal, "third-notebook", **attributes)
    harness.aws.notebooks["third-notebook"] = "InService"
    harness.sign_in(groups=["data-science"])
    refused = harness.browser.get("/open/third-notebook", headers=JSON)
    assert (refused.status, refused.json["error"]) == (403, "not_granted")
    assert harness.browser.get("/open/alice-notebook").status == 302
    assert harness.browser.get("/open/shared-notebook").status == 302
    assert harness.browser.get("/").status == 200
    listed = harness.browser.get("/", headers=JSON).json["notebooks"]
    assert [each["notebook"] for each in listed] == ["alice-notebook", "shared-notebook"]


@pytest.mark.parametrize("principal", ["user:alice@example.com", "group:data-science"])
def test_a_malformed_row_does_not_affect_other_grants_of_the_same_notebook(harness: Harness, principal: str) -> None:
    harness.aws.grant(principal, "shared-notebook", until={"S": "soon"})
    harness.sign_in(groups=["data-science", "others"])
    harness.aws.grant("group:others", "shared-notebook", session=5000)
    assert harness.browser.get("/open/shared-notebook").status == 302


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [({"N": "3.6E3"}, 3600), ({"N": "1E+4"}, 10_000), ({"N": "7200.0"}, 7200), ({"N": "43200"}, 43_200)],
)
def test_every_number_format_of_dynamodb_is_accepted(
    harness: Harness, attributes: dict[str, str], seconds: int
) -> None:
    until = {"N": f"{MAX_EPOCH_SECONDS}.00"}
    harness.aws.grant("user:alice@example.com", "alice-notebook", session=attributes, until=until)
    harness.sign_in()
    assert harness.browser.get("/open/alice-notebook").status == 302
    assert harness.aws.called(URL)[-1]["SessionExpirationDurationInSeconds"] == seconds
    assert "9999-12-31 23:59 UTC</time></p>" in harness.browser.get("/").body


@pytest.mark.parametrize("value", [{"S": "everything"}, {"N": "1"}, {"NULL": True}, {"SS": ["start-stop"]}], ids=str)
def test_other_malformed_attributes_give_the_least(harness: Harness, value: dict[str, Any]) -> None:
    harness.aws.grant("user:alice@example.com", "alice-notebook", power=value, view=value, default=value)
    harness.aws.grant("user:alice@example.com", "bob-notebook")
    harness.sign_in()
    assert harness.browser.get("/open/alice-notebook").location.endswith("&view=lab")
    assert harness.browser.post("/notebooks/alice-notebook/stop").status == 403
    assert harness.browser.get("/open").status == 200  # the list, because there is no default


def _logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, ...]]:
    found = [vars(record) for record in caplog.records if record.msg == "malformed grant"]
    assert "value-of-until" not in str(found)
    return [(each["principal"], each["notebook"], *each["attributes"]) for each in found]


def test_a_malformed_row_is_logged_by_its_key_and_counted(
    harness: Harness, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    harness.sign_in()
    harness.aws.grant("user:alice@example.com", "third", until={"S": "value-of-until"}, session={"N": "-7"})
    harness.aws.grant("user:alice@example.com", "not_a_name")
    for _ in range(2):
        caplog.clear()
        capsys.readouterr()
        assert harness.browser.get("/").status == 200
        assert _logged(caplog) == [
            ("user:alice@example.com", "not_a_name", "notebook"),
            ("user:alice@example.com", "third", "session", "until"),
        ]
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
        assert [sum(line["MalformedGrants"]) for line in lines] == [2]
        assert "value-of-until" not in json.dumps(lines)


def test_a_malformed_row_that_is_read_twice_is_logged_once(slack: Slack, caplog: pytest.LogCaptureFixture) -> None:
    slack.harness.aws.grant("user:alice@example.com", "alice-notebook", until={"NULL": True})
    slack.harness.aws.grant(f"slack:{TEAM}/U0ALICE", "alice-notebook", power="start-stop")
    assert "Stopping" in slack.ask("press", action_id="stop").text
    # The button reads the row of the notebook. The answer reads all rows.
    assert [len(slack.harness.aws.called(call)) for call in ("batch_get_item", "execute_statement")] == [1, 1]
    assert _logged(caplog) == [("user:alice@example.com", "alice-notebook", "until")]


@given(attributes=st.dictionaries(st.sampled_from(NAMES), VALUES), notebook=st.text(min_size=1, max_size=30))
def test_no_row_raises_and_a_malformed_end_is_never_ignored(attributes: dict[str, Any], notebook: str) -> None:
    row = read({"principal": {"S": "user:a@example.com"}, "notebook": {"S": notebook}, **attributes})
    assert row.session is None or 1 <= row.session <= MAX_SESSION
    assert row.until is None or 0 <= row.until <= MAX_EPOCH_SECONDS
    for name in ("session", "until"):
        assert (getattr(row, name) is None) == (name not in attributes or name in row.unreadable)


@given(seconds=st.floats() | st.integers(-(10**30), 10**30))
def test_a_page_can_show_any_time(seconds: float) -> None:
    environment, _ = load_pages()
    assert environment.filters["date_time"](seconds)
