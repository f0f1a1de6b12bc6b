"""The types of single settings: each checks the form of a value and says what to write instead."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from gate.values.notebook import MAX_LENGTH
from infra.tokens import is_token


def _cidr(text: str) -> str:
    try:
        # Always with a prefix length: IAM would read an address without one as a /32, even of IPv6.
        return str(ipaddress.ip_network(text))
    except ValueError:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise ValueError('is not an address or a CIDR block; write one such as "203.0.113.0/24"') from None
        address = text.split("/")[0]
        raise ValueError(f'has host bits set; write "{network}", or "{address}" for that address alone') from None


_SUBNET_PREFIXES = {4: range(16, 29), 6: range(44, 65)}
"""Prefix lengths of a subnet, by IP version (Amazon VPC user guide, "Subnet sizing")."""


def _cidr_or_token(text: str) -> str:
    return text if is_token(text) else _cidr(text)


def _subnet_cidr(text: str) -> str:
    if is_token(text):
        return text
    network = ipaddress.ip_network(_cidr(text))
    if network.prefixlen not in _SUBNET_PREFIXES[network.version]:
        raise ValueError('is too large or too small for a subnet; write the CIDR of the subnet, such as "10.0.1.0/24"')
    return str(network)


def matching(pattern: str, what: str, example: str, *, token: bool = False) -> AfterValidator:
    """Return a validator for text that matches the regular expression `pattern`.

    `what`: what the text must be. `example`: one, or another way to say what to write. `token`: whether the text may
    also be a CDK token, because nothing at synth depends on it.
    """
    write = example if " " in example else f'one such as "{example}"'

    def check(text: str) -> str:
        if not (token and is_token(text)) and not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"is not {what}; write {write}")
        return text

    return AfterValidator(check)


def _issuer_url(text: str) -> str:
    if text and not _is_issuer_url(text):
        raise ValueError(
            'is not an issuer URL; write it as in the discovery document, such as "https://login.example.com"'
        )
    return text


def _is_issuer_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for a port that is not a number up to 65535
    except ValueError:
        return False
    # Codes and tokens are sent there, so plain HTTP is allowed only to this machine.
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"})
    return secure and bool(parts.hostname) and not parts.query and not parts.fragment


def _proxy_url(text: str) -> str:
    if not text:
        return text
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port and parts.path in {"", "/"}
    except ValueError:
        valid = False
    if not valid or parts.query or parts.fragment:
        raise ValueError('is not a proxy URL; write scheme, host and port, such as "http://proxy.example.com:3128"')
    if "@" in parts.netloc:
        raise ValueError(
            "contains a user name or password, which anyone with read access to the function's environment could see; "
            "let the proxy admit the function by its subnets"
        )
    return text


_HOST = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"

Cidr = Annotated[str, AfterValidator(_cidr)]
"""Not a token: its value could be every address, and `networks` refuses that."""
EgressCidr = Annotated[str, AfterValidator(_cidr_or_token)]
SubnetCidr = Annotated[str, AfterValidator(_subnet_cidr)]
IssuerUrl = Annotated[str, AfterValidator(_issuer_url)]
ProxyUrl = Annotated[str, AfterValidator(_proxy_url)]

StackName = Annotated[
    str,
    matching(
        r"[A-Za-z][A-Za-z0-9-]{0,127}",
        "a stack name",
        "a letter, then letters, digits and hyphens, at most 128 characters",
    ),
]
VpcId = Annotated[str, matching(r"(vpc-[0-9a-f]{8,17})?", "a VPC id", "vpc-0123456789abcdef0", token=True)]
VpcEndpointId = Annotated[
    str, matching(r"vpce-[0-9a-f]{8,17}", "a VPC endpoint id", "vpce-0123456789abcdef0", token=True)
]
SubnetId = Annotated[str, matching(r"subnet-[0-9a-f]{8,17}", "a subnet id", "subnet-0123456789abcdef0", token=True)]
AccountId = Annotated[str, matching(r"\d{12}", "an AWS account id", 'twelve digits, such as "123456789012"')]
_LOCATION = r"\d{12}/[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}"
Location = Annotated[str, matching(_LOCATION, "an account and region", "123456789012/eu-west-1")]
StudioDomain = Annotated[
    str,
    matching(
        rf"({_LOCATION}/)?d-(-*[a-z0-9]){{1,61}}",
        "the id of a Studio domain",
        '"d-abc123", or "123456789012/eu-west-1/d-abc123" for one in another account or region',
    ),
]
TableName = Annotated[
    str,
    matching(r"([\w.-]{3,255})?", "the name of a DynamoDB table", "the name of the table, not its ARN", token=True),
]
RoleName = Annotated[
    str, matching(r"([\w+=,.@-]{1,64})?", "the name of an IAM role", "at most 64 letters, digits or +=,.@_-")
]
Qualifier = Annotated[
    str, matching(r"[a-z0-9]{0,10}", "a bootstrap qualifier", "the value given to cdk bootstrap --qualifier")
]
ExternalId = Annotated[
    str,
    matching(r"([\w+=,.@:/-]{2,1224})?", "an external id", "at least 2 characters, letters, digits or +=,.@:/-"),
]
HostName = Annotated[str, matching(rf"({_HOST}(\.[a-z0-9-]+)+)?", "a host name", "notebooks.example.com")]
EmailDomain = Annotated[str, matching(rf"{_HOST}(\.[a-z0-9-]+)+", "a domain", "example.com")]
NoProxyHost = Annotated[
    str,
    matching(rf"\.?{_HOST}(\.[a-z0-9-]+)*", "a host name", 'one, or the end of one such as ".amazonaws.com"'),
]
SlackTeamId = Annotated[str, matching(r"[TE][A-Z0-9]{2,31}", "the id of a Slack workspace", "T0123ABCDEF")]
SlackUserGroupId = Annotated[str, matching(r"S[A-Z0-9]{2,31}", "the id of a Slack user group", "S0123ABCDEF")]
SlackConversationId = Annotated[
    str, matching(r"([CGDUW][A-Z0-9]{2,31})?", "the id of a Slack channel or user", "C0123ABCDEF")
]
Scope = Annotated[
    str,
    # RFC 6749 §3.3.
    matching(r"[!#-\[\]-~]+", "a scope", 'each scope as an entry of its own, such as "openid", "groups"'),
]
GroupPattern = Annotated[
    str, matching(r"(?=.*\S)[^,]+", "a pattern of groups", 'one pattern in each entry, such as "ds-*", without commas')
]
ClientId = Annotated[str, matching(r"(?=.*\S)[^,]+", "a client id", "one client id in each entry, as in the claim aud")]
NotebookPattern = Annotated[
    str,
    matching(
        rf"[a-zA-Z0-9*?/:-]{{1,{MAX_LENGTH}}}",
        "a pattern of notebook names",
        'a name, in which * and ? are wildcards, such as "prod-*"',
    ),
]
