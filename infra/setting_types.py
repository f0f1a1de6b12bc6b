"""The forms that single settings have, and what to write instead of a value of another form."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def _network(text: str) -> str:
    try:
        # Always with a prefix: IAM would take an address without one for a /32, even of IPv6.
        return str(ipaddress.ip_network(text))
    except ValueError:
        try:
            mend = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise ValueError('is no network; write an address or a CIDR such as "203.0.113.0/24"') from None
        raise ValueError(f'has host bits set; write "{mend}", or "{text.split("/")[0]}" for that one address') from None


_SUBNET_PREFIXES = {4: range(16, 29), 6: range(44, 65)}
"""Prefix lengths of a subnet, by IP version (Amazon VPC user guide, "Subnet sizing")."""


def _subnet(text: str) -> str:
    network = ipaddress.ip_network(text)
    if network.prefixlen not in _SUBNET_PREFIXES[network.version]:
        raise ValueError('is too large or too small for a subnet; write the subnet\'s own CIDR, such as "10.0.1.0/24"')
    return text


def pattern(form: str, mend: str) -> AfterValidator:
    """Return a validator for text of the `form` (a regular expression) that AWS gives it; `mend`: what to write."""

    def check(text: str) -> str:
        if not re.fullmatch(form, text, re.ASCII):
            raise ValueError(f"does not have the form that AWS gives it; {mend}")
        return text

    return AfterValidator(check)


def _issuer(text: str) -> str:
    if text and not _is_issuer(text):
        raise ValueError('is no issuer; write it as its discovery document does, such as "https://login.example.com"')
    return text


def _is_issuer(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    # Plain HTTP only to this very machine: codes and tokens travel there.
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"})
    return secure and bool(parts.hostname) and not parts.query and not parts.fragment


def _scope(text: str) -> str:
    # RFC 6749 §3.3.
    if not re.fullmatch(r"[!#-\[\]-~]+", text):
        raise ValueError('is no scope; write one an entry, such as "openid", "groups"')
    return text


def _proxy(text: str) -> str:
    if not text:
        return text
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port and parts.path in {"", "/"}
    except ValueError:
        whole = False
    if not whole or parts.query or parts.fragment:
        raise ValueError('is no proxy; write scheme, host and port, such as "http://proxy.example.com:3128"')
    if "@" in parts.netloc:
        raise ValueError(
            "has a name or password in it, and whoever may read the function's environment could read them; let the "
            "proxy know the function by its subnets"
        )
    return text


Network = Annotated[str, AfterValidator(_network)]
SubnetCidr = Annotated[str, AfterValidator(_network), AfterValidator(_subnet)]
VpcEndpoint = Annotated[str, pattern(r"vpce-[0-9a-f]{8,17}", 'write it as in "vpce-0123456789abcdef0"')]
Subnet = Annotated[str, pattern(r"subnet-[0-9a-f]{8,17}", 'write it as in "subnet-0123456789abcdef0"')]
Account = Annotated[str, pattern(r"\d{12}", 'write its twelve digits, such as "123456789012"')]
RoleArn = Annotated[
    str, pattern(r"arn:[\w-]+:iam::\d{12}:role/\S+", 'write "arn:aws:iam::123456789012:role/NameOfTheRole"')
]
SecretArn = Annotated[
    str,
    pattern(r"(arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:\S+)?", "write the whole ARN of an existing secret"),
]
PolicyArn = Annotated[
    str, pattern(r"(arn:[\w-]+:iam::(\d{12}|aws):policy/\S+)?", 'write "arn:aws:iam::123456789012:policy/Name"')
]
TopicArn = Annotated[
    str, pattern(r"(arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+)?", 'write "arn:aws:sns:eu-west-1:123456789012:Name"')
]
Qualifier = Annotated[str, pattern(r"[a-z0-9]{0,10}", "write what cdk bootstrap --qualifier was given")]
ExternalId = Annotated[str, pattern(r"([\w+=,.@:/-]{2,1224})?", "write 2 or more letters, digits and +=,.@:/-")]
Location = Annotated[
    str, pattern(r"\d{12}/[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}", 'write account and region: "123456789012/eu-west-1"')
]
VpcId = Annotated[str, pattern(r"(vpc-[0-9a-f]{8,17})?", 'write it as in "vpc-0123456789abcdef0"')]
HostName = Annotated[str, pattern(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)+)?", "write a plain host name")]
MailDomain = Annotated[str, pattern(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)+", 'write it as in "example.com"')]
Proxy = Annotated[str, AfterValidator(_proxy)]
Unproxied = Annotated[
    str,
    pattern(
        r"\.?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*", 'write a host name or the end of one: ".amazonaws.com"'
    ),
]
SlackTeam = Annotated[str, pattern(r"[TE][A-Z0-9]{2,31}", 'write the workspace\'s id, such as "T0123ABCDEF"')]
Issuer = Annotated[str, AfterValidator(_issuer)]
Scope = Annotated[str, AfterValidator(_scope)]
