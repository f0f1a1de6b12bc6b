"""This process's environment, for as long as it plays Lambda's."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import boto3

from gate.aws.clients import botocore_session
from local.aws.authority import FUNCTION_KEY
from local.template import REGION

_WORDS = {"secretsmanager": "secrets_manager"}


@contextmanager
def functions_environment(aws_url: str, urls: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Give this process what Lambda gives the function: credentials, region, and the way to AWS at `aws_url`.

    `urls`: where single services are, by botocore's names.
    """
    aws = {
        "AWS_ACCESS_KEY_ID": FUNCTION_KEY,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": aws_url,
        **{f"AWS_ENDPOINT_URL_{_WORDS.get(service, service).upper()}": url for service, url in urls.items()},
        # Nothing of this machine's own AWS set-up may reach in.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Nobody reads them here.
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    before = {name: os.environ.get(name) for name in (*aws, "AWS_PROFILE")}
    os.environ.update(aws)
    os.environ.pop("AWS_PROFILE", None)
    # Both keep a session, with the credentials that it found when it was made.
    boto3.setup_default_session()
    botocore_session.cache_clear()
    try:
        yield aws
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
