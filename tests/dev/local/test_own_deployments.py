"""Tests that change the deployment. Each has its own."""

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.clock import Clock
from testing.environment import JSON
from testing.user import TestUser


def test_stopping_and_starting_need_the_power_of_the_grant(sample: Sample) -> None:
    clock = Clock()
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        alice, bob = TestUser(deployment), TestUser(deployment)
        alice.open("/", "alice@example.com")
        bob.open("/", "bob@example.com")

        assert alice.press("/notebooks/alice-notebook/stop").status_code == 303
        assert alice.go("/notebooks/alice-notebook").json()["state"] == "Stopping"
        clock.ahead += 60 / sample.speed_factor + 1
        assert alice.go("/notebooks/alice-notebook").json()["state"] == "Stopped"
        waiting = alice.go("/open/alice-notebook", headers=JSON)
        assert (waiting.status_code, waiting.json()["error"]) == (409, "notebook_stopped")
        assert alice.press("/notebooks/alice-notebook/start").status_code == 303
        assert alice.go("/open/alice-notebook").status_code == 202
        clock.ahead += 180 / sample.speed_factor + 1
        assert alice.go("/open/alice-notebook").status_code == 302

        assert bob.press("/notebooks/bob-notebook/stop").status_code == 403
        assert alice.press("/notebooks/bob-notebook/stop").status_code == 403
        assert bob.go("/notebooks/bob-notebook").json()["state"] == "InService"
        foreign = alice.go("/notebooks/alice-notebook/stop", "POST", headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403


def test_a_removed_grant_is_denied_at_the_next_open(sample: Sample) -> None:
    with LocalDeployment(sample) as deployment:
        alice = TestUser(deployment)
        assert alice.open("/open", "alice@example.com").status_code == 302

        key = {"principal": {"S": "user:alice@example.com"}, "notebook": {"S": "alice-notebook"}}
        deployment.operator("dynamodb").delete_item(TableName=deployment.template.table["TableName"], Key=key)

        assert alice.go("/open/alice-notebook").status_code == 403


def test_redirects_and_cookies_work_under_a_stage_path(sample: Sample) -> None:
    with LocalDeployment(sample, LocalOptions(stage_in_path=True)) as deployment:
        assert deployment.base_url.endswith("/prod")
        alice = TestUser(deployment)
        answer = alice.open("/open/alice-notebook", "alice@example.com")
        assert answer.headers["Location"].startswith("http://alice-notebook.")
        assert {cookie.path for cookie in alice.cookies if cookie.name.startswith("gate")} == {"/prod"}
        assert 'href="/prod/"' in alice.go("/open/nobodys-notebook").text
        assert alice.get(f"{deployment.url}/open/alice-notebook", timeout=120).status_code in {403, 404}


def test_a_launch_that_aws_throttles_is_queued(sample: Sample) -> None:
    clock = Clock()
    slow = sample.model_copy(update={"urls_per_second": 0.1})
    with LocalDeployment(slow, LocalOptions(clock=clock)) as deployment:
        alice = TestUser(deployment)
        alice.open("/", "alice@example.com")
        assert alice.go("/open/alice-notebook").status_code == 302
        busy = alice.go("/open/alice-notebook", headers=JSON)
        assert (busy.status_code, busy.json()["error"]) == (202, "in_line")
        assert 1 <= int(busy.headers["Retry-After"]) <= 5
        clock.ahead += 11
        assert alice.go("/open/alice-notebook").status_code == 302


def test_the_sample_shows_how_stopped_notebooks_start_and_when_access_ends(sample: Sample) -> None:
    clock = Clock()
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        grace = TestUser(deployment)
        page = grace.open("/", "grace@example.com").text
        assert (page.count("<strong>Stopped</strong>"), page.count(" data-end>")) == (2, 1)
        assert grace.go("/open/guest-notebook").status_code == 302
        assert grace.go("/open/price-model").status_code == 409
        assert grace.press("/notebooks/price-model/start").status_code == 303
        assert grace.go("/open/fraud-model").status_code == 202  # starts by itself
        clock.ahead += 180 / sample.speed_factor + 1
        assert [grace.go(f"/open/{name}-model").status_code for name in ("price", "fraud")] == [302, 302]
        clock.ahead += 2 * 86_400
        assert "guest-notebook" not in grace.open("/", "grace@example.com").text
