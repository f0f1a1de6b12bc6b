"""Sign-ins in several tabs of one browser at once."""

import itertools
import random
from typing import Any

import pytest

from gate.identity.login import MAX_LOGINS
from gate.identity.sign_in_session import MAX_COOKIE_BYTES
from testing.harness import Browser, Harness
from tests.unit.identity.callbacks import LINK, NOTEBOOK, callback_path, start_sign_in, state_of


def _targets(count: int) -> list[str]:
    return ["/", "/open", NOTEBOOK, f"{NOTEBOOK}?view=lab", *(f"/open/notebook-{n}" for n in range(count - 4))]


def _tabs(harness: Harness, targets: list[str], order: list[int]) -> list[str]:
    """Open `targets` in tabs at once, finish the sign-ins in `order`, and return the path where each tab ended."""
    browser = Browser(harness.browser.base_url)
    authorization_urls = [start_sign_in(browser, target) for target in targets]
    ends: dict[int, str] = {}
    for tab in order:
        answer = browser.get(callback_path(harness, authorization_urls[tab]))
        assert answer.status == 302, (order, tab)
        ends[tab] = browser.path_of(answer.location)
    return [ends[tab] for tab in range(len(targets))]


SIX = [*range(6)]

ORDERS: list[list[int]] = [
    SIX,
    SIX[::-1],
    *(SIX[first:] + SIX[:first] for first in range(1, 6)),
    *([*order, 5, 4, 3] for order in itertools.permutations(range(3))),
]


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_six_tabs_opened_at_once_all_reach_their_return_paths(harness: Harness, order: list[int]) -> None:
    assert _tabs(harness, _targets(6), order) == _targets(6)


def test_more_tabs_than_cookies_reach_their_return_paths_after_one_sign_in(harness: Harness) -> None:
    """The oldest cookies were removed. These tabs continue with the session of another tab."""
    targets = _targets(MAX_LOGINS + 4)
    order = [*range(len(targets))]
    random.Random(16).shuffle(order)
    newest_first = [len(targets) - 1, *(tab for tab in order if tab != len(targets) - 1)]
    assert _tabs(harness, targets, newest_first) == targets


def test_the_error_page_of_one_tab_too_many_links_to_its_notebook(harness: Harness) -> None:
    authorization_urls = [start_sign_in(harness.browser) for _ in range(MAX_LOGINS + 1)]
    oldest = harness.browser.get(callback_path(harness, authorization_urls[0]))
    assert (oldest.status, LINK.findall(oldest.body)) == (400, ["/prod/login?next=%2Fopen%2Falice-notebook"])
    newer = harness.browser.get(callback_path(harness, authorization_urls[1]))
    assert newer.location == harness.browser.base_url + NOTEBOOK


def test_the_cookies_of_all_tabs_fit_into_the_headers(harness: Harness) -> None:
    """API Gateway accepts 10,240 bytes of request line and headers ("Quotas", REST API)."""
    for base_url in ("https://notebooks.example.com", harness.browser.base_url):
        harness.configure(GATE_BASE_URL=base_url)
        for _ in range(2 * MAX_LOGINS):
            start_sign_in(harness.browser, f"/open/{'a' * 104}?view=classic")
        assert len(harness.browser.cookies) == MAX_LOGINS
        sent = "; ".join(f"{name}={value}" for name, value in harness.browser.cookies.items())
        assert len(sent) <= MAX_LOGINS * 256
    longest_code, other_headers = 2500, 1500
    assert MAX_LOGINS * 256 + MAX_COOKIE_BYTES + longest_code + other_headers < 10_240


def test_the_state_contains_no_secret_of_the_cookie(harness: Harness) -> None:
    """The verifier and the nonce are only in the cookie. The state appears in URLs, logs and browser histories."""
    from gate import container

    authorization_url = start_sign_in(harness.browser)
    (cookie,) = harness.browser.cookies.values()
    login: Any = container.get_gate().identity.login
    state_id, nonce, verifier = login._cookie_signer.read(cookie)
    state = login._states._signer.read(state_of(authorization_url))
    assert state == [state_id, NOTEBOOK]
    assert not {nonce, verifier} & set(state)
