"""Finds a notebook in AWS, or says why it cannot be opened by anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.notebooks.near_names import NearNames
from gate.launch.kinds.studio import APP_TYPES, NOT_FOUND, app_type_of
from gate.launch.target import LaunchTarget, launch_target_of
from gate.values.errors.notebook import (
    IdentityCenterError,
    InvalidViewError,
    LocationUnknownError,
    NotebookMissingError,
    OtherProfileError,
)
from gate.values.instance import Instance
from gate.values.notebook import STUDIO, Notebook, View

Description = Mapping[str, Any]
"""A response of DescribeDomain, DescribeUserProfile or DescribeSpace (SageMaker's API reference)."""


@dataclass(frozen=True)
class Problem:
    """Why a notebook cannot be opened as a grant says, and what to do."""

    text: str
    """A clause in which `it` is the notebook."""
    fix: str
    reason: str
    """The reason code that the function would log and answer with (docs/reasons.md)."""
    level: Literal["warning", "error"] = "error"
    """`warning` if a change in SageMaker alone may solve it, or if the notebook opens nevertheless."""


class Notebooks:
    """Describes notebooks with the operator's credentials. Every method raises `CommandError` if AWS refuses a call."""

    def __init__(self, deployed: Deployed) -> None:
        """Read the configuration of the function."""
        self._aws, self._config = deployed.aws, deployed.config
        self._domains: dict[tuple[str, str], Description | None] = {}
        self._near_names = NearNames()

    def target(self, notebook: Notebook) -> LaunchTarget | Problem:
        """Return the launch target, or a problem if the settings do not list the location or the domain."""
        config = self._config
        try:
            return launch_target_of(config, notebook)
        except LocationUnknownError as error:
            listed = notebook.location in ("", config.home, *config.remote_locations)
            setting = "studio.domains" if listed else "remote.locations"
            text = f"the domain {_domain_of(notebook)}" if listed else f"the location {notebook.location}"
            fix = (
                f"Add it to {setting} in gate.toml, deploy, and deploy the launch role there if it is another account."
            )
            return Problem(f"{text} is not in {setting}", fix, error.reason)

    def find(self, notebook: Notebook) -> Instance | Problem | None:
        """Return the instance, or why nobody can open the notebook.

        Returns None for a notebook of another account, which the operator's credentials do not reach.
        """
        target = self.target(notebook)
        if isinstance(target, Problem):
            return target
        if target.role.external_id:
            return None
        if notebook.studio and (problem := self._domain_problem(notebook)):
            return problem
        try:
            for part, name in _parts(notebook):
                found = self._instance(target, part)
                if found is None:
                    near = self._near_names.of(part, self._client(part))
                    text = f"the {name} does not exist{f' (did you mean {near}?)' if near else ''}"
                    fix = f"Create the {name}, or remove the grant."
                    return Problem(text, fix, NotebookMissingError.reason, "warning")
        except OtherProfileError as error:
            fix = "Name the owner of the space in the grant, or a shared space."
            return Problem("it is a private space of another user profile", fix, error.reason)
        return found

    def view_problem(self, notebook: Notebook, view: View) -> Problem | None:
        """Return why `view` has no effect on a space that exists, or None if it has one. Other views always have."""
        if len(notebook.studio) < 3:
            return None
        space: Any = self.space(notebook)
        if space is None or APP_TYPES[view] == (app_type := app_type_of(space)):
            return None
        fitting = [name for name, each in APP_TYPES.items() if each == app_type]
        fix = f"Write view = {fitting[0]}, or leave view out." if fitting else "Leave view out."
        text = f"view = {view} is ignored, because the application of the space is {app_type}"
        return Problem(text, fix, InvalidViewError.reason, "warning")

    def domain(self, notebook: Notebook) -> Description | None:
        """Return the domain of a user profile or space, or None if it does not exist."""
        key = (notebook.location, notebook.studio[0])
        if key not in self._domains:
            self._domains[key] = self._described(notebook, "describe_domain")
        return self._domains[key]

    def profile(self, notebook: Notebook) -> Description | None:
        """Return the user profile, or None if it does not exist."""
        return self._described(notebook, "describe_user_profile", UserProfileName=notebook.studio[1])

    def profiles(self, notebook: Notebook) -> list[Notebook]:
        """Return all user profiles of the domain of `notebook`."""
        domain = notebook.studio[0]
        with aws_errors():
            pages = self._client(notebook).get_paginator("list_user_profiles").paginate(DomainIdEquals=domain)
            names = [each["UserProfileName"] for page in pages for each in page["UserProfiles"]]
        return [Notebook(f"{STUDIO}{domain}/{name}", notebook.location) for name in names]

    def space(self, notebook: Notebook) -> Description | None:
        """Return the space, or None if it does not exist."""
        return self._described(notebook, "describe_space", SpaceName=notebook.studio[2])

    def _described(self, notebook: Notebook, operation: str, **names: str) -> Description | None:
        found: Description | None = None
        with aws_errors(ignore=[NOT_FOUND]):
            found = getattr(self._client(notebook), operation)(DomainId=notebook.studio[0], **names)
        return found  # noqa: RET504  `aws_errors` may have ended the block

    def _client(self, notebook: Notebook) -> Any:
        return self._aws.client("sagemaker", region=notebook.location.partition("/")[2] or None)

    def _domain_problem(self, notebook: Notebook) -> Problem | None:
        domain = self.domain(notebook)
        if domain is None:
            text, fix = f"the domain {notebook.studio[0]} does not exist", "Correct its id, or remove the grant."
            return Problem(text, fix, NotebookMissingError.reason, "warning")
        if domain.get("AuthMode") == "SSO":
            text = f"the domain {notebook.studio[0]} signs in with IAM Identity Center, for which AWS creates no URLs"
            return Problem(text, "Use a domain whose AuthMode is IAM (docs/studio.md).", IdentityCenterError.reason)
        return None

    def _instance(self, target: LaunchTarget, notebook: Notebook) -> Instance | None:
        """Return the instance, or None if it does not exist. Raises `OtherProfileError`."""
        instance = None
        with aws_errors(ignore=target.kind.state_conflict_codes):
            instance = target.kind.describe(self._client(notebook), notebook)
        return instance  # noqa: RET504  `aws_errors` may have ended the block


def _parts(notebook: Notebook) -> list[tuple[Notebook, str]]:
    """Return what must exist for a notebook, in order, each with its name for operators. The notebook is the last."""
    if not notebook.studio:
        return [(notebook, "notebook instance")]
    domain, profile, *space = notebook.studio
    owner = Notebook(f"{STUDIO}{domain}/{profile}", notebook.location)
    return [(owner, f"user profile {profile}"), *((notebook, f"space {name}") for name in space)]


def _domain_of(notebook: Notebook) -> str:
    """Return the domain as the setting `studio.domains` names it."""
    return "/".join(filter(None, (notebook.location, notebook.studio[0])))
