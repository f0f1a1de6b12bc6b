"""The session policies, which limit one caller's credentials to notebooks, actions and addresses."""

import datetime
import json
from collections.abc import Iterable, Sequence
from typing import Any

from gate.launch.allowed_sources import AllowedSources
from gate.launch.kinds.kind import Arns, Kind
from gate.values.errors.upstream import PolicyTooLargeError
from gate.values.grant import Grant

MAX_POLICY_LENGTH = 2048
"""The most characters of an inline session policy (API reference of AssumeRole)."""


def session_policy(
    kind: Kind, arns: Arns, grant: Grant, sources: AllowedSources | None, *, window_end: int | None = None
) -> str:
    """Return the policy (JSON) that narrows the launch role to the actions that `grant` allows on the notebook `arns`.

    `sources`: the addresses from which the notebook may be opened and used. None: every address that the launch role
    allows. `window_end`: until then, in epoch seconds, every address may open it, if any may (`gate.launch.window`).
    AWS enforces the policies of the role session that created a URL for each later request to the notebook, so a leaked
    URL does not work from other addresses, and an open notebook is cut off when the grant ends. Power that ends before
    the grant is left out: it must not outlive its own part of the grant.
    Raises `PolicyTooLargeError` if AWS would not accept the policy.
    """
    lasting = grant.lasting
    manage = [*kind.describe_actions]
    if lasting.may_start:
        manage.append(kind.start_action)
    if lasting.may_stop:
        manage.append(kind.stop_action)
    end = [] if grant.until is None else [_deny_from(grant.until)]
    opened = _open_statements(kind.open_action, _one_or_all(arns.opened), sources)
    if opened and window_end is not None:
        window = {"DateLessThan": {"aws:CurrentTime": _iso_time(window_end)}}
        opened.append(_allow(kind.open_action, _one_or_all(arns.opened), window))
    policy = _policy([*opened, _allow(manage, _one_or_all(arns.managed)), *end])
    if len(policy) > MAX_POLICY_LENGTH:
        raise PolicyTooLargeError
    return policy


def describe_policies(kind: Kind, notebooks: Iterable[Arns]) -> dict[Arns, str]:
    """Return policies (JSON) that narrow the launch role to describing `notebooks`: for the ARNs of each, its policy.

    A policy contains as many notebooks as fit into `MAX_POLICY_LENGTH`. Their order does not change the policies.
    """
    action = _one_or_all(kind.describe_actions)
    parts: list[list[Arns]] = []
    for arns in sorted(set(notebooks), key=lambda arns: arns.managed):
        if not parts or len(_policy([_allow(action, _flat([*parts[-1], arns]))])) > MAX_POLICY_LENGTH:
            parts.append([])
        parts[-1].append(arns)
    return {arns: _policy([_allow(action, _flat(part))]) for part in parts for arns in part}


def statements_for(policy: str, action: str) -> list[dict[str, Any]]:
    """Return the statements of a session policy (JSON) that name `action`."""
    statements: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return [each for each in statements if action in _as_list(each["Action"])]


def _as_list(value: str | list[str]) -> list[str]:
    # IAM accepts one action as a string, and several as a list.
    return [value] if isinstance(value, str) else value


def _flat(notebooks: Iterable[Arns]) -> list[str]:
    return sorted({arn for arns in notebooks for arn in arns.managed})


def _one_or_all(values: Sequence[str]) -> str | Sequence[str]:
    return values[0] if len(values) == 1 else values


def _open_statements(action: str, arn: str | Sequence[str], sources: AllowedSources | None) -> list[dict[str, Any]]:
    if sources is None:
        return [_allow(action, arn)]
    statements = []
    if sources.public_cidrs:
        statements.append(_allow(action, arn, {"IpAddress": {"aws:SourceIp": list(sources.public_cidrs)}}))
    if sources.private_cidrs and sources.endpoints:
        # A separate statement, because a request through an endpoint has no aws:SourceIp. The address is valid only
        # together with the endpoint, because other VPCs may use the same addresses (IAM user guide,
        # "aws:VpcSourceIp").
        condition = {
            "StringEquals": {"aws:SourceVpce": list(sources.endpoints)},
            "IpAddress": {"aws:VpcSourceIp": list(sources.private_cidrs)},
        }
        statements.append(_allow(action, arn, condition))
    return statements


def _allow(
    action: str | Sequence[str], resource: str | Sequence[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def _deny_from(moment: int) -> dict[str, Any]:
    """Return a statement that denies everything from `moment` (epoch seconds) on."""
    # The notebook session may last longer: SageMaker gives it a minimum length (`MIN_SESSION`).
    condition = {"DateGreaterThanEquals": {"aws:CurrentTime": _iso_time(moment)}}
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def _iso_time(moment: int) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _policy(statements: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
