"""The launch target of a notebook: its kind, its ARNs, and the launch role of its location."""

from dataclasses import dataclass

from gate.launch.kinds import kind_of
from gate.launch.kinds.kind import Arns, Kind
from gate.platform.config import Config
from gate.values.errors.notebook import LocationUnknownError
from gate.values.notebook import Notebook


@dataclass(frozen=True)
class LaunchRole:
    """The launch role to assume for the notebooks of one location."""

    arn: str
    region: str
    """The region of the location, in which SageMaker is called."""
    external_id: str = ""
    """Required by launch roles in other accounts (IAM user guide, "The confused deputy problem")."""


@dataclass(frozen=True)
class LaunchTarget:
    """A notebook's kind and ARNs, and the launch role to assume for it."""

    role: LaunchRole
    kind: Kind
    arns: Arns


def launch_target_of(config: Config, notebook: Notebook) -> LaunchTarget:
    """Return the launch target of `notebook`.

    Raises `LocationUnknownError` if the settings do not list its account and region, or its Studio domain.
    """
    _, partition, _, _, home, _ = config.launch_role_arn.split(":", 5)
    location = notebook.location or config.home
    if location not in (config.home, *config.remote_locations):
        raise LocationUnknownError
    if notebook.studio:
        domain = notebook.studio[0]
        if (f"{notebook.location}/{domain}" if notebook.location else domain) not in config.studio_domains:
            raise LocationUnknownError
    account, _, region = location.partition("/")
    kind = kind_of(notebook)
    arns = kind.arns(notebook, f"arn:{partition}:sagemaker:{region}:{account}:")
    if account == home:
        return LaunchTarget(LaunchRole(config.launch_role_arn, region), kind, arns)
    role_arn = f"arn:{partition}:iam::{account}:role/{config.remote_role}"
    return LaunchTarget(LaunchRole(role_arn, region, config.external_id), kind, arns)
