"""What an own domain adds."""

from gate.web.responses import STRICT_TRANSPORT_SECURITY
from local.deployment import Deployment
from local.template import Template


def test_gateway_responses_demand_https_on_an_own_domain(own_deployment: Deployment, template: Template) -> None:
    own = own_deployment.gateway_responses.values()
    assert len(own) > 8
    assert {each.headers.get("Strict-Transport-Security") for each in own} == {STRICT_TRANSPORT_SECURITY}
    staged = Deployment(template).gateway_responses.values()
    assert {each.headers.get("Strict-Transport-Security") for each in staged} == {None}
