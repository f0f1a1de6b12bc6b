"""Notebooks in other accounts and regions, and credentials from before a revocation."""

import json

import pytest

from tests.unit.aws import refusal
from tests.unit.conftest import World

PLACE, HERE = "210987654321/eu-central-1", "123456789012/us-east-1"
JSON = {"Accept": "application/json"}


@pytest.fixture
def elsewhere(world: World) -> World:
    world.configure(GATE_ELSEWHERE=f"{PLACE},{HERE}", GATE_ELSEWHERE_ROLE="gate-launch", GATE_EXTERNAL_ID="x-42")
    world.aws.notebooks |= {"theirs": "InService", "far": "InService"}
    world.aws.grant("user:carol@example.com", f"{PLACE}/theirs", power="start")
    world.aws.grant("user:dan@example.com", f"{HERE}/far")
    world.aws.grant("user:eve@example.com", "999999999999/eu-west-1/nowhere")
    return world


def test_the_role_of_that_account_is_assumed_with_the_external_id(elsewhere: World) -> None:
    answer = elsewhere.sign_in("carol@example.com", "/open")
    answer = elsewhere.browser.get(elsewhere.browser.path_of(answer.location))
    assert answer.location.startswith("https://theirs.")
    (assumed,) = elsewhere.aws.called("assume_role")
    assert assumed["RoleArn"] == "arn:aws:iam::210987654321:role/gate-launch"
    assert assumed["ExternalId"] == "x-42"
    arn = "arn:aws:sagemaker:eu-central-1:210987654321:notebook-instance/theirs"
    assert {each["Resource"] for each in json.loads(assumed["Policy"])["Statement"]} == {arn}
    assert elsewhere.aws.regions[-1] == "eu-central-1"


def test_another_region_of_ones_own_account_needs_no_other_role(elsewhere: World) -> None:
    elsewhere.sign_in("dan@example.com")
    elsewhere.browser.get("/open")
    (assumed,) = elsewhere.aws.called("assume_role")
    assert assumed["RoleArn"] == "arn:aws:iam::123456789012:role/launch"
    assert "ExternalId" not in assumed
    assert elsewhere.aws.regions[-1] == "us-east-1"


def test_its_address_its_buttons_and_its_state_carry_the_place(elsewhere: World) -> None:
    elsewhere.sign_in("carol@example.com")
    segment = f"{PLACE.replace('/', '~')}~theirs"
    page = elsewhere.browser.get("/").body
    assert f"/open/{segment}" in page
    elsewhere.aws.notebooks["theirs"] = "Stopped"
    page = elsewhere.browser.get("/").body
    assert f"/notebooks/{segment}/start" in page
    assert elsewhere.browser.get(f"/notebooks/{segment}").json["notebook"] == f"{PLACE}/theirs"
    assert elsewhere.browser.post(f"/notebooks/{segment}/start").location.endswith(f"/open/{segment}")
    assert elsewhere.browser.get(f"/open/{segment}").status == 202
    # The same name here is another notebook.
    assert elsewhere.browser.get("/open/theirs", headers=JSON).json["error"] == "not_granted"


def test_signing_in_leads_back_to_a_notebook_elsewhere(elsewhere: World) -> None:
    path = f"/open/{PLACE.replace('/', '~')}~theirs"
    assert elsewhere.browser.path_of(elsewhere.sign_in("carol@example.com", path).location) == path


def test_a_place_that_is_not_set_up_is_told_as_such(elsewhere: World) -> None:
    elsewhere.sign_in("eve@example.com")
    answer = elsewhere.browser.get("/open", headers=JSON)
    assert (answer.status, answer.json["error"]) == (404, "place_unknown")
    assert not elsewhere.aws.called("assume_role")
    # Whoever has no grant for it learns nothing of the settings.
    elsewhere.browser.cookies.clear()
    elsewhere.sign_in("alice@example.com")
    segment = "999999999999~eu-west-1~nowhere"
    assert elsewhere.browser.get(f"/open/{segment}", headers=JSON).json["error"] == "not_granted"


def test_a_row_that_names_no_notebook_takes_the_others_not_away(world: World) -> None:
    world.aws.grant("user:alice@example.com", "not a name")
    world.sign_in()
    assert world.browser.get("/open").status == 302


def test_who_is_let_in_again_after_a_revocation_gets_new_credentials(world: World) -> None:
    world.sign_in()
    assert world.browser.get("/open").status == 302
    denied = world.aws.errors
    denied["create_presigned_notebook_instance_url"] = refusal("AccessDeniedException")
    world.aws.lasting = {"create_presigned_notebook_instance_url": 1}
    assert world.browser.get("/open").status == 302
    assert len(world.aws.called("assume_role")) == 2


def test_new_credentials_that_are_denied_are_not_tried_again(world: World) -> None:
    world.sign_in()
    world.aws.errors["create_presigned_notebook_instance_url"] = refusal("AccessDeniedException")
    assert world.browser.get("/open").status == 502
    assert len(world.aws.called("create_presigned_notebook_instance_url")) == 1
