"""Pages are safe: no foreign content, no foreign scripts, and names are escaped."""

import base64
import hashlib
import re
from urllib.parse import urlsplit

import pytest

from testing.harness import Answer, Harness

FOREIGN = re.compile(r"<script\s|<(link|img|iframe|object|embed|base)\b|\ssrc=|\sstyle=|\son\w+=|url\(")


def _pages(harness: Harness) -> dict[str, Answer]:
    harness.sign_in("bob@example.com", groups=["data-science"])
    pages = {
        "notebooks": harness.browser.get("/"),
        "choice": harness.browser.get("/open"),
        "refusal": harness.browser.get("/open/alice-notebook"),
        "bad name": harness.browser.get("/open/-"),
        "unknown": harness.browser.get("/nope"),
        "help": harness.browser.get("/help"),
    }
    harness.aws.notebooks["bob-notebook"] = "Stopped"
    pages["not running"] = harness.browser.get("/open/bob-notebook")
    pages["signed out"] = harness.browser.post("/logout")
    return pages


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_pages_carry_a_strict_policy(harness: Harness) -> None:
    for name, page in _pages(harness).items():
        policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
        (style,) = re.findall(r"<style>(.*?)</style>", page.body, re.DOTALL)
        for script in re.findall(r"<script>(.*?)</script>", page.body, re.DOTALL):
            assert policy["script-src"] == _hash(script), name
        assert policy.pop("script-src").startswith("'sha256-")
        assert policy == {
            "default-src": "'none'",
            "style-src": _hash(style),
            "connect-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }, name
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "no-store"


def test_pages_load_and_link_to_nothing_foreign(harness: Harness) -> None:
    for name, page in _pages(harness).items():
        assert not FOREIGN.search(page.body), name
        for address in re.findall(r'(?:href|action)="([^"]*)"', page.body):
            # Only the page after signing out links to the provider.
            internal = address.startswith("/prod/") or address == "/prod"
            assert internal or (name == "signed out" and address.startswith(harness.issuer.url)), (name, address)


def test_pages_are_small(harness: Harness) -> None:
    for name, page in _pages(harness).items():
        assert len(page.body) < 30_000, name


def test_pages_have_a_language_a_viewport_and_one_heading(harness: Harness) -> None:
    for name, page in _pages(harness).items():
        assert '<html lang="en">' in page.body, name
        assert 'name="viewport"' in page.body, name
        assert len(re.findall(r"<h1>", page.body)) == 1, name


@pytest.mark.parametrize("name", ["<b>x</b>@example.com", '"onload=alert(1)@example.com', "{{7*7}}@example.com"])
def test_names_are_escaped(harness: Harness, name: str) -> None:
    harness.aws.grant(f"user:{name}", "alice-notebook")
    harness.sign_in(name)
    page = harness.browser.get("/")
    assert page.status == 200
    assert "<b>" not in page.body
    assert "49@" not in page.body
    assert '"onload' not in page.body
    assert urlsplit(harness.browser.get("/open").location).netloc.endswith(".sagemaker.aws")
