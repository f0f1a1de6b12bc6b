"""The launch target of a notebook: its ARN, and the launch role of its location."""

from dataclasses import dataclass

from gate.config import Config
from gate.errors.notebook import LocationUnknownError
from gate.notebook import Notebook


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
    """A notebook's ARN, and the launch role to assume for it."""

    role: LaunchRole
    notebook_arn: str


def launch_target_of(config: Config, notebook: Notebook) -> LaunchTarget:
    """Return the launch target of `notebook`.

    Raises `LocationUnknownError` if the settings do not list its account and region.
    """
    _, partition, _, _, home, _ = config.launch_role_arn.split(":", 5)
    location = notebook.location or config.home
    if location not in (config.home, *config.remote_locations):
        raise LocationUnknownError
    account, _, region = location.partition("/")
    arn = notebook_arn(partition, region, account, notebook.name)
    if account == home:
        return LaunchTarget(LaunchRole(config.launch_role_arn, region), arn)
    role_arn = f"arn:{partition}:iam::{account}:role/{config.remote_role}"
    return LaunchTarget(LaunchRole(role_arn, region, config.external_id), arn)


def notebook_arn(partition: str, region: str, account: str, name: str) -> str:
    """Return the ARN of a notebook instance.

    SageMaker's ARNs have the name in lower case (service authorization reference, notebook-instance).
    """
    return f"arn:{partition}:sagemaker:{region}:{account}:notebook-instance/{name.lower()}"
