"""Of several grants for one notebook, a person has the union: everything that one grant gives, and nothing else."""

import datetime
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.launch.kinds.kind import Arns
from gate.launch.kinds.notebook_instance import OPEN, START, STOP, NotebookInstance
from gate.launch.policy import session_policy
from gate.values.grant import Grant, union
from gate.values.notebook import Notebook
from testing.harness import Harness

NOW, HOUR = 1_800_000_000, 3600
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/n"
ARNS = Arns((ARN,), (ARN,))
POWERS = ["none", "start", "start-stop", "auto-start"]
ENDS = [None, NOW + 1, NOW + HOUR, NOW + 9 * HOUR]
GIVES = {
    OPEN: lambda _: True,
    START: lambda grant: grant.may_start,
    STOP: lambda grant: grant.may_stop,
}


@st.composite
def grants(draw: st.DrawFn) -> list[Grant]:
    names = draw(st.lists(st.sampled_from(["user:a", "slack:T1/U1", "group:x", "group:y"]), min_size=1, unique=True))
    return [
        Grant(
            name,
            Notebook("n"),
            draw(st.sampled_from([1800, 7200, 43_200])),
            draw(st.sampled_from([None, "lab", "classic"])),
            draw(st.sampled_from(POWERS)),  # type: ignore[arg-type]
            draw(st.sampled_from(ENDS)),
            draw(st.booleans()),
            draw(st.booleans()),
            draw(st.sampled_from(["", "r"])),
            draw(st.sampled_from(["", "Churn lab", "Shared"])),
        )
        for name in names
    ]


def _allowed(policy: str, action: str, moment: int) -> bool:
    """Evaluate a session policy of the gate at `moment`."""
    now = datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    effects = set()
    for statement in json.loads(policy)["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        dates: dict[str, str] = statement.get("Condition", {}).get("DateGreaterThanEquals", {})
        if (action in actions or "*" in actions) and all(now >= date for date in dates.values()):
            effects.add(statement["Effect"])
    return effects == {"Allow"}


def _gives(grant: Grant, action: str, moment: int) -> bool:
    return GIVES[action](grant) and (grant.until is None or moment < grant.until)


@given(grants(), st.randoms())
def test_the_union_gives_the_most_of_each_grant_in_any_order(given: list[Grant], random: Any) -> None:
    together = union(given)
    assert POWERS.index(together.power) == max(POWERS.index(each.power) for each in given)
    assert together.session == max(each.session for each in given)
    assert together.until == (
        None if any(each.until is None for each in given) else max(each.until or 0 for each in given)
    )
    assert together.default == any(each.default for each in given)
    assert together.owner == any(each.owner for each in given)
    titles = {each.title for each in given if each.title}
    own = {each.title for each in given if not each.request_id and not each.principal.startswith("group:")} - {""}
    assert together.title in (own or titles or {""})
    assert (together.request_id == "") == any(each.request_id == "" for each in given)
    assert sorted(map(str, together.parts)) == sorted(map(str, given))
    assert union(random.sample(given, len(given))) == together
    if len(given) > 1:
        assert union([union(given[:-1]), given[-1]]) == together


@given(grants(), st.sampled_from([*(end for end in ENDS if end), NOW, NOW + HOUR - 1, NOW + 99 * HOUR]))
def test_credentials_give_at_every_moment_what_one_grant_gives(given: list[Grant], moment: int) -> None:
    """Also long after they were made: by cached clients, and by an open notebook."""
    together = union(given)
    for action in (OPEN, START, STOP):
        honest = any(_gives(each, action, moment) for each in given)
        assert not _allowed(session_policy(NotebookInstance(), ARNS, together, None), action, moment) or honest
        for part, does in (
            (START, together.may_start),
            (STOP, together.may_stop),
        ):
            if does:
                policy = session_policy(
                    NotebookInstance(), ARNS, together.starting if part == START else together.stopping, None
                )
                assert not _allowed(policy, action, moment) or honest
                # And no less, while the action is the one that they are made for.
                assert action != part or _allowed(policy, action, moment) == honest
        if action == OPEN:
            assert _allowed(session_policy(NotebookInstance(), ARNS, together, None), action, moment) == honest


def test_the_view_is_the_persons_own_before_a_groups_and_a_request_has_none() -> None:
    group, own = Grant("group:x", Notebook("n"), 1800, view="classic"), Grant("user:a", Notebook("n"), 1800)
    assert union([own, group]).view == "classic"
    assert union([group, replace(own, request_id="r")]).view == "classic"
    assert union([group, replace(own, view="lab")]).view == "lab"


@pytest.fixture
def requested(harness: Harness) -> Harness:
    """Alice's group has `start` without an end; an approved request gives her `auto-start` for an hour."""
    harness.aws.table.clear()
    harness.aws.grant("group:leads", "bob-notebook", power="start", session=7200, view="classic", default=True)
    end = int(harness.clock()) + HOUR
    harness.aws.grant("user:alice@example.com", "bob-notebook", power="auto-start", until=end, request_id="r")
    harness.sign_in(groups=["leads"])
    return harness


def test_a_requested_grant_takes_nothing_away(requested: Harness) -> None:
    requested.aws.notebooks["bob-notebook"] = "InService"
    assert requested.browser.get("/open").location.startswith("https://bob-notebook.")
    assert "view=lab" not in requested.browser.get("/open/bob-notebook").location
    (policy,) = (each["Policy"] for each in requested.aws.called("assume_role"))
    assert "aws:CurrentTime" not in policy
    assert "StartNotebookInstance" in policy
    assert "StopNotebookInstance" not in policy
    assert (
        requested.aws.called("create_presigned_notebook_instance_url")[0]["SessionExpirationDurationInSeconds"] == 7200
    )


def test_power_ends_with_its_own_grant(requested: Harness) -> None:
    requested.aws.notebooks["bob-notebook"] = "InService"
    assert requested.browser.post("/notebooks/bob-notebook/stop").status == 303
    (policy,) = (each["Policy"] for each in requested.aws.called("assume_role"))
    end = int(requested.clock()) + HOUR
    assert _allowed(policy, STOP, end - 1)
    assert not _allowed(policy, STOP, end)
    requested.clock.now += HOUR
    requested.aws.notebooks["bob-notebook"] = "InService"
    assert requested.browser.post("/notebooks/bob-notebook/stop").status == 403
    assert requested.browser.get("/open/bob-notebook").status == 302
    requested.aws.notebooks["bob-notebook"] = "Stopped"
    assert requested.browser.get("/open/bob-notebook").status == 409  # no auto-start any more
    assert requested.browser.post("/notebooks/bob-notebook/start").status == 303
