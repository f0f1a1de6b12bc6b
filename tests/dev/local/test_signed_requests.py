"""Requests to /iam/open signed by botocore, and verified as API Gateway's IAM authorizer does."""

import datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.deployment import LocalDeployment
from local.places import INSIDE, OUTSIDE
from testing.environment import JSON
from testing.user import TestUser

KEY, SECRET = "AKIALOCALNIGHTLYJOB1", "only-good-on-this-machine"


def _signed(
    deployment: LocalDeployment,
    path: str,
    *,
    key: str = KEY,
    secret: str = SECRET,
    age: float = 0,
    address: str = INSIDE,
) -> dict[str, Any]:
    request = AWSRequest("GET", deployment.base_url_at(address) + path, headers=dict(JSON))
    signer = SigV4Auth(Credentials(key, secret), "execute-api", "eu-west-1")
    signer.add_auth(request)
    if age:
        at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=age)
        request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
        for name in ("X-Amz-Date", "Authorization"):
            del request.headers[name]
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        text = signer.string_to_sign(request, signer.canonical_request(request))
        signer._inject_signature_to_request(request, signer.signature(text, request))
    return dict(request.headers)


@pytest.mark.parametrize("path", ["/iam/open/shared-notebook", "/iam/open/shared-notebook?view=lab"])
@pytest.mark.parametrize("age", [0, 200, -200])
def test_a_signed_request_opens_what_the_iam_grant_names(deployment: LocalDeployment, path: str, age: float) -> None:
    answer = TestUser(deployment).go(path, headers=_signed(deployment, path, age=age))
    assert answer.status_code == 200
    assert answer.json()["authorized_url"].startswith("http://shared-notebook.")
    assert "nightly-job" in deployment.urls.made[-1].creator.arn


def test_a_signature_without_a_grant_is_denied(deployment: LocalDeployment) -> None:
    path = "/iam/open/alice-notebook"
    answer = TestUser(deployment).go(path, headers=_signed(deployment, path))
    assert (answer.status_code, answer.json()["error"]) == (403, "not_granted")


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "guessed"},
        {"key": "AKIASOMEBODYELSEXXXX"},
        {"age": 400},
        {"age": -400},
    ],
)
def test_a_wrong_or_old_signature_never_reaches_the_function(
    deployment: LocalDeployment, wrong: dict[str, Any]
) -> None:
    calls, path = deployment.front_door.calls, "/iam/open/shared-notebook"
    answer = TestUser(deployment).go(path, headers=_signed(deployment, path, **wrong))
    assert answer.status_code == 403
    assert "authorized_url" not in answer.text
    assert deployment.front_door.calls == calls


def test_a_signature_is_valid_for_one_request_only(deployment: LocalDeployment) -> None:
    calls, headers = deployment.front_door.calls, _signed(deployment, "/iam/open/shared-notebook")
    for path in ("/iam/open/alice-notebook", "/iam/open/shared-notebook?view=lab"):
        assert TestUser(deployment).go(path, headers=headers).status_code == 403
    assert deployment.front_door.calls == calls


def test_an_unsigned_request_and_one_from_outside_are_refused(deployment: LocalDeployment) -> None:
    calls, path = deployment.front_door.calls, "/iam/open/shared-notebook"
    assert "SigV4" in TestUser(deployment).go(path, headers=JSON).json()["message"]
    stranger = TestUser(deployment, OUTSIDE).go(path, headers=_signed(deployment, path, address=OUTSIDE))
    assert (stranger.status_code, stranger.json()["error"]) == (403, "outside_networks")
    assert deployment.front_door.calls == calls


def test_a_session_does_not_open_the_signed_route(deployment: LocalDeployment) -> None:
    alice = TestUser(deployment)
    alice.open("/", "alice@example.com")
    assert alice.go("/iam/open/alice-notebook", headers=JSON).status_code in {403, 404}
