"""Signed requests to /iam/open, by the real signer, checked as API Gateway's IAM authorizer checks them."""

import datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.world import World
from trials.person import Person

KEY, SECRET = "AKIALOCALNIGHTLYJOB1", "only-good-on-this-machine"
JSON = {"Accept": "application/json"}


def _signed(world: World, path: str, *, key: str = KEY, secret: str = SECRET, age: float = 0) -> dict[str, Any]:
    request = AWSRequest("GET", world.base_url + path, headers=dict(JSON))
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
def test_a_signed_request_opens_what_the_iam_grant_names(world: World, path: str, age: float) -> None:
    answer = Person(world).go(path, headers=_signed(world, path, age=age))
    assert answer.status_code == 200
    assert answer.json()["authorized_url"].startswith("http://shared-notebook.")
    assert "nightly-job" in world.urls.made[-1].creator.arn


def test_a_signature_is_no_grant(world: World) -> None:
    path = "/iam/open/alice-notebook"
    answer = Person(world).go(path, headers=_signed(world, path))
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
def test_a_wrong_or_old_signature_never_reaches_the_function(world: World, wrong: dict[str, Any]) -> None:
    calls, path = world.front_door.calls, "/iam/open/shared-notebook"
    answer = Person(world).go(path, headers=_signed(world, path, **wrong))
    assert answer.status_code == 403
    assert "authorized_url" not in answer.text
    assert world.front_door.calls == calls


def test_a_signature_is_for_one_request_alone(world: World) -> None:
    calls, headers = world.front_door.calls, _signed(world, "/iam/open/shared-notebook")
    for path in ("/iam/open/alice-notebook", "/iam/open/shared-notebook?view=lab"):
        assert Person(world).go(path, headers=headers).status_code == 403
    assert world.front_door.calls == calls


def test_an_unsigned_request_and_a_stranger_are_turned_away(world: World) -> None:
    calls, path = world.front_door.calls, "/iam/open/shared-notebook"
    assert "SigV4" in Person(world).go(path, headers=JSON).json()["message"]
    stranger = Person(world, "127.0.0.2").go(path, headers=_signed(world, path))
    assert (stranger.status_code, stranger.json()["error"]) == (403, "outside_networks")
    assert world.front_door.calls == calls


def test_a_session_does_not_open_the_signed_route(world: World) -> None:
    alice = Person(world)
    alice.open("/", "alice@example.com")
    assert alice.go("/iam/open/alice-notebook", headers=JSON).status_code in {403, 404}
