"""The principals and lengths in `requests`: an error names what to write."""

from typing import Any

import pytest

from infra.settings import Settings
from infra.settings_errors import SettingsError
from tests.infra.examples import MINIMAL


@pytest.mark.parametrize(
    ("approver", "mend"),
    [
        ("user:Bob@Example.COM", "is nobody's name in this spelling; write 'user:bob@example.com'"),
        ("group:Cafe\u0301", "is nobody's name in this spelling; write 'group:Caf\u00e9'"),
        ("bob@example.com", "cannot approve; write user:<e-mail>, group:<name> or slack:<team>/<user>"),
        ("slack:bob", "cannot approve; write user:<e-mail>, group:<name> or slack:<team>/<user>"),
        ("iam:arn:aws:iam::123456789012:role/Admin", "cannot approve; write user:<e-mail>"),
    ],
)
def test_an_approver_in_another_form_is_an_error_with_the_form_to_write(approver: str, mend: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**MINIMAL, "requests": {"approvers": {approver: ["*"]}}})
    (line,) = str(caught.value).splitlines()
    assert line.startswith("settings: requests.approvers")
    assert mend in line


@pytest.mark.parametrize("setting", ["eligible", "automatic"])
@pytest.mark.parametrize(
    ("principals", "mend"),
    [
        ({"user:Bob@Example.COM": ["*"]}, "is nobody's name in this spelling; write 'user:bob@example.com'"),
        ({"bob@example.com": ["*"]}, "cannot ask; write user:<e-mail>, group:<name> or slack:<team>/<user>"),
        ({"iam:arn:aws:iam::123456789012:role/Admin": ["*"]}, "cannot ask; write user:<e-mail>"),
        ({"user:bob@example.com": []}, "lists no notebooks for 'user:bob@example.com'"),
        ({"user:bob@example.com": ["a b"]}, "is not a pattern of notebook names"),
    ],
)
def test_who_may_ask_is_named_like_an_approver(setting: str, principals: dict[str, list[str]], mend: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**MINIMAL, "requests": {"approvers": {"group:ml": ["*"]}, setting: principals}})
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"settings: requests.{setting}")
    assert mend in line


@pytest.mark.parametrize("setting", ["eligible", "automatic"])
def test_nobody_is_named_where_nobody_can_ask(setting: str) -> None:
    with pytest.raises(SettingsError, match=r"has no effect while requests\.approvers is empty"):
        Settings.parse({**MINIMAL, "requests": {setting: {"group:ml": ["*"]}}})


@pytest.mark.parametrize(
    ("lengths", "mend"),
    [
        ({"automatic_longest": 899}, "greater than or equal to 900"),
        ({"automatic_longest": 604_801}, "is longer than requests.longest, which is 604800"),
        (
            {"automatic_longest": 3_599},
            "is shorter than each of requests.choices, which are [3600, 28800, 86400, 6048",
        ),
        ({"longest": 1_800, "choices": [900]}, "is longer than requests.longest, which is 1800"),
        ({"choices": [7_200]}, "is shorter than each of requests.choices, which are [7200]"),
        ({"automatic": {}, "automatic_longest": 7_200}, "has no effect while requests.automatic is empty"),
    ],
)
def test_a_length_that_would_allow_nothing_or_too_much_is_an_error(lengths: dict[str, Any], mend: str) -> None:
    requests = {"approvers": {"group:ml": ["*"]}, "automatic": {"group:ml": ["*"]}, **lengths}
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**MINIMAL, "requests": requests})
    (line,) = str(caught.value).splitlines()
    assert line.startswith("settings: requests.automatic_longest")
    assert mend in line


def test_without_automatic_requests_every_longest_length_is_possible() -> None:
    requests = {"approvers": {"group:ml": ["*"]}, "longest": 1_800, "choices": [900]}
    assert Settings.parse({**MINIMAL, "requests": requests}).requests.automatic_longest == 3_600


@pytest.mark.parametrize(
    ("groups", "slack", "mend"),
    [
        ({"group:ml": "S0123ABCDEF"}, {"teams": ["T0123ABCDEF"]}, "write it without group:"),
        ({"": "S0123ABCDEF"}, {"teams": ["T0123ABCDEF"]}, "is not the name of a group"),
        ({"ml": "ml-leads"}, {"teams": ["T0123ABCDEF"]}, "is not the id of a Slack user group"),
        ({"ml": "S0123ABCDEF"}, {}, "has slack_groups, but slack.teams is empty; set slack.teams"),
    ],
)
def test_a_slack_user_group_stands_for_a_group(groups: dict[str, str], slack: dict[str, Any], mend: str) -> None:
    requests = {"approvers": {"group:ml": ["*"]}, "slack_groups": groups}
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**MINIMAL, "requests": requests, "slack": slack})
    (line,) = str(caught.value).splitlines()
    assert mend in line


def test_requests_stay_at_least_as_long_as_access_lasts() -> None:
    requests = {"approvers": {"group:ml": ["*"]}, "keep_days": 7}
    Settings.parse({**MINIMAL, "requests": requests})
    with pytest.raises(SettingsError, match=r"requests\.keep_days = 7 is shorter than"):
        Settings.parse({**MINIMAL, "requests": {**requests, "longest": 604_801}})
