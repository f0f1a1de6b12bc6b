"""The sample file: users, notebook instances and grants of a local deployment."""

import datetime
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from cli.grant_schema.spec import GrantSpec

NAME = r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$"


class SampleError(Exception):
    """The file is invalid; the text has one line for each problem, with its key and value."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TestUser(_Entry):
    """A user of the local identity provider."""

    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    groups: list[str] = []


class Notebook(_Entry):
    """A notebook instance, with its initial status."""

    name: Annotated[str, Field(pattern=NAME, max_length=63)]
    instance_type: str = "ml.t3.medium"
    status: Literal["InService", "Stopped", "Pending", "Stopping", "Failed"] = "InService"


class StudioSpace(_Entry):
    """A space in Studio, with the initial status of its application."""

    name: Annotated[str, Field(pattern=NAME, max_length=63)]
    owner: str = ""
    """The user profile to which a private space belongs. Empty for a shared space."""
    app_type: Literal["JupyterLab", "CodeEditor", "JupyterServer"] = "JupyterLab"
    instance_type: str = "ml.t3.medium"
    status: Literal["InService", "Pending", "Failed", "Deleted"] = "Deleted"
    failure_reason: str = ""
    """Why the application failed, and will fail again when it is started."""


class StudioDomain(_Entry):
    """A domain of Studio."""

    id: Annotated[str, Field(pattern=r"^d-(-*[a-z0-9]){1,61}$")]
    profiles: list[Annotated[str, Field(pattern=NAME, max_length=63)]] = []
    spaces: list[StudioSpace] = []


class SlackUser(_Entry):
    """A user of the local Slack workspace."""

    id: Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,31}$")]
    name: str
    email: str | None = None


class IamUser(_Entry):
    """An IAM user whose signature the local API accepts."""

    name: str
    access_key: str
    secret_key: str = Field(repr=False)


def _with_date(grant: Any, info: ValidationInfo) -> Any:
    """Replace `until: tomorrow` by its date in UTC. The validation's context has the time in `now`."""
    if not isinstance(grant, dict) or grant.get("until") != "tomorrow":
        return grant
    now = datetime.datetime.fromtimestamp((info.context or {}).get("now", time.time()), datetime.UTC)
    return {**grant, "until": now.date() + datetime.timedelta(days=1)}


class Sample(_Entry):
    """The content of the file."""

    people: list[TestUser] = []
    notebooks: list[Notebook] = []
    studio: list[StudioDomain] = []
    grants: list[Annotated[GrantSpec, BeforeValidator(_with_date)]] = []
    approvers: dict[str, list[str]] = {}
    """Who decides on access requests, in addition to owners, as in the setting `requests.approvers`."""
    iam_users: list[IamUser] = []
    slack_users: list[SlackUser] = []
    speed_factor: Annotated[float, Field(gt=0)] = 30
    """How many times faster than at AWS instances start and stop."""
    urls_per_second: Annotated[float, Field(gt=0)] = 10
    """The rate of presigned URLs above which AWS throttles."""

    @property
    def studio_sites(self) -> list[str]:
        """The names of the sites of Studio: each user profile's home, and each of its spaces."""
        return [
            "/".join((domain.id, profile, *space)).lower()
            for domain in self.studio
            for profile in domain.profiles
            for space in ([], *([space.name] for space in domain.spaces if space.owner in ("", profile)))
        ]

    def access_of(self, person: TestUser) -> str:
        """Return a phrase about the notebooks that `person` may open, by their own grants and those of their groups."""
        principals = {f"user:{person.email}": "", **{f"group:{group}": f" (group {group})" for group in person.groups}}
        notebooks = [
            f"{grant.notebook}{principals[grant.principal]}" for grant in self.grants if grant.principal in principals
        ]
        return "may open " + ", ".join(notebooks) if notebooks else "may open nothing"

    @classmethod
    def load(cls, path: Path, clock: Callable[[], float] = time.time) -> "Sample":
        """Read the YAML file at `path`. `clock`: seconds since the epoch. Raises `SampleError`."""
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            return cls.model_validate(content, context={"now": clock()})
        except OSError as error:
            raise SampleError(f"{path}: can't be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise SampleError(f"{path}: is not text in UTF-8") from None
        except yaml.YAMLError as error:
            raise SampleError(f"{path}: is not YAML: {error}") from None
        except ValidationError as error:
            lines = [
                f"{path}: {'.'.join(map(str, detail['loc']))} = {detail['input']!r}: {detail['msg']}"
                for detail in error.errors(include_url=False)
            ]
            raise SampleError("\n".join(lines)) from None
