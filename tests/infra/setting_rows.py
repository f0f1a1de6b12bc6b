"""For each setting: the others that it needs, a value, and a text that the templates then contain."""

from typing import Any

from tests.infra.examples import ENDPOINT, EXISTING_VPC, FULL, MINIMAL, OTHER_ENDPOINT, REMOTE_ACCOUNT, SIGN_IN_ISSUER

BOUNDARY = "arn:aws:iam::123456789012:policy/Boundary"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
BASE, VPC, GIVEN, OTHER = MINIMAL, EXISTING_VPC, SIGN_IN_ISSUER, OTHER_ENDPOINT
REQUESTS: dict[str, Any] = {**BASE, "requests": {"approvers": {"group:ml": ["*"]}}}
AUTOMATIC = {**BASE, "requests": {**REQUESTS["requests"], "automatic": {"group:ml": ["dev-*"]}}}
LONG_REQUESTS = {**BASE, "requests": {**REQUESTS["requests"], "choices": [7_000_000]}}
REMOTE = {**BASE, "remote": FULL["remote"]}
DOMAIN = {"name": "n.example.com", "certificate_arn": FULL["domain"]["certificate_arn"]}

# Setting → the other settings that it needs, its value, and a text that the templates then contain.
ROWS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "name": (BASE, "other-gate", '"other-gate"'),
    "allow_any_network": ({"networks": ["0.0.0.0/0"]}, True, '"aws:SourceIp": ["0.0.0.0/0"]'),
    "private_endpoints": ({**BASE, "vpc_endpoints": [ENDPOINT]}, [OTHER], '"Types": ["PRIVATE"]'),
    "private_host": (
        {**BASE, "vpc_endpoints": [ENDPOINT], "private_endpoints": [OTHER, ENDPOINT]},
        "endpoint",
        f'"-{OTHER}.execute-api."',
    ),
    "vpc_endpoints": (BASE, [OTHER], f'"aws:SourceVpce": ["{OTHER}"]'),
    "networks": ({}, ["198.51.100.0/25"], '"198.51.100.0/25"'),
    "pin": (BASE, "network", '"GATE_NETWORKS": "203.0.113.0/24"'),
    "snap_start": (BASE, True, '"ApplyOn": "PublishedVersions"'),
    "identity.issuer": ({**BASE, "identity": GIVEN}, "https://sso.example.com", '"GATE_ISSUER": "https://sso.example.com"'),
    "identity.client_id": ({**BASE, "identity": GIVEN}, "other", '"GATE_CLIENT_ID": "other"'),
    "identity.client_secret_arn": (
        {**BASE, "identity": GIVEN},
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:other-AbCdEf",
        "secret:other-AbCdEf",
    ),
    "identity.scopes": ({**BASE, "identity": GIVEN}, ["openid", "groups"], '"GATE_SCOPES": "openid groups"'),
    "identity.user_claim": ({**BASE, "identity": GIVEN}, "upn", '"GATE_USER_CLAIM": "upn"'),
    "identity.groups_claim": ({**BASE, "identity": GIVEN}, "roles", '"GATE_GROUPS_CLAIM": "roles"'),
    "identity.groups": (BASE, ["ds-*"], '"GATE_GROUPS": "ds-*"'),
    "identity.audiences": (BASE, ["command-line"], '"GATE_AUDIENCES": "command-line"'),
    "identity.trust_email": (BASE, True, '"GATE_TRUST_EMAIL": "true"'),
    "identity.sign_in_seconds": (BASE, 3600, '"GATE_SIGN_IN_SECONDS": "3600"'),
    "identity.sign_out": (BASE, "here", '"GATE_SIGN_OUT": "here"'),
    "identity.user_roles": (BASE, ["arn:aws:iam::123456789012:role/People"], "role/People"),
    "identity.iam_accounts": (BASE, [REMOTE_ACCOUNT], f'"{REMOTE_ACCOUNT}"'),
    "slack.domain": (
        {**BASE, "slack": {"teams": ["T0123ABCDEF"]}},
        "slack-gov.com",
        '"GATE_SLACK_HOOKS_URLS": "https://hooks.slack-gov.com/"',
    ),
    "slack.teams": (BASE, ["T0123ABCDEF"], '"GATE_SLACK_TEAMS": "T0123ABCDEF"'),
    "slack.email_domains": ({**BASE, "slack": {"teams": ["T0123ABCDEF"]}}, ["example.org"], '"example.org"'),
    "vpc.none": (BASE, True, '"GATE_WITHOUT_VPC": "true"'),
    "vpc.accept_none": (BASE, True, '"aws:PrincipalTag/NotebookGateWindow": ["true"]'),
    "vpc.id": ({**BASE, "vpc": VPC}, "vpc-0fedcba9876543210", '"VpcId": "vpc-0fedcba9876543210"'),
    "vpc.nat_gateways": (BASE, 2, '"NetworkAddress13BC55EC4"'),
    "vpc.subnet_ids": ({**BASE, "vpc": VPC}, ["subnet-0fedcba9"], '"SubnetIds": ["subnet-0fedcba9"]'),
    "vpc.no_egress": (
        {
            **BASE,
            "identity": GIVEN,
            "vpc_endpoints": [ENDPOINT],
            "vpc": {**VPC, "egress": [], "subnet_cidrs": ["10.0.1.0/24"]},
        },
        True,
        '"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}, "StringNotEquals"',
    ),
    "vpc.egress": ({**BASE, "vpc": VPC}, ["192.0.2.99"], '"GATE_EGRESS": "192.0.2.99/32"'),
    "vpc.additional_egress": (BASE, ["192.0.2.99"], '"192.0.2.99/32"]'),
    "vpc.subnet_cidrs": (
        {**BASE, "vpc_endpoints": [ENDPOINT], "vpc": VPC},
        ["10.0.9.0/24"],
        '"GATE_SUBNET_CIDRS": "10.0.9.0/24"',
    ),
    "vpc.proxy": ({**BASE, "vpc": VPC}, "http://proxy.example.com:3128", '"HTTPS_PROXY": "http://proxy.example.com:3128"'),
    "vpc.no_proxy": (
        {**BASE, "vpc": {**VPC, "proxy": "http://proxy.example.com:3128"}},
        [".example.com", "example.org"],
        '"NO_PROXY": ".example.com,example.org"',
    ),
    "vpc.ca_bundle": (BASE, "tests/infra/ca_bundle.pem", '"GATE_CA_BUNDLE": "/var/task/ca_bundle.pem"'),
    "domain.name": ({**BASE, "domain": DOMAIN}, "n.example.org", '"DomainName": "n.example.org"'),
    "domain.certificate_arn": (
        {**BASE, "domain": FULL["domain"]},
        "arn:aws:acm:eu-west-1:123456789012:certificate/4567",
        "certificate/4567",
    ),
    "domain.keep_default": ({**BASE, "domain": DOMAIN}, True, '"keep_default": true'),
    "domain.hosted_zone_id": ({**BASE, "domain": FULL["domain"]}, "Z4567", '"HostedZoneId": "Z4567"'),
    "domain.hosted_zone_name": ({**BASE, "domain": FULL["domain"]}, "example.com", '"Type": "A"'),
    "studio.domains": (BASE, ["d-xyz789"], ":user-profile/d-xyz789/*"),
    "user_names.source": (
        {**BASE, "identity": {**GIVEN, "user_claim": "upn"}},
        "claim",
        '"GATE_USER_NAMES_SEPARATOR": ".", "GATE_USER_NAMES_SOURCE": "claim"',
    ),
    "user_names.domain": (
        {**BASE, "user_names": {"source": "address", "domain": "example.com"}},
        "example.org",
        '"GATE_USER_NAMES_DOMAIN": "example.org"',
    ),
    "user_names.separator": (
        {**BASE, "user_names": {"source": "address", "domain": "example.com"}},
        "_",
        '"GATE_USER_NAMES_SEPARATOR": "_"',
    ),
    "remote.locations": (REMOTE, ["111122223333/eu-north-1"], "111122223333:role/notebook-gate-"),
    "remote.external_id": (REMOTE, "word", '"sts:ExternalId": "word"'),
    "remote.role_name": (REMOTE, "other-launch", '"RoleName": "other-launch"'),
    "requests.approvers": (BASE, {"group:ml": ["*"]}, '"GATE_ACCESS_REQUESTS"'),
    "requests.eligible": (REQUESTS, {"group:staff": ["dev-*"]}, "group:staff"),
    "requests.two": (REQUESTS, ["prod-*"], "prod-*"),
    "requests.longest": (LONG_REQUESTS, 7_000_001, "[7000000]"),
    "requests.choices": (REQUESTS, [1234], "[1234]"),
    "requests.automatic": (REQUESTS, {"group:on-call": ["dev-*"]}, "group:on-call"),
    "requests.automatic_longest": (AUTOMATIC, 3601, ":3601"),
    "requests.power": (REQUESTS, "auto-start", "auto-start"),
    "requests.slack_channel": ({**REQUESTS, "slack": {"teams": ["T0123ABCDEF"]}}, "C0123ABCDEF", "C0123ABCDEF"),
    "requests.slack_groups": ({**REQUESTS, "slack": {"teams": ["T0123ABCDEF"]}}, {"ml": "S0123ABCDEF"}, "S0123ABCDEF"),
    "requests.topic_arn": (REQUESTS, TOPIC, '"Action": "sns:Publish"'),
    "requests.remind": (REQUESTS, 7_777, ":7777"),
    "requests.keep_days": (REQUESTS, 3377, ":3377"),
    "limits.session": (BASE, 3600, '"GATE_MAX_SESSION": "3600"'),
    "limits.rate": (BASE, 7, '"ThrottlingRateLimit": 7'),
    "limits.burst": (BASE, 9, '"ThrottlingBurstLimit": 9'),
    "limits.reserved_concurrency": (BASE, 5, '"ReservedConcurrentExecutions": 5'),
    "limits.log_days": (BASE, 30, '"RetentionInDays": 30'),
    "alarms.topic_arn": (BASE, TOPIC, f'"AlarmActions": ["{TOPIC}"]'),
    "alarms.key_days": (BASE, 90, '"Threshold": 90'),
    "keys.client_secret": ({**BASE, "identity": GIVEN}, KEY, '["secretsmanager.", {"Ref": "AWS::Region"}'),
    "keys.topic": (
        {**BASE, "requests": {**REQUESTS["requests"], "topic_arn": TOPIC}},
        KEY,
        '["sns.", {"Ref": "AWS::Region"}',
    ),
    "keys.data": (BASE, KEY, f'"KmsKeyId": "{KEY}"'),
    "stack.permissions_boundary": (BASE, BOUNDARY, f'"PermissionsBoundary": "{BOUNDARY}"'),
    "stack.bootstrap_qualifier": (BASE, "ours", "/cdk-bootstrap/ours/version"),
    "stack.api_logging_role": (BASE, False, '"api_logging_role": false'),
    "stack.grants_table": (BASE, "restored-grants", '"GATE_TABLE": "restored-grants"'),
    "stack.tracing": (BASE, True, '"TracingConfig": {"Mode": "Active"}'),
    "stack.tags": (BASE, {"CostCentre": "4711"}, '{"Key": "CostCentre", "Value": "4711"}'),
}  # fmt: skip
