"""An own domain demands HTTPS of browsers, on every answer."""

import pytest

from tests.unit.conftest import STAGE_URL, World

HSTS = "strict-transport-security"
REQUESTS = ["/", "/open/alice-notebook", "/login", "/login/callback", "/health", "/nope", "/iam/open/alice-notebook"]


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize("headers", [{}, {"Accept": "application/json"}])
def test_an_own_domain_demands_https(world: World, path: str, headers: dict[str, str]) -> None:
    world.configure(GATE_BASE_URL="https://notebooks.example.com")
    # Names below the gate's, and the whole domain, are not its own to decide about.
    assert world.browser.get(path, headers=headers).headers[HSTS] == "max-age=31536000"
    assert world.browser.post("/logout").headers[HSTS] == "max-age=31536000"
    assert world.browser.post("/slack").headers[HSTS] == "max-age=31536000"


@pytest.mark.parametrize("base_url", [STAGE_URL, "http://127.0.0.1:8080"])
def test_other_hosts_are_not_ours_to_decide_about(world: World, base_url: str) -> None:
    world.configure(GATE_BASE_URL=base_url)
    for path in REQUESTS:
        assert HSTS not in world.browser.get(path).headers
