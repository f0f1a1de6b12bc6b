"""Bookmarks that lead to a file, with the parameter `path`."""

from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

from local.aws.studio_resources import App
from testing.asking import RULES, browser_of, configure, post
from testing.harness import Harness
from testing.slack import Slack, open_path
from tests.fuzz.paths import HOSTILE_PATHS
from tests.unit.launch.studio_domain import ALICE, HOME_PATH, JSON, SPACE_PATH, change_space, presigned

FILE = "churn/März report.ipynb"
QUERY = "path=churn/M%C3%A4rz%20report.ipynb"
LANDING = "app:JupyterLab:lab/tree/churn/M%C3%A4rz%20report.ipynb"


def test_a_path_opens_the_file_in_jupyterlab(studio: Harness) -> None:
    assert studio.browser.get(f"{SPACE_PATH}?{QUERY}").status == 302
    assert presigned(studio)[0]["LandingUri"] == LANDING
    change_space(studio, app_type="JupyterServer")
    assert studio.browser.get(f"{SPACE_PATH}?view=classic&{QUERY}").status == 302
    assert presigned(studio)[1]["LandingUri"] == LANDING.replace("JupyterLab", "JupyterServer")


def test_no_hostile_path_reaches_aws(studio: Harness) -> None:
    for path in HOSTILE_PATHS:
        answer = studio.browser.get(f"{SPACE_PATH}?path={quote(path, safe='', errors='replace')}", headers=JSON)
        assert (answer.status, answer.json["error"]) == (400, "invalid_path"), path
    assert not presigned(studio)


@pytest.mark.parametrize(
    ("path", "app_type"), [("/open/alice-notebook", ""), (HOME_PATH, ""), (SPACE_PATH, "CodeEditor")]
)
def test_what_opens_at_no_file_says_so(studio: Harness, path: str, app_type: str) -> None:
    studio.aws.grant(ALICE, "alice-notebook")
    change_space(studio, app_type=app_type or "JupyterLab")
    answer = studio.browser.get(f"{path}?{QUERY}", headers=JSON)
    assert (answer.status, answer.json["error"]) == (400, "path_unsupported")
    assert not presigned(studio)
    assert not studio.aws.called("create_presigned_notebook_instance_url")


def test_a_path_survives_the_sign_in(studio: Harness) -> None:
    studio.browser.cookies.clear()
    sign_in = studio.browser.path_of(studio.browser.get(f"{SPACE_PATH}?view=jupyterlab&{QUERY}").location)
    (target,) = parse_qs(urlsplit(sign_in).query)["next"]
    returned = studio.sign_in(path=target)
    assert studio.browser.path_of(returned.location) == f"{SPACE_PATH}?view=jupyterlab&{QUERY}"


def test_a_path_survives_the_waiting_page_and_its_start(studio: Harness) -> None:
    change_space(studio, app=None)
    studio.aws.grant(ALICE, "studio:d-abc/alice/churn", power="start")
    page = studio.browser.get(f"{SPACE_PATH}?{QUERY}").body
    assert f'data-open-url="/prod{SPACE_PATH}?{QUERY}"' in page
    start = f"/notebooks/studio~d-abc~alice~churn/start?{QUERY}"
    assert f'action="/prod{start}"' in page
    assert studio.browser.path_of(studio.browser.post(start).location) == f"{SPACE_PATH}?{QUERY}"


def test_a_path_survives_a_request_for_access(studio: Harness) -> None:
    configure(studio, RULES)
    studio.aws.table.clear()
    alice, dana = browser_of(studio, "alice@example.com"), browser_of(studio, "dana@example.com")
    refused = alice.get(f"{SPACE_PATH}?{QUERY}").body
    form = f"/requests?notebook=studio~d-abc~alice~churn&{QUERY}"
    assert f'href="/prod{form}"' in refused.replace("&amp;", "&")
    assert f'name="path" value="{FILE}"' in alice.get(form).body
    asked = post(alice, "/requests", notebook="studio:d-abc/alice/churn", reason="r", seconds=3600, path=FILE)
    request = alice.path_of(asked.location)
    assert request.endswith(f"?{QUERY}")
    assert f'data-open-url="/prod{request}"' in alice.get(request).body
    post(dana, urlsplit(request).path, decision="allow", seconds=3600)
    opened = alice.path_of(alice.get(request).location)
    assert opened == f"{SPACE_PATH}?{QUERY}"
    assert alice.get(opened).status == 302


def test_a_path_survives_a_ticket(studio: Harness, slack: Slack) -> None:
    studio.aws.table.clear()
    studio.aws.grant("slack:T0LOCAL/U0ALICE", "studio:d-abc/alice/churn")
    ticket = open_path(slack.ask())
    change_space(studio, app=App("Pending", 0, "ml.t3.medium"))
    waiting = studio.browser.get(f"{ticket}&{QUERY}")
    assert (waiting.status, studio.browser.path_of(waiting.location)) == (303, f"{SPACE_PATH}?{QUERY}")
    change_space(studio, app=App("InService", 0, "ml.t3.medium"))
    assert studio.browser.get(f"{SPACE_PATH}?{QUERY}").status == 302
    assert unquote(presigned(studio)[0]["LandingUri"]).endswith(FILE)
