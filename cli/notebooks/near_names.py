"""Finds the notebook that an operator may have meant, when one does not exist."""

from difflib import get_close_matches
from typing import Any

from cli.aws import aws_errors
from cli.errors import CommandError
from gate.values.notebook import STUDIO, Notebook

MIN_SIMILARITY = 0.75
"""Of two names, as `difflib` measures it: that of a name of four letters and the same with two of them exchanged."""

_LISTS = {
    0: ("list_notebook_instances", "NotebookInstances", "NotebookInstanceName"),
    2: ("list_user_profiles", "UserProfiles", "UserProfileName"),
    3: ("list_spaces", "Spaces", "SpaceName"),
}
"""By the number of names in Studio: how to list what exists beside a notebook (SageMaker's API reference)."""

PAGE = {"PageSize": 100}
"""The most that SageMaker gives at once."""


class NearNames:
    """The names of notebooks, user profiles and spaces that exist. Each list is read once."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, ...], list[str]] = {}

    def of(self, missing: Notebook, sagemaker: Any) -> str:
        """Return the existing notebook or user profile with a name like that of `missing`; empty if there is none.

        Also empty if AWS denies the list, since the notebook is missing all the same.
        """
        *place, name = missing.studio or (missing.name,)
        key = (missing.location, *place[:1], str(len(place)))
        if key not in self._names:
            self._names[key] = _existing(missing, sagemaker)
        near = get_close_matches(name.lower(), self._names[key], n=1, cutoff=MIN_SIMILARITY)
        found = "/".join([*place, *near])
        return str(Notebook(f"{STUDIO}{found}" if place else found, missing.location)) if near else ""


def _existing(missing: Notebook, sagemaker: Any) -> list[str]:
    operation, items, name = _LISTS[len(missing.studio)]
    domain = {"DomainIdEquals": missing.studio[0]} if missing.studio else {}
    try:
        with aws_errors():
            pages = sagemaker.get_paginator(operation).paginate(**domain, PaginationConfig=PAGE)
            return [each[name].lower() for page in pages for each in page[items]]
    except CommandError:
        return []
