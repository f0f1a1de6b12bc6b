"""The launch role in a template."""

from typing import Any

from local.template import Template


def launch_role(template: Template) -> dict[str, Any]:
    """Return the launch role's properties."""
    name = template["Outputs"]["LaunchRoleArn"]["Value"]["Fn::GetAtt"][0]
    role: dict[str, Any] = template["Resources"][name]["Properties"]
    return role
