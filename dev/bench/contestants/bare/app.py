"""A minimal implementation: cookie, grant, role and URL with the standard library alone, requests signed by hand."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import ssl
import time
from urllib.parse import urlencode

REGION = os.environ["AWS_REGION"]
OWN = (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_SESSION_TOKEN"])

# One context for all hosts, because each new one would read the file of authorities again.
_context = ssl.create_default_context()
_connections = {}
_session_key = None


def handler(event, context):
    """Redirect whoever is signed in and has the grant."""
    email = _email(event)
    if email is None:
        return {"statusCode": 302, "headers": {"Location": "/login"}}
    name = event["pathParameters"]["notebook"]
    key = {"principal": {"S": f"user:{email}"}, "notebook": {"S": name}}
    wanted = {"TableName": os.environ["TABLE"], "Key": key, "ConsistentRead": True}
    grant = _json("dynamodb", "DynamoDB_20120810.GetItem", wanted, OWN, "1.0").get("Item")
    if grant is None:
        return {"statusCode": 403, "body": "Not granted"}
    credentials = _assume(email, name, event["requestContext"]["identity"]["sourceIp"])
    wanted = {"NotebookInstanceName": name, "SessionExpirationDurationInSeconds": int(os.environ["SESSION"])}
    answer = _json("sagemaker", "SageMaker.CreatePresignedNotebookInstanceUrl", wanted, credentials)
    print(json.dumps({"who": email, "notebook": name, "request": context.aws_request_id}))  # noqa: T201
    return {
        "statusCode": 302,
        "headers": {"Location": f"{answer['AuthorizedUrl']}&view=lab", "Cache-Control": "no-store"},
    }


def _email(event):
    global _session_key
    if _session_key is None:
        wanted = {"SecretId": os.environ["SESSION_SECRET"]}
        _session_key = _json("secretsmanager", "secretsmanager.GetSecretValue", wanted, OWN)["SecretString"].encode()
    for pair in event["headers"].get("Cookie", "").split("; "):
        name, _, value = pair.partition("=")
        payload, _, signature = value.partition(".")
        if name == "session" and hmac.compare_digest(
            hmac.digest(_session_key, payload.encode(), "sha256").hex(), signature
        ):
            session = json.loads(base64.urlsafe_b64decode(payload))
            return session["email"] if session["until"] > time.time() else None
    return None


def _assume(email, name, address):
    account = os.environ["LAUNCH_ROLE"].split(":")[4]
    statement = {
        "Effect": "Allow",
        "Action": "sagemaker:CreatePresignedNotebookInstanceUrl",
        "Resource": f"arn:aws:sagemaker:{REGION}:{account}:notebook-instance/{name}",
        "Condition": {"IpAddress": {"aws:SourceIp": [address, os.environ["EGRESS"]]}},
    }
    body = urlencode(
        {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": os.environ["LAUNCH_ROLE"],
            "RoleSessionName": email,
            "SourceIdentity": email,
            "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        }
    )
    answer = _send("sts", body.encode(), {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, OWN)
    found = dict(re.findall(r"<(AccessKeyId|SecretAccessKey|SessionToken)>([^<]+)<", answer.decode()))
    return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]


def _json(service, target, body, credentials, version="1.1"):
    headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
    return json.loads(_send(service, json.dumps(body).encode(), headers, credentials))


def _send(service, body, headers, credentials):
    """Send a signed request over a kept connection (IAM user guide, "Create a signed AWS API request")."""
    access_key, secret_key, token = credentials
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    host = f"{'api.' if service == 'sagemaker' else ''}{service}.{REGION}.amazonaws.com"
    headers = {**headers, "host": host, "x-amz-date": now, "x-amz-security-token": token}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{now[:8]}/{REGION}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    if service not in _connections:
        _connections[service] = http.client.HTTPSConnection(host, timeout=5, context=_context)
    connection = _connections[service]
    connection.request("POST", "/", body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{service} answered {answer.status}")
    return text
