"""Whoever asks, decides, gives and revokes, in whatever order: a grant comes only from people who may give it.

The model below knows the rules on its own. It does not use those of the code.
"""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gate.access_requests.access_request import AccessRequest
from gate.store.table import key_of
from gate.values.caller import Caller
from gate.values.errors.base import GateError
from gate.values.notebook import Notebook
from testing.asking import access_requests
from testing.aws import FakeAws
from testing.grants_table import open_table
from tests.unit.access_requests.scenario import DAY, GROUPS, HOUR, NAMED, NOTEBOOKS, PEOPLE, RULES, check_references

people, notebooks, lengths = st.sampled_from(PEOPLE), st.sampled_from(NOTEBOOKS), st.sampled_from([HOUR, 8 * HOUR])


class Machine(RuleBasedStateMachine):
    """Drives the requests of a deployment, and keeps what must be true in plain dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_800_000_000.0
        self.aws = FakeAws()
        self.requests = access_requests(open_table(self.aws.client("dynamodb"), lambda: self.now), RULES)
        self.groups: dict[str, tuple[str, float]] = {}
        """Each person's group, and when a sign-in proved it."""
        self.cutoff: dict[str, float] = {}
        self.owners: set[tuple[str, str]] = set()
        self.operator_grants: dict[tuple[str, str], dict[str, Any]] = {}
        self.asked: dict[str, tuple[str, str, float, float]] = {}
        """By id: who asked, for what, when, and when that sign-in was proved."""
        self.approvals: dict[str, list[tuple[str, int, float, list[str]]]] = {}
        """By id: who approved, for how long, when, and the principals that could give them the right."""
        self.ended: set[str] = set()
        self.decided: dict[str, str] = {}
        self.until: dict[str, float] = {}
        self.ends: dict[tuple[str, str], float] = {}
        """By person and notebook: the end of the requested grant that is there."""
        self.counts: dict[tuple[str, int], int] = {}

    def _caller(self, who: str) -> Caller:
        group, proven = self.groups.get(who, ("", self.now))
        return Caller(who, (group,) if group else (), "session", "203.0.113.7", proven)

    def _may_decide(self, who: str, request_id: str) -> bool:
        requester, notebook, at, proven = self.asked[request_id]
        caller = self._caller(who)
        if requester == who or requester.partition(":")[0] != who.partition(":")[0]:
            return False
        if caller.proven_at < self.cutoff.get(who, 0) or proven < self.cutoff.get(requester, 0):
            return False
        if request_id in self.decided or self.now >= at + DAY or request_id in self.ended:
            return False
        names = [who, *(f"group:{group}" for group in caller.groups)]
        fresh = self.now - caller.proven_at <= 900
        return any(not name.startswith("group:") or fresh for name in self._rights(names, notebook))

    def _rights(self, names: list[str], notebook: str) -> list[str]:
        named = {**NAMED, "group:leads": NOTEBOOKS}
        return [name for name in names if (name, notebook) in self.owners or notebook in named.get(name, [])]

    def _is_allowed_at_once(self, who: str, notebook: str, seconds: int) -> bool:
        """Whether the rule allows the request. One by a group needs a sign-in of the last 15 minutes."""
        if notebook.startswith("prod-") or seconds > HOUR:
            return False
        caller = self._caller(who)
        return who == "slack:T1/U2" or (caller.groups == ("ops",) and self.now - caller.proven_at <= 900)

    @rule(who=people, notebook=notebooks, seconds=lengths, proven=st.booleans())
    def ask(self, who: str, notebook: str, seconds: int, proven: bool) -> None:
        """Ask for a notebook."""
        caller = self._caller(who)
        try:
            made = self.requests.ask(caller, Notebook(notebook), reason="r", seconds=seconds, proven=proven)
        except GateError:
            return
        assert (who, notebook) != ("user:cat", "prod-a") or "ops" in caller.groups
        at_once = self._is_allowed_at_once(who, notebook, seconds)
        assert proven or not at_once
        assert at_once == (made.decision == "allowed")
        if made.id not in self.asked:
            day = int(self.now // DAY)
            self.counts[who, day] = self.counts.get((who, day), 0) + 1
            for other, (requester, wanted, _, _) in self.asked.items():
                if (requester, wanted) == (who, notebook):
                    self.ended.add(other)
            self.asked[made.id] = (who, notebook, self.now, int(self._caller(who).proven_at))
            self.approvals[made.id] = []
            if at_once:
                self.approvals[made.id] = [("rule:requests.automatic", seconds, int(self.now), [])]
                self._note_allowed(made)

    @rule(number=st.integers(0, 30), late=st.booleans())
    def ask_again(self, number: int, late: bool) -> None:
        """Ask for the same notebook as in an earlier request, at once or after a day, and press its old button."""
        if not self.asked:
            return
        request_id = list(self.asked)[number % len(self.asked)]
        who, notebook, _, _ = self.asked[request_id]
        self.now += DAY if late else 0
        self.decide("user:ann", number, HOUR)
        self.ask(who, notebook, HOUR, proven=True)
        self.decide("user:ann", number, HOUR)

    @rule(who=people, number=st.integers(0, 30), seconds=st.one_of(st.none(), lengths, st.just(90 * DAY)))
    def decide(self, who: str, number: int, seconds: int | None) -> None:
        """Press a button of any request, also of an old one."""
        if not self.asked:
            return
        request_id = list(self.asked)[number % len(self.asked)]
        may = self._may_decide(who, request_id)
        try:
            result = self.requests.decide(self._caller(who), request_id, seconds=seconds)
        except GateError:
            return
        assert may, f"{who} decided on a request of {self.asked[request_id]}"
        self._note(who, request_id, seconds, result)

    @rule(who=people, number=st.integers(0, 30))
    def withdraw(self, who: str, number: int) -> None:
        """Withdraw any request, also one of somebody else or an old one."""
        if not self.asked:
            return
        request_id = list(self.asked)[number % len(self.asked)]
        requester, _, at, proven = self.asked[request_id]
        caller = self._caller(who)
        is_open = request_id not in self.decided and request_id not in self.ended and self.now < at + DAY
        valid = min(proven, caller.proven_at) >= self.cutoff.get(requester, 0)
        try:
            self.requests.withdraw(caller, request_id)
        except GateError:
            return
        assert who == requester, f"{who} withdrew a request of {requester}"
        assert is_open
        assert valid
        self.decided[request_id] = "withdrawn"

    @rule(number=st.integers(0, 30), seconds=st.one_of(st.none(), lengths))
    def decide_as_operator(self, number: int, seconds: int | None) -> None:
        """Decide with the credentials of AWS."""
        if not self.asked:
            return
        request_id = list(self.asked)[number % len(self.asked)]
        try:
            result = self.requests.decide_as_operator("arn:aws:iam::1:user/op", request_id, seconds=seconds)
        except GateError:
            return
        self._note("iam:arn:aws:iam::1:user/op", request_id, seconds, result)

    def _note(self, who: str, request_id: str, seconds: int | None, result: AccessRequest) -> None:
        assert request_id not in self.decided
        if seconds is None:
            self.decided[request_id] = "denied"
            return
        assert seconds in RULES.durations
        notebook = self.asked[request_id][1]
        valid = [each for each in self.approvals[request_id] if self._is_valid(each, notebook)]
        assert who not in [each[0] for each in valid]
        by = [who, *self._rights([f"group:{group}" for group in self._caller(who).groups], notebook)]
        self.approvals[request_id] = [*valid, (who, seconds, int(self.now), by)]
        needed = 2 if notebook.startswith("prod-") else 1
        assert (result.decision == "allowed") == (len(self.approvals[request_id]) >= needed)
        if result.decision:
            self._note_allowed(result)

    def _note_allowed(self, result: AccessRequest) -> None:
        key = self.asked[result.id][:2]
        self.decided[result.id] = "allowed"
        end = self.until[result.id] = int(self.now) + min(each[1] for each in self.approvals[result.id])
        assert result.until == max(end, self.ends.get(key, 0))
        self.ends[key] = result.until

    def _is_valid(self, approval: tuple[str, int, float, list[str]], notebook: str) -> bool:
        may = approval[0].startswith("iam:") or bool(self._rights(approval[3], notebook))
        return may and approval[2] >= self.cutoff.get(approval[0], 0)

    @rule(principal=st.sampled_from([*PEOPLE, "group:leads", "group:ops"]), notebook=notebooks)
    def own(self, principal: str, notebook: str) -> None:
        """An operator makes an owner, which may replace a requested grant."""
        self._put(principal, notebook, owner={"BOOL": True})
        self.owners.add((principal, notebook))

    @rule(who=people, notebook=notebooks)
    def give(self, who: str, notebook: str) -> None:
        """An operator gives a grant without an end."""
        self._put(who, notebook)
        self.owners.discard((who, notebook))

    def _put(self, principal: str, notebook: str, **attributes: Any) -> None:
        item = {"principal": {"S": principal}, "notebook": {"S": notebook}, **attributes}
        self.aws.table.put(item)
        self.operator_grants[principal, notebook] = item
        self.ends.pop((principal, notebook), None)

    @rule(who=people, group=st.sampled_from(["", *GROUPS]))
    def sign_in(self, who: str, group: str) -> None:
        """A new sign-in, with the groups of that moment."""
        self.groups[who] = (group, self.now)

    @rule(who=people)
    def revoke(self, who: str) -> None:
        """End all sign-ins of a person."""
        self.now += 1
        self.cutoff[who] = int(self.now)
        self.aws.cutoff(who, int(self.now))

    @rule(seconds=st.sampled_from([1, 600, 901, HOUR, 9 * HOUR, DAY]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds

    @invariant()
    def every_requested_grant_was_allowed(self) -> None:
        """Compare the grants in the table with those of the model."""
        for item in self.aws.table.query([*PEOPLE, *(f"group:{group}" for group in GROUPS)]):
            key = item["principal"]["S"], item["notebook"]["S"]
            if "request_id" not in item:
                assert item == self.operator_grants[key]
                continue
            request_id = item["request_id"]["S"]
            assert (self.decided.get(request_id), self.asked[request_id][:2]) == ("allowed", key)
            assert int(item["until"]["N"]) == self.until[request_id]
            assert "owner" not in item
            by = {each[0] for each in self.approvals[request_id]}
            assert key[0] not in by
            assert len(by) >= (2 if key[1].startswith("prod-") else 1)

    @invariant()
    def nobody_asks_too_often(self) -> None:
        """Ten requests a day, and one row for each person and notebook, which is in the lists while it is open."""
        check_references(self.aws.table)
        assert max(self.counts.values(), default=0) <= 10
        keys = [key_of(item) for item in self.aws.table.requests()]
        assert len(keys) == len(set(keys)) <= len(PEOPLE) * len(NOTEBOOKS)


@pytest.mark.usefixtures("lines")
def test_no_grant_comes_from_somebody_who_may_not_give_it() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine, settings=settings(max_examples=120, stateful_step_count=40, deadline=None)
    )
