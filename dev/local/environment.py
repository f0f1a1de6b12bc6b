"""The environment variables that AWS's SDK reads in the function, set in this process."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from unittest.mock import patch

import boto3

from gate.platform.aws.clients import aws_clients
from local.aws.authority import FUNCTION_KEY
from local.template import REGION

_VARIABLE_NAMES = {"secretsmanager": "secrets_manager"}
"""Service names in `AWS_ENDPOINT_URL_…` that differ from botocore's.

Source: AWS SDKs and Tools reference guide, "Service-specific endpoints".
"""


@contextmanager
def sdk_environment(aws_url: str, service_urls: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Set and yield the variables that Lambda sets for the SDK: credentials, region and endpoints.

    `aws_url`: the endpoint of all services but those of `service_urls`, which are by botocore's names.
    The variables have their former values again when the block is left.
    """
    aws = {
        "AWS_ACCESS_KEY_ID": FUNCTION_KEY,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": aws_url,
        **{
            f"AWS_ENDPOINT_URL_{_VARIABLE_NAMES.get(service, service).upper()}": url
            for service, url in service_urls.items()
        },
        # This machine's own AWS configuration must not apply.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # No metrics are collected on this machine.
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    with patch.dict(os.environ, aws):
        os.environ.pop("AWS_PROFILE", None)
        # boto3 and the gate each cache a session with the credentials that it found when it was created.
        boto3.setup_default_session()
        aws_clients.cache_clear()
        yield aws
