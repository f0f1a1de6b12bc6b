"""Checks the execution roles of granted user profiles and spaces in Studio.

Whoever works in Studio has the credentials of the execution role, and can create presigned URLs with them. The launch
role and its session policies do not apply to these URLs, so the execution role itself must deny other addresses.
"""

import ipaddress
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import partial

from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from cli.errors import CommandError
from cli.explain.simulator import Simulator
from cli.explain.source import Source
from cli.notebooks.granted import GrantedNotebook, in_parallel, listed
from cli.notebooks.lookup import Notebooks
from gate.launch.kinds.studio import OPEN
from gate.launch.target import LaunchTarget
from gate.values.notebook import Notebook
from infra.address_conditions import outside_of

_NEEDED = (
    "This check needs sagemaker:DescribeDomain, sagemaker:DescribeUserProfile, sagemaker:DescribeSpace, "
    "sagemaker:ListUserProfiles and iam:SimulatePrincipalPolicy."
)
_ADDRESSES = (("192.0.2.1", "198.51.100.1", "203.0.113.1"), ("2001:db8::1",))
"""IPv4 and IPv6 addresses of documentation networks (RFC 5737 and RFC 3849), which nobody has."""

_OTHER_ENDPOINT = "vpce-00000000000000000"
"""A VPC endpoint that no settings list."""


def check_execution_roles(deployed: Deployed, granted: Sequence[GrantedNotebook]) -> Outcomes:
    """Yield an outcome for each execution role. One that can't be read is a warning. Raises `CommandError`.

    A grant of a group for `{user}` counts as one for each user profile of the domain.
    """
    notebooks = Notebooks(deployed)
    targets = {each.notebook: notebooks.target(each.notebook) for each in granted if each.notebook.studio}
    found = {name: target for name, target in targets.items() if isinstance(target, LaunchTarget)}
    here = [name for name, target in found.items() if not target.role.external_id]
    users_of: defaultdict[str, set[Notebook]] = defaultdict(set)
    unread: defaultdict[str, set[Notebook]] = defaultdict(set)
    for named, roles in in_parallel(partial(_roles_of, notebooks), here):
        if isinstance(roles, CommandError):
            unread[str(roles)].add(named)
        else:
            for user, role in roles.items():
                users_of[role].add(user)
    for error, names in sorted(unread.items()):
        yield Outcome("warning", f"the execution roles of {_listed(names)} can't be read. {error}", _NEEDED)
    for role, users in sorted(users_of.items()):
        yield _check_role(deployed, notebooks, role, users)
    elsewhere = found.keys() - set(here)
    if elsewhere:
        text = f"the execution roles of {_listed(elsewhere)} are in other accounts and can't be checked from here"
        yield Outcome("warning", text, "Check yourself that they deny other addresses (docs/studio.md).")


def _check_role(deployed: Deployed, notebooks: Notebooks, role: str, users: Collection[Notebook]) -> Outcome:
    """Check whether the role of `users` may create URLs of their user profiles."""
    simulator, whose = Simulator(deployed), f"{role}, the execution role of {_listed(users)},"
    sources = _sources_outside(deployed.settings.networks)
    targets = (notebooks.target(user) for user in users)
    profiles = sorted({target.arns.opened[0] for target in targets if isinstance(target, LaunchTarget)})
    try:
        opens = any(simulator.principal_allows(role, OPEN, arn, source) for arn in profiles for source in sources)
    except CommandError as error:
        return Outcome("warning", f"{whose} can't be checked. {error}", _NEEDED)
    if not opens:
        return Outcome("ok", f"{whose} creates no URLs from outside of the networks")
    deny = {
        "Effect": "Deny",
        "Action": OPEN,
        "Resource": "*",
        "Condition": outside_of(deployed.settings.networks, deployed.settings.vpc_endpoints),
    }
    text = f"{whose} may create URLs from outside of the networks, which the gate does not guard"
    return Outcome("warning", text, f"Add this statement to a policy of the role: {json.dumps(deny)}")


def _roles_of(notebooks: Notebooks, notebook: Notebook) -> dict[Notebook, str]:
    """Return the user profile or space, or all user profiles that `{user}` may stand for, with the ARN of its role."""
    if notebook.is_for_users and notebooks.domain(notebook) is None:
        return {}
    users = notebooks.profiles(notebook) if notebook.is_for_users else [notebook]
    roles = {user: _role_of(notebooks, user) for user in users}
    return {user: role for user, role in roles.items() if role}


def _role_of(notebooks: Notebooks, notebook: Notebook) -> str:
    """Return the ARN of the role that applications run with; empty if something of the notebook does not exist.

    Source: API reference of CreateDomain. `DefaultSpaceSettings` are for shared spaces. A private space has the role of
    the user profile that owns it, and a user profile without a role has that of the domain.
    """
    domain, profile = notebooks.domain(notebook), notebooks.profile(notebook)
    if domain is None or profile is None:
        return ""
    if len(notebook.studio) == 3:
        space = notebooks.space(notebook)
        if space is None:
            return ""
        if space.get("SpaceSharingSettings", {}).get("SharingType") != "Private":
            return str(domain.get("DefaultSpaceSettings", {}).get("ExecutionRole", ""))
    own = profile.get("UserSettings", {}).get("ExecutionRole")
    return str(own or domain.get("DefaultUserSettings", {}).get("ExecutionRole", ""))


def _sources_outside(networks: Sequence[str]) -> list[Source]:
    """Return sources that a role must deny: an IPv4 and an IPv6 address outside of `networks`, and a VPC endpoint.

    Returns none if `networks` hold every address.
    """
    allowed = [ipaddress.ip_network(text) for text in networks]
    outside = [
        [Source(address) for address in addresses if not any(ipaddress.ip_address(address) in each for each in allowed)]
        for addresses in _ADDRESSES
    ]
    found = [sources[0] for sources in outside if sources]
    return [*found, Source("", _OTHER_ENDPOINT)] if found else []


def _listed(notebooks: Iterable[Notebook]) -> str:
    return listed(sorted(map(str, notebooks)))
