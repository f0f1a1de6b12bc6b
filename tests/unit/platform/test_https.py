"""On a custom domain, every response requires HTTPS (HSTS)."""

import pytest

from testing.environment import STAGE_URL
from testing.harness import Harness

HSTS = "strict-transport-security"
REQUESTS = ["/", "/open/alice-notebook", "/login", "/login/callback", "/health", "/nope", "/iam/open/alice-notebook"]


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize("headers", [{}, {"Accept": "application/json"}])
def test_a_custom_domain_requires_https(harness: Harness, path: str, headers: dict[str, str]) -> None:
    harness.configure(GATE_BASE_URL="https://notebooks.example.com")
    # Without includeSubDomains and preload, which the gate must not decide on.
    assert harness.browser.get(path, headers=headers).headers[HSTS] == "max-age=31536000"
    assert harness.browser.post("/logout").headers[HSTS] == "max-age=31536000"
    assert harness.browser.post("/slack").headers[HSTS] == "max-age=31536000"


@pytest.mark.parametrize("base_url", [STAGE_URL, "http://127.0.0.1:8080"])
def test_other_hosts_do_not_get_the_header(harness: Harness, base_url: str) -> None:
    harness.configure(GATE_BASE_URL=base_url)
    for path in REQUESTS:
        assert HSTS not in harness.browser.get(path).headers
