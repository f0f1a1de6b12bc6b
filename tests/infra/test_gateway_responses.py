"""The pages of API Gateway itself: their look, their links, and nothing in them that a client chooses."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from infra.settings import Settings
from local.resolved_template import GatewayResponse, ResolvedTemplate
from local.template import synthesise
from tests.infra.examples import FULL

PAGES = Path(__file__).parents[2] / "lambda" / "gate" / "pages"
AGAIN = '<a class="button" href="">Try again</a>'


def _pages(resolved: ResolvedTemplate) -> dict[str, str]:
    return {kind: response.templates["text/html"] for kind, response in resolved.gateway_responses.items()}


def _policy_of(response: GatewayResponse) -> str:
    return response.headers["Content-Security-Policy"]


def test_the_pages_have_the_style_sheet_and_the_header_of_the_functions_pages(resolved: ResolvedTemplate) -> None:
    style = (PAGES / "style.css").read_text()
    (name,) = re.findall(r'<a class="gate" href="{{ links.home }}">(.*?)</a>', (PAGES / "base.html").read_text())
    allowed = f"style-src 'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
    for response in resolved.gateway_responses.values():
        page = response.templates["text/html"]
        assert f"<style>{style}</style>" in page
        assert f'<header><a class="gate" href="/prod/">{name}</a>' in page
        assert allowed in _policy_of(response)


def test_every_page_leads_to_the_notebooks(resolved: ResolvedTemplate) -> None:
    for page in _pages(resolved).values():
        assert re.search(r'<a (class="button" )?href="/prod/">Your notebooks</a>', page)
        assert page.count('class="button"') == 1
        assert not re.search(r"\{\w+\}", page), "a part of the page is not filled in"


@pytest.mark.parametrize("keep", [False, True])
def test_on_a_custom_domain_the_pages_lead_to_the_domain(keep: bool) -> None:
    """From the address of API Gateway, too, where the path of the domain would lead nowhere."""
    settings = {**FULL, "domain": {**FULL["domain"], "keep_default": keep}}
    for page in _pages(ResolvedTemplate(synthesise(Settings.parse(settings)))).values():
        assert set(re.findall(r'href="([^"]*)"', page)) - {""} == {"https://notebooks.example.com/"}


def test_who_can_try_again_has_a_link_for_it(resolved: ResolvedTemplate) -> None:
    again = {kind for kind, page in _pages(resolved).items() if AGAIN in page}
    assert again == {"ACCESS_DENIED", "THROTTLED", "INTEGRATION_TIMEOUT", "DEFAULT_5XX"}


def test_only_callers_outside_the_networks_see_the_address_that_was_seen(resolved: ResolvedTemplate) -> None:
    pages = _pages(resolved)
    assert "Your address is <code>$context.identity.sourceIp</code>." in pages["ACCESS_DENIED"]
    assert [kind for kind, page in pages.items() if "sourceIp" in page] == ["ACCESS_DENIED"]


def test_the_pages_contain_nothing_that_a_client_chooses(resolved: ResolvedTemplate) -> None:
    """API Gateway fills in variables without escaping them: a path could become a script."""
    for response in resolved.gateway_responses.values():
        for body in response.templates.values():
            assert set(re.findall(r"\$[\w.]+", body)) <= {"$context.requestId", "$context.identity.sourceIp"}


def test_signatures_are_a_matter_of_scripts(resolved: ResolvedTemplate) -> None:
    for kind, response in resolved.gateway_responses.items():
        assert not re.search("SigV4|signature|credentials|/iam", response.templates["text/html"]), kind
    for kind in ("MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "EXPIRED_TOKEN"):
        assert "SigV4" in json.loads(resolved.gateway_responses[kind].templates["application/json"])["message"]


def test_the_pages_are_small(resolved: ResolvedTemplate) -> None:
    """CloudFormation takes a template of a megabyte at most (user guide, "Quotas")."""
    assert sum(map(len, _pages(resolved).values())) < 150_000
