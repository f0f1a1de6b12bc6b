"""Checks the notebooks of many grants: whether each exists and can be opened as its grants say."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cli.deployed import Deployed
from cli.errors import CommandError
from cli.notebooks.lookup import Notebooks, Problem
from cli.user_names import notebook_of
from gate.values.notebook import Notebook, View

MAX_PARALLEL_CALLS = 8
MAX_NAMES = 3
"""Names that one sentence lists."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class GrantedNotebook:
    """A notebook, with the principals of its grants."""

    notebook: Notebook
    principals: list[str] = field(default_factory=list)
    views: dict[View, list[str]] = field(default_factory=dict)
    """The principals by the view of their grant, for those that have one."""


@dataclass(frozen=True)
class GrantProblem:
    """A problem of a notebook, with the principals of the grants that it concerns."""

    notebook: str
    principals: Sequence[str]
    problem: Problem

    @property
    def text(self) -> str:
        """The problem as a sentence that names the grants."""
        return f"{self.notebook} ({listed(self.principals)}): {self.problem.text}"

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as JSON writes it."""
        principals, problem = list(self.principals), self.problem
        return {"notebook": self.notebook, "principals": principals, "problem": problem.text, "fix": problem.fix}


@dataclass(frozen=True)
class Checked:
    """The result for all notebooks of some grants."""

    problems: list[GrantProblem]
    usable: int
    """The number of notebooks without a problem."""
    elsewhere: int
    """The number of notebooks in other accounts, which cannot be checked."""
    unchecked: list[str]
    """Why other notebooks could not be checked, as sentences."""


def granted_notebooks(deployed: Deployed, grants: Iterable[tuple[str, Notebook, View | None]]) -> list[GrantedNotebook]:
    """Return the notebooks of `grants`, which are principals with their notebooks and views. Raises `CommandError`.

    Notebooks with `{user}` become those of users. For groups, whose members the gate does not know, they stay as they
    are.
    """
    found: dict[Notebook, GrantedNotebook] = {}
    for principal, granted, view in grants:
        notebook = _of_principal(deployed, principal, granted)
        if notebook is None:
            continue
        entry = found.setdefault(notebook, GrantedNotebook(notebook))
        entry.principals.append(principal)
        if view:
            entry.views.setdefault(view, []).append(principal)
    return sorted(found.values(), key=lambda each: str(each.notebook))


def check_all(deployed: Deployed, granted: Sequence[GrantedNotebook]) -> Checked:
    """Check each notebook without `{user}`. Raises `CommandError` if the deployment itself cannot be read."""
    notebooks = Notebooks(deployed)
    named = [each for each in granted if not each.notebook.is_for_users]
    problems: list[GrantProblem] = []
    refused: Counter[str] = Counter()
    usable = elsewhere = 0
    for _, result in in_parallel(lambda each: _problems(notebooks, each), named):
        if isinstance(result, CommandError):
            refused[str(result)] += 1
        elif result is None:
            elsewhere += 1
        else:
            problems += result
            usable += not result
    unchecked = [f"Notebooks that were not checked: {number}. {error}" for error, number in refused.items()]
    return Checked(problems, usable, elsewhere, unchecked)


def in_parallel(
    function: Callable[[Item], Result], items: Sequence[Item]
) -> Iterator[tuple[Item, Result | CommandError]]:
    """Yield each item with the result of `function`, or with the `CommandError` that it raised, in order."""

    def call(item: Item) -> Result | CommandError:
        try:
            return function(item)
        except CommandError as error:
            return error

    with ThreadPoolExecutor(MAX_PARALLEL_CALLS) as pool:
        yield from zip(items, pool.map(call, items), strict=True)


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence: the first few, and how many more there are."""
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more


def _problems(notebooks: Notebooks, each: GrantedNotebook) -> list[GrantProblem] | None:
    """Return the problems of one notebook, or None if it is in another account."""
    name, found = str(each.notebook), notebooks.find(each.notebook)
    if found is None:
        return None
    if isinstance(found, Problem):
        return [GrantProblem(name, each.principals, found)]
    views = [(who, notebooks.view_problem(each.notebook, view)) for view, who in sorted(each.views.items())]
    return [GrantProblem(name, who, problem) for who, problem in views if problem]


def _of_principal(deployed: Deployed, principal: str, notebook: Notebook) -> Notebook | None:
    """Return the notebook of a principal in normal form, or None if `{user}` stands for nothing."""
    if notebook.is_for_users and principal.startswith("group:"):
        return notebook.relative_to(deployed.home)
    try:
        return notebook_of(deployed, principal, notebook).relative_to(deployed.home)
    except CommandError:
        return None
