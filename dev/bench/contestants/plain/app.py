"""A function without attention to speed: boto3, Powertools' router, logger and metrics, and PyJWT."""

import json
import os

import boto3
import jwt
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters

logger = Logger(service="notebooks")
metrics = Metrics(namespace="Notebooks", service="notebooks")
app = APIGatewayRestResolver()
dynamodb = boto3.client("dynamodb")
sts = boto3.client("sts")
region = os.environ["AWS_REGION"]


def email_of_caller() -> str | None:
    """Return who is signed in."""
    cookies = dict(pair.split("=", 1) for pair in app.current_event.headers.get("Cookie", "").split("; "))
    key = parameters.get_secret(os.environ["SESSION_SECRET"], max_age=300)
    try:
        return jwt.decode(cookies.get("session", ""), key, algorithms=["HS256"])["email"]
    except jwt.InvalidTokenError:
        return None


@app.get("/open/<notebook>")
def open_notebook(notebook: str) -> Response:
    """Redirect whoever is signed in and has the grant."""
    email = email_of_caller()
    if email is None:
        return Response(302, headers={"Location": "/login"})
    key = {"principal": {"S": f"user:{email}"}, "notebook": {"S": notebook}}
    grant = dynamodb.get_item(TableName=os.environ["TABLE"], Key=key, ConsistentRead=True).get("Item")
    if grant is None:
        return Response(403, body="Not granted")
    account = os.environ["LAUNCH_ROLE"].split(":")[4]
    address = app.current_event.request_context.identity.source_ip
    statement = {
        "Effect": "Allow",
        "Action": "sagemaker:CreatePresignedNotebookInstanceUrl",
        "Resource": f"arn:aws:sagemaker:{region}:{account}:notebook-instance/{notebook}",
        "Condition": {"IpAddress": {"aws:SourceIp": [address, os.environ["EGRESS"]]}},
    }
    credentials = sts.assume_role(
        RoleArn=os.environ["LAUNCH_ROLE"],
        RoleSessionName=email,
        SourceIdentity=email,
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )["Credentials"]
    sagemaker = boto3.client(
        "sagemaker",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    url = sagemaker.create_presigned_notebook_instance_url(
        NotebookInstanceName=notebook, SessionExpirationDurationInSeconds=int(os.environ["SESSION"])
    )["AuthorizedUrl"]
    logger.info("opened", who=email, notebook=notebook)
    metrics.add_metric(name="Launches", unit=MetricUnit.Count, value=1)
    return Response(302, headers={"Location": f"{url}&view=lab", "Cache-Control": "no-store"})


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict, context: object) -> dict:
    """Answer one request."""
    return app.resolve(event, context)
