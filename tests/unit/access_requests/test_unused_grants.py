"""Owners and approvers see which grants nobody used, as an operator reported it."""

import pytest

from gate.access_requests.lists import MAX_OWNED, PAGE_SIZE
from gate.access_requests.unused_grants import MAX_BYTES, REPORT_TTL, UnusedGrants, read_unused
from testing.asking import ask, browser_of, post
from testing.environment import JSON
from testing.harness import Browser, Harness
from testing.log_lines import Lines

DAY = 86_400
ALICE, GROUP = "user:alice@example.com", "group:interns"


def _report(asking: Harness, *principals: str, notebook: str = "bob-notebook", age: int = 0) -> UnusedGrants:
    now = int(asking.clock()) - age
    report = UnusedGrants(notebook, frozenset(principals), now - 90 * DAY, now)
    asking.aws.table.put(report.to_row()[0])
    return report


def _shown(browser: Browser) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    holders = browser.get("/requests/access", headers=JSON).json["holders"]
    return {(each["principal"], each["notebook"]): (each["unused_since"], each["checked_at"]) for each in holders}


def test_an_owner_sees_which_grants_nobody_used(asking: Harness) -> None:
    asking.aws.grant(GROUP, "bob-notebook")
    report = _report(asking, GROUP)
    frank = browser_of(asking, "frank@example.com")
    shown = _shown(frank)
    assert shown[GROUP, "bob-notebook"] == (report.since, report.reported_at)
    assert shown["user:frank@example.com", "bob-notebook"] == (None, None)
    body = frank.get("/requests/access").body
    assert body.count("Not opened since") == 1
    entry = body.partition(f"<code>{GROUP}</code>")[2].partition("</li>")[0]
    assert "Not opened since <time" in entry
    assert "</time>, as checked <time" in entry


def test_an_approver_sees_it_for_requested_access(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    post(dana, ask(alice), decision="allow", seconds=3600)
    report = _report(asking, ALICE)
    assert _shown(dana) == {(ALICE, "bob-notebook"): (report.since, report.reported_at)}


def test_a_report_is_about_the_notebook_as_the_rows_name_it(asking: Harness) -> None:
    asking.aws.grant(GROUP, "123456789012/eu-west-1/bob-notebook")
    _report(asking, GROUP)
    frank = browser_of(asking, "frank@example.com")
    assert {since for since, _ in _shown(frank).values()} == {None}


def test_a_report_ends_even_if_its_row_is_still_there(asking: Harness) -> None:
    asking.aws.grant(GROUP, "bob-notebook")
    frank = browser_of(asking, "frank@example.com")
    _report(asking, GROUP, age=REPORT_TTL - 5)
    assert _shown(frank)[GROUP, "bob-notebook"] != (None, None)
    _report(asking, GROUP, age=REPORT_TTL)
    assert _shown(frank)[GROUP, "bob-notebook"] == (None, None)


def test_a_malformed_report_is_ignored(asking: Harness, lines: Lines) -> None:
    asking.aws.grant(GROUP, "bob-notebook")
    row, _ = _report(asking, GROUP).to_row()
    asking.aws.table.put({**row, "principals": {"S": GROUP}})
    assert _shown(browser_of(asking, "frank@example.com"))[GROUP, "bob-notebook"] == (None, None)
    assert any('"malformed report of unused grants"' in text for text in lines.texts)


def test_a_report_opens_nothing_and_is_nobodys_grant(asking: Harness) -> None:
    _report(asking, ALICE, notebook="bob-notebook")
    assert browser_of(asking, "alice@example.com").get("/open/bob-notebook").status == 403
    assert ("unused:", "bob-notebook") not in _shown(browser_of(asking, "frank@example.com"))


def test_the_reports_of_a_page_take_one_call(asking: Harness) -> None:
    asking.aws.table.clear()
    for number in range(MAX_OWNED):
        asking.aws.grant("user:frank@example.com", f"n-{number}", owner=True)
        for holder in range(8):
            asking.aws.grant(f"user:h-{holder}@example.com", f"n-{number}")
    frank = browser_of(asking, "frank@example.com")
    before = len(asking.aws.calls)
    assert len(_shown(frank)) == MAX_OWNED * 9
    batches = [arguments for name, arguments in asking.aws.calls[before:] if name == "batch_get_item"]
    named = [key["principal"]["S"] for each in batches for key in next(iter(each["RequestItems"].values()))["Keys"]]
    of_reports = [each for each in batches if "'unused:'" in str(each)]
    assert len(of_reports) == 1
    assert named.count("unused:") == MAX_OWNED
    # Each owned notebook has two spellings at most, and the page has 50 requested grants beside them.
    assert MAX_OWNED * 2 + PAGE_SIZE <= 100


def test_an_empty_page_reads_no_reports(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    before = len(asking.aws.calls)
    assert _shown(alice) == {}
    assert "'unused:'" not in str(asking.aws.calls[before:])


@pytest.mark.parametrize("number", [1, 1_000])
def test_a_report_fits_into_an_item(number: int) -> None:
    principals = frozenset(f"group:{index:04}-{'ü' * 300}" for index in range(number))
    row, left_out = UnusedGrants("n", principals, 1, 2).to_row()
    kept = row["principals"]["SS"]
    assert len(kept) + left_out == number
    assert sum(len(each.encode()) for each in kept) <= MAX_BYTES
    assert (left_out > 0) is (number > 1)
    assert read_unused([row], 3).keys() == {(each, "n") for each in kept}
