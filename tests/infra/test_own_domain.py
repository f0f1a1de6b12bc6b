"""What an own domain adds."""

from gate.web.responses import STRICT_TRANSPORT_SECURITY
from local.resolved_template import ResolvedTemplate
from local.template import Template


def test_gateway_responses_demand_https_on_an_own_domain(own_resolved: ResolvedTemplate, template: Template) -> None:
    own = own_resolved.gateway_responses.values()
    assert len(own) > 8
    assert {each.headers.get("Strict-Transport-Security") for each in own} == {STRICT_TRANSPORT_SECURITY}
    staged = ResolvedTemplate(template).gateway_responses.values()
    assert {each.headers.get("Strict-Transport-Security") for each in staged} == {None}
