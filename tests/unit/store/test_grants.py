"""The end of a grant, the length of its sessions, and the union of several grants."""

import pytest

from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.notebook import Notebook
from testing.harness import Harness


def opened(harness: Harness, path: str = "/open/alice-notebook") -> int:
    """Open the notebook, and return the session length in seconds that was requested from AWS."""
    assert harness.browser.get(path).status == 302
    return harness.aws.called("create_presigned_notebook_instance_url")[-1]["SessionExpirationDurationInSeconds"]


@pytest.mark.parametrize(
    ("remaining", "expected"),
    [(100_000, 7200), (7201, 7200), (3600, 3600), (1801, 1801), (1799, 1800), (1, 1800), (0, None), (-1, None)],
)
def test_a_session_ends_as_soon_after_its_grant_as_possible(
    harness: Harness, remaining: int, expected: int | None
) -> None:
    harness.sign_in()
    harness.clock.now = float(int(harness.clock.now))
    harness.aws.grant("user:alice@example.com", "alice-notebook", until=int(harness.clock.now) + remaining)
    if expected is None:
        assert harness.browser.get("/open/alice-notebook").status == 403
        assert harness.browser.get("/open").status == 403
    else:
        assert opened(harness) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [({}, 21_600), ({"session": 43_200}, 21_600), ({"session": 3600}, 3600), ({"session": 60}, 1800)],
)
def test_a_session_respects_the_limits_of_the_deployment_and_the_api(
    harness: Harness, attributes: dict[str, int], expected: int
) -> None:
    harness.configure(GATE_MAX_SESSION="21600")
    harness.aws.table.clear()
    harness.aws.grant("user:alice@example.com", "alice-notebook", **attributes)
    harness.sign_in()
    assert opened(harness) == expected


def test_the_longest_session_of_several_grants_applies_until_its_own_end(harness: Harness) -> None:
    harness.aws.table.clear()
    harness.clock.now = float(int(harness.clock.now))
    harness.aws.grant("group:a", "alice-notebook", session=1800)
    harness.aws.grant("group:b", "alice-notebook", session=3600, power="start-stop")
    harness.aws.grant("user:alice@example.com", "alice-notebook", session=2000)
    harness.sign_in(groups=["a", "b", "c"])
    assert opened(harness) == 3600
    assert opened(harness, "/open") == 3600  # one notebook, although there are several grants
    harness.aws.grant("group:c", "alice-notebook", session=9000, until=int(harness.clock.now) + 5000)
    assert opened(harness) == 5000
    harness.clock.now += 2000
    assert opened(harness) == 3600


def test_a_removed_grant_does_not_apply_to_the_next_request(harness: Harness) -> None:
    harness.sign_in()
    assert harness.browser.get("/open/alice-notebook").status == 302
    harness.aws.table.clear()
    assert harness.browser.get("/open/alice-notebook").status == 403


def test_unknown_values_give_the_least(harness: Harness) -> None:
    harness.aws.grant("user:alice@example.com", "alice-notebook", power="everything", view="terminal")
    harness.sign_in()
    assert harness.browser.get("/open/alice-notebook").location.endswith("&view=lab")
    assert harness.browser.post("/notebooks/alice-notebook/stop").status == 403


def test_all_pages_of_a_long_response_are_read(harness: Harness) -> None:
    for number in range(25):
        harness.aws.grant("user:alice@example.com", f"n{number:02}")
    harness.sign_in()
    listed = harness.browser.get("/open", headers={"Accept": "application/json"}).json["notebooks"]
    assert len(listed) == 26


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a--b", "a-1", "a" * 63])
def test_valid_notebook_names_are_accepted(name: str) -> None:
    assert str(Notebook.parse(name)) == name


@pytest.mark.parametrize("name", ["210987654321/eu-central-1/a-b", "210987654321/us-gov-west-1/a1"])
def test_remote_notebooks_are_named_with_their_location(name: str) -> None:
    notebook = Notebook.parse(name)
    assert (str(notebook), notebook.location) == (name, name.rpartition("/")[0])
    assert "/" not in notebook.segment
    assert Notebook.parse_segment(notebook.segment) == notebook


@pytest.mark.parametrize("location", ["", "210987654321/eu-central-1/"])
@pytest.mark.parametrize(
    "name",
    ["studio:d-abc123/alice", "studio:d-abc123/alice/churn-space", "studio:d-1/studio/studio",
     f"studio:d-{'d' * 61}/{'p' * 63}/{'s' * 63}"],
)  # fmt: skip
def test_names_in_studio_are_accepted(location: str, name: str) -> None:
    notebook = Notebook.parse(location + name)
    assert (str(notebook), "/".join(notebook.studio)) == (location + name, name.removeprefix("studio:"))
    assert not set(notebook.segment) & set("/:")
    assert Notebook.parse_segment(notebook.segment) == notebook
    # A person may also type the colon.
    assert Notebook.parse_segment((location + name).replace("/", "~")) == notebook


@pytest.mark.parametrize(
    "name",
    ["studio:", "studio:d-abc", "studio:d-abc/", "studio:d-abc//x", "studio:d-abc/a/b/c", "studio:abc/alice",
     "studio:d-ABC/alice", "studio:d-abc/alice/", "studio:d-abc/-a", "studio:d-abc/a_b", "studio:d-abc/..",
     "Studio:d-abc/alice", "studio/d-abc/alice", f"studio:d-{'d' * 62}/a", f"studio:d-abc/{'p' * 64}", "x:d-abc/alice"],
)  # fmt: skip
def test_invalid_names_in_studio_are_refused(name: str) -> None:
    with pytest.raises(InvalidNotebookNameError):
        Notebook.parse(name)


@pytest.mark.parametrize("name", ["", "-", "-a", "a-", "a_b", "a\n", "a" * 64, "é", "１"])
def test_invalid_notebook_names_are_refused_in_every_location(name: str) -> None:
    for prefix in ("", "210987654321/eu-west-1/"):
        with pytest.raises(InvalidNotebookNameError):
            Notebook.parse(prefix + name)


@pytest.mark.parametrize(
    "location",
    ["", "eu-west-1", "21098765432/eu-west-1", "210987654321/", "x/eu-west-1", "a/b/c", "210987654321/EU-west-1",
     "210987654321/eu-west-1/b", "210987654321/" + "a" * 99],
)  # fmt: skip
def test_invalid_locations_are_refused(location: str) -> None:
    with pytest.raises(InvalidNotebookNameError):
        Notebook.parse(f"{location}/a")
