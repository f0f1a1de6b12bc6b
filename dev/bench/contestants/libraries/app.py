"""The gate's libraries without the gate: imports them and makes the two AWS calls of a warm launch."""

import os
from functools import cache

import botocore.session
import itsdangerous  # noqa: F401
from aws_lambda_powertools import Logger, Metrics  # noqa: F401


@cache
def client(service):
    """Return the client of a service, made once."""
    return botocore.session.get_session().create_client(service)


def handler(event, _context):
    """Read the grant and create the URL."""
    name = event["pathParameters"]["notebook"]
    table = os.environ["TABLE"]
    client("dynamodb").execute_statement(
        Statement=f'SELECT * FROM "{table}" WHERE "principal" IN [?] AND "notebook" = ?',  # noqa: S608
        Parameters=[{"S": event["person"]}, {"S": name}],
        ConsistentRead=True,
    )
    url = client("sagemaker").create_presigned_notebook_instance_url(
        NotebookInstanceName=name, SessionExpirationDurationInSeconds=int(os.environ["SESSION"])
    )["AuthorizedUrl"]
    return {"statusCode": 302, "headers": {"Location": url}}
