"""A launch without a network, before SnapStart's snapshot: see `gate.platform.aws.priming`."""

import json
from collections.abc import Sequence
from typing import Any

from gate.launch.kinds import all_kinds
from gate.platform.aws.priming import prime
from gate.platform.aws.service import Service
from gate.store.table import primary_key

_ASSUME_ROLE = b"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>x</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>x</SessionToken>
<Expiration>2000-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


def prime_launch(services: Sequence[Service]) -> None:
    """Make the calls of a launch to `services`, those of `LaunchClients.services`. The responses are made up."""
    secrets, dynamodb, sts, sagemaker = services
    key = primary_key("x")
    row: Any = {"Responses": {"x": [key]}, "UnprocessedKeys": {}}
    keys = {"RequestItems": {"x": {"Keys": [key], "ConsistentRead": True}}}
    role = {"RoleArn": "x", "RoleSessionName": "x", "SourceIdentity": "x", "Policy": "x", "DurationSeconds": 3600}
    secret = {"SecretString": "x", "CreatedDate": 0}
    prime(secrets, "get_secret_value", {"SecretId": "x", "VersionStage": "AWSCURRENT"}, json.dumps(secret).encode())
    prime(dynamodb, "batch_get_item", keys, json.dumps(row).encode())
    prime(sts, "assume_role", role, _ASSUME_ROLE)
    for kind in all_kinds():
        prime(sagemaker, *kind.priming)
