"""Grants are read ahead for the person that a cookie names, and used only for the person that it proves."""

import base64
import json
import zlib
from typing import Any

import pytest

from gate import container
from gate.store.table import key_of, primary_key
from testing.aws import refusal
from testing.harness import Harness

BOB = "user:bob@example.com"
COOKIE = "__Secure-gate-session"
READS = {"/open/alice-notebook": "batch_get_item", "/open": "execute_statement", "/": "execute_statement"}


@pytest.fixture(autouse=True)
def first_requests(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first request of each `Gate` be the first one of a process."""
    assert harness  # whose own patch this replaces
    opened: list[object] = []

    def open_connections(clients: object) -> bool:
        is_first = not any(clients is each for each in opened)
        opened.append(clients)
        return is_first

    monkeypatch.setattr("gate.platform.aws.clients.LaunchClients.open_connections", open_connections)


def _forged(value: object, *, compressed: bool = False) -> str:
    text = json.dumps(value).encode()
    payload = base64.urlsafe_b64encode(zlib.compress(text, 9) if compressed else text).decode().rstrip("=")
    return f"01234567.{'.' if compressed else ''}{payload}.aaaaaa.{'A' * 43}"


def _restart(harness: Harness) -> None:
    """Make the next request the first one of a process."""
    browser = harness.browser
    harness.configure()
    harness.browser = browser
    harness.aws.calls.clear()


def _calls(harness: Harness, operation: str) -> int:
    return [name for name, _ in harness.aws.calls].count(operation)


@pytest.mark.parametrize("path", READS)
def test_the_first_request_reads_the_grants_once(harness: Harness, path: str) -> None:
    harness.sign_in()
    _restart(harness)
    assert harness.browser.get(path).status in (200, 302)
    assert _calls(harness, READS[path]) == 1
    assert _calls(harness, "get_secret_value") == 1


def test_the_grants_are_read_before_the_key_is_there(harness: Harness) -> None:
    harness.sign_in()
    _restart(harness)
    harness.aws.errors["get_secret_value"] = refusal("InternalServiceError")
    assert harness.browser.get("/open/alice-notebook").status == 502
    assert (_calls(harness, "batch_get_item"), _calls(harness, "assume_role")) == (1, 0)


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("value", [["alice@example.com"], ["alice@example.com", "data-science"]])
@pytest.mark.parametrize("compressed", [True, False])
def test_a_forged_cookie_opens_nothing(harness: Harness, path: str, value: list[str], compressed: bool) -> None:
    _restart(harness)
    harness.browser.cookies[COOKIE] = _forged(value, compressed=compressed)
    answer = harness.browser.get(path)
    assert answer.status == 302
    assert "/login?" in answer.location
    assert not _calls(harness, "assume_role")


def test_rows_that_were_read_for_a_forged_cookie_are_not_used_later(harness: Harness) -> None:
    harness.sign_in()
    mine = harness.browser.cookies[COOKIE]
    _restart(harness)
    harness.browser.cookies[COOKIE] = _forged(["alice@example.com"])
    harness.browser.get("/open/alice-notebook")
    harness.aws.table.clear("user:alice")
    harness.browser.cookies[COOKIE] = mine
    assert harness.browser.get("/open/alice-notebook").status == 403


def test_what_was_read_ahead_is_that_of_one_notebook_and_person(harness: Harness) -> None:
    harness.sign_in("carol@example.com")
    _restart(harness)
    assert harness.browser.get("/open/alice-notebook").status == 403
    harness.aws.grant("user:carol@example.com", "alice-notebook")
    assert harness.browser.get("/open/alice-notebook").status == 302


def test_a_read_that_fails_is_made_again(harness: Harness) -> None:
    harness.sign_in()
    _restart(harness)
    harness.aws.errors["batch_get_item"] = refusal("InternalServerError")
    harness.aws.error_counts["batch_get_item"] = 1
    assert harness.browser.get("/open/alice-notebook").status == 302
    assert _calls(harness, "batch_get_item") == 2


def test_later_requests_read_nothing_ahead(harness: Harness) -> None:
    harness.sign_in()
    _restart(harness)
    harness.browser.get("/open/alice-notebook")
    harness.aws.calls.clear()
    harness.browser.cookies[COOKIE] = _forged(["alice@example.com"])
    harness.browser.get("/open/alice-notebook")
    assert not _calls(harness, "batch_get_item")


@pytest.mark.parametrize(
    "value",
    [None, 1, "alice@example.com", [], [1], [["a"]], {"a": 1}, ["a", {"problem": "overage"}],
     ["a", *map(str, range(99))], ["\ud800"], [""], ["a" * 3000]],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("path", READS)
def test_no_claimed_value_is_an_error(harness: Harness, path: str, value: Any) -> None:
    for compressed in (False, True):
        _restart(harness)
        harness.browser.cookies[COOKIE] = _forged(value, compressed=compressed)
        assert harness.browser.get(path).status == 302


def test_rows_are_used_for_the_same_keys_alone_and_once(harness: Harness) -> None:
    table = container.get_gate().table
    alice, bob = primary_key("user:alice@example.com", "alice-notebook"), primary_key(BOB, "bob-notebook")
    with table.reading_ahead(keys=[alice]):
        assert [key_of(row) for row in table.get([bob])] == [key_of(bob)]
    with table.reading_ahead(keys=[alice]):
        assert {key_of(row)[0] for row in table.query([BOB])} == {BOB}
    with table.reading_ahead(principals=[BOB]):
        before = list(table.query([BOB]))
        harness.aws.grant(BOB, "one-more")
        assert len(list(table.query([BOB]))) == len(before) + 1
