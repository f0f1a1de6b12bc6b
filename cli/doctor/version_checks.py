"""Names the versions of the functions that an operator can go back to, and how."""

from collections.abc import Mapping

from cli.aws import aws_errors
from cli.command_lines import CommandLines
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes

MAX_KEPT = 5
"""Earlier versions of a function that are worth their cost (docs/operations.md, "Go back to an earlier version")."""


def check_versions(deployed: Deployed) -> Outcomes:
    """Name the version that each function runs, and the call that goes back. Raises `CommandError`."""
    names = [deployed.output("FunctionName").partition(":")[0]]
    names += [name] if (name := deployed.outputs.get("RequestsFunctionName")) else []
    for name in names:
        yield from _outcomes(deployed.lines, name, _aliases(deployed, name), _versions(deployed, name))


def _outcomes(lines: CommandLines, function: str, aliases: Mapping[str, int], versions: list[int]) -> Outcomes:
    if len(set(aliases.values())) > 1:
        listed = ", ".join(f"{alias} {version}" for alias, version in sorted(aliases.items()))
        fix = "Give all of them one version, or deploy again."
        yield Outcome("error", f"the aliases of {function} have different versions: {listed}", fix)
        return
    (current,) = set(aliases.values())
    earlier = [version for version in versions if version < current]
    if not earlier:
        yield Outcome("ok", f"{function} runs version {current}, and no earlier one is kept")
        return
    update = ("lambda", "update-alias", "--function-name", function)
    back = "; ".join(
        lines.aws(*update, "--name", alias, "--function-version", str(earlier[-1])) for alias in sorted(aliases)
    )
    kept = ", ".join(str(version) for version in reversed(earlier))
    yield Outcome("ok", f"{function} runs version {current}; kept: {kept}", f"To go back: {back}")
    if len(earlier) > MAX_KEPT:
        delete = lines.aws("lambda", "delete-function", "--function-name", function, "--qualifier", str(earlier[0]))
        text = f"{len(earlier)} earlier versions of {function} are kept, and each costs money"
        yield Outcome("warning", text, f"Delete the oldest: {delete}")


def _aliases(deployed: Deployed, function: str) -> dict[str, int]:
    with aws_errors():
        found = deployed.aws.client("lambda").list_aliases(FunctionName=function)["Aliases"]
    return {each["Name"]: int(each["FunctionVersion"]) for each in found}


def _versions(deployed: Deployed, function: str) -> list[int]:
    """Return the published versions, in ascending order."""
    with aws_errors():
        pages = deployed.aws.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=function)
        found = [each["Version"] for page in pages for each in page["Versions"]]
    return sorted(int(version) for version in found if version != "$LATEST")
