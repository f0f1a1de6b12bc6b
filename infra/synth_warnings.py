"""Warnings at synth about settings that are valid but of no use together.

Without them, the mistake would show only when people are refused.
"""

from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from gate.launch.allowed_sources import AllowedSources, allowed_sources
from gate.launch.kinds import kind_of
from gate.launch.policy import session_policy
from gate.store.grant_row import MAX_EPOCH_SECONDS, MIN_SESSION
from gate.values.caller import Caller
from gate.values.errors.upstream import PolicyTooLargeError
from gate.values.grant import Grant
from gate.values.notebook import STUDIO, Notebook
from infra.incomparable_names import incomparable_names
from infra.settings import Settings
from infra.tokens import is_token

UNUSABLE_ENDPOINTS = (
    'With pin = "{pin}" and a public API, nobody can use a notebook through vpc_endpoints. The gate sees the public '
    "address of the people who open a notebook; an endpoint sees their private address. Only the function's own call "
    "passes (vpc.subnet_cidrs). To use their notebooks, people also need a public address in networks. If they have "
    'none, make the API private (private_endpoints) or set pin = "networks".'
)


LONG_NAMES = (
    "With these addresses and endpoints, names of user profiles and spaces in Studio may have at most {length} "
    "characters each. For longer ones, the session policy exceeds the limit of AWS, and people are refused "
    '(policy_too_large). Shorten vpc.egress, vpc.subnet_cidrs or vpc_endpoints, or set pin = "networks".'
)

MAX_NAME_LENGTH = 63
LONGEST_ADDRESS = "2001:0db8:1111:2222:3333:4444:5555:6666"
LONGEST_ENDPOINT = "vpce-0123456789abcdef0"


def longest_studio_names(settings: Settings) -> int:
    """Return how many characters the names of user profiles and spaces may have in session policies, 0 to 63."""
    caller = Caller("user:a", (), "session", LONGEST_ADDRESS, 0)
    config: Any = SimpleNamespace(
        pin=settings.pin,
        networks=tuple(settings.networks),
        without_vpc=settings.vpc.none,
        private_endpoints=settings.private_endpoints,
        egress=tuple(_own_egress(settings)),
        subnet_cidrs=tuple(_without_tokens(settings.vpc.subnet_cidrs)),
        vpc_endpoints=[LONGEST_ENDPOINT if is_token(each) else each for each in settings.vpc_endpoints],
    )
    sources = allowed_sources(config, caller)
    domain = max((each.rpartition("/")[2] for each in settings.studio.domains), key=len)
    lengths = range(MAX_NAME_LENGTH, 0, -1)
    fits = partial(_fits, sources=sources, window_end=MAX_EPOCH_SECONDS if settings.vpc.none else None)
    return next((each for each in lengths if fits(f"{STUDIO}{domain}/{'p' * each}/{'s' * each}")), 0)


def _own_egress(settings: Settings) -> list[str]:
    if settings.vpc.none:
        return []
    return _without_tokens(settings.vpc.egress) or [f"{LONGEST_ADDRESS}/128"]


def _without_tokens(cidrs: Sequence[str]) -> list[str]:
    return [f"{LONGEST_ADDRESS}/128" if is_token(each) else each for each in cidrs]


def _fits(name: str, sources: AllowedSources | None, window_end: int | None) -> bool:
    notebook = Notebook.parse(name)
    grant = Grant("user:a", notebook, MIN_SESSION, power="start-stop", until=MAX_EPOCH_SECONDS)
    arns = kind_of(notebook).arns(notebook, "arn:aws-us-gov:sagemaker:ap-southeast-1:123456789012:")
    try:
        return bool(session_policy(kind_of(notebook), arns, grant, sources, window_end=window_end))
    except PolicyTooLargeError:
        return False


def warn_long_studio_names(scope: Construct, settings: Settings) -> None:
    """Warn if the session policies of spaces with long names would exceed the limit of AWS."""
    if settings.studio.domains and (length := longest_studio_names(settings)) < MAX_NAME_LENGTH:
        cdk.Annotations.of(scope).add_warning_v2("gate:studio", LONG_NAMES.format(length=length))


def warn_incomparable_names(scope: Construct, settings: Settings) -> None:
    """Warn if people can have names that the gate cannot compare when they decide on access requests."""
    for number, text in enumerate(incomparable_names(settings)):
        cdk.Annotations.of(scope).add_warning_v2(f"gate:names{number}", text)


def warn_unusable_endpoints(scope: Construct, settings: Settings) -> None:
    """Warn if `vpc_endpoints` is set but the addresses of people at these endpoints cannot be known."""
    if settings.pin != "networks" and settings.vpc_endpoints and not settings.private_endpoints:
        cdk.Annotations.of(scope).add_warning_v2("gate:pin", UNUSABLE_ENDPOINTS.format(pin=settings.pin))
