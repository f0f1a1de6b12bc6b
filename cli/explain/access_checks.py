"""Runs the checks that a caller passes on the way into a notebook, in the function's order and with its code."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial

from cli.deployed import Deployed
from cli.errors import CommandError
from cli.explain.entry_checks import check_identity, check_network
from cli.explain.grant_check import GrantCheck
from cli.explain.policy_checks import Launch, PolicyChecks
from cli.explain.question import Finding, Question
from cli.explain.simulator import Simulator
from cli.explain.source import EXAMPLES
from cli.notebooks.lookup import Notebooks, Problem
from gate.launch.target import launch_target_of
from gate.values.errors.notebook import NotebookMissingError, NotGrantedError, not_ready_error


class AccessChecks:
    """The checks of one deployment."""

    def __init__(self, deployed: Deployed, *, clock: Callable[[], float] = time.time) -> None:
        self._deployed = deployed
        self._simulator = Simulator(deployed)
        self._grant = GrantCheck(deployed, clock=clock)
        self._policies = PolicyChecks(deployed, self._simulator)

    @cached_property
    def _notebooks(self) -> Notebooks:
        return Notebooks(self._deployed)

    def run(self, question: Question) -> Iterator[Finding]:
        """Yield the finding of each check, up to the first that fails. Raises `CommandError`."""
        entry = (partial(check_network, self._deployed), partial(check_identity, self._deployed))
        for check in (*entry, self._granted, self._roles, self._state, self._use):
            for finding in check(question):
                yield finding
                if not finding.passed:
                    return

    def _granted(self, question: Question) -> Iterator[Finding]:
        for finding in self._grant.check(question):
            yield self._with_notebook(question, finding) if finding.reason == NotGrantedError.reason else finding

    def _with_notebook(self, question: Question, missing: Finding) -> Finding:
        """Add to the finding of a missing grant why nobody could open the notebook, if that is so."""
        try:
            found = self._notebooks.find(question.notebook)
        except CommandError:
            return missing  # a grant is missing all the same
        if not isinstance(found, Problem):
            return missing
        first = "If the name is right, create it." if found.reason == NotebookMissingError.reason else found.fix
        return replace(missing, text=f"{missing.text}, and {found.text}", fix=f"{first} Then: {missing.fix}")

    def _roles(self, question: Question) -> Iterator[Finding]:
        target = self._notebooks.target(question.notebook)
        if isinstance(target, Problem):
            yield _failed("launch role", target)
            return
        launch = self._launch(question)
        if launch.target.role.external_id:
            text = f"{launch.target.role.arn} is in another account and can't be checked from here"
            yield Finding("launch role", True, text)
        else:
            yield self._policies.check_role(launch)
        yield self._policies.check_session_policy(launch)

    def _state(self, question: Question) -> Iterator[Finding]:
        notebook = self._grant.find(question).notebook
        instance = self._notebooks.find(notebook)
        if instance is None:
            yield Finding("notebook", True, "Its state can't be checked from this account")
        elif isinstance(instance, Problem):
            yield _failed("notebook", instance)
        elif not instance.can_open:
            error = not_ready_error(instance.status)
            fix = "Start it, or add `--power start` to the grant so that they can start it."
            yield Finding("notebook", False, f"It is {instance.label.lower()}", error.reason, fix)
        else:
            yield Finding("notebook", True, f"It is {instance.label.lower()}")

    def _use(self, question: Question) -> Iterator[Finding]:
        yield self._policies.check_use(self._launch(question), question.used_from)

    def _launch(self, question: Question) -> Launch:
        target = launch_target_of(self._deployed.config, question.notebook)
        if self._deployed.config.pin != "networks":
            for source in (question.opened_from, question.used_from):
                if not source.address:
                    raise CommandError(f"The setting pin needs the address behind {source}; write it, too: {EXAMPLES}")
        return Launch(target, self._grant.caller(question), self._grant.find(question))


def _failed(check: str, problem: Problem) -> Finding:
    text = problem.text[0].upper() + problem.text[1:]
    return Finding(check, False, text, problem.reason, problem.fix)
