"""Compares VPC endpoints in the account with the settings: those of the function, and those of users."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # botocore uses the same rule

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from cli.notebooks.granted import GrantedNotebook

_DENIED_HERE = (
    "Add it to vpc_endpoints, and the CIDRs of vpc.subnet_ids to vpc.subnet_cidrs. Deploy, and with remote.locations "
    "deploy the launch roles there, too."
)


def check_sagemaker_endpoint(deployed: Deployed) -> Outcomes:
    """Check that AWS allows the function's calls through a VPC endpoint for the SageMaker API.

    If the endpoint has private DNS, all calls from its VPC go through it, and have no public address (`aws:SourceIp`).
    Raises `CommandError`.
    """
    config, region = deployed.config, deployed.aws.region
    if config.without_vpc:
        return
    endpoints = [] if _uses_proxy(deployed) else _sagemaker_endpoints(deployed)
    for endpoint in endpoints:
        if endpoint not in config.vpc_endpoints:
            text = f"the function's calls to SageMaker go through {endpoint}, which the launch role denies"
            yield Outcome("error", text, _DENIED_HERE)
        elif config.pin != "networks" and not config.subnet_cidrs:
            text = f"the function's calls to SageMaker go through {endpoint}, which session policies deny"
            yield Outcome("error", text, "Write the CIDRs of vpc.subnet_ids into vpc.subnet_cidrs, and deploy.")
        else:
            yield Outcome("ok", f"the function's calls to SageMaker go through {endpoint}, as the settings say")
    if not endpoints and config.egress:
        yield Outcome("ok", "the function's calls to SageMaker leave by its egress addresses")
    elif not endpoints:
        text = "the function's VPC has no VPC endpoint with private DNS for the SageMaker API"
        yield Outcome("warning", text, "Check yourself that the function can reach SageMaker: vpc.no_egress is true.")
    if not config.egress:
        regions = {location.partition("/")[2] for location in config.remote_locations} - {region}
        for other in sorted(regions):
            text = f"the function can't reach SageMaker in {other}: endpoints serve their own region alone"
            yield Outcome("error", text, "Give the subnets egress, or remove these entries from remote.locations.")


def _uses_proxy(deployed: Deployed) -> bool:
    """Return whether the function reaches SageMaker through the proxy, for which endpoints do not matter."""
    vpc, host = deployed.settings.vpc, f"api.sagemaker.{deployed.aws.region}.amazonaws.com"
    return bool(vpc.proxy) and not proxy_bypass_environment(host, {"no": ",".join(vpc.no_proxy)})


def _sagemaker_endpoints(deployed: Deployed) -> list[str]:
    """Return the ids of the VPC endpoints with private DNS for the SageMaker API, in the function's VPC."""
    vpc = deployed.function.get("VpcConfig", {}).get("VpcId", "")
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "service-name", "Values": [_api_service(deployed)]}]
    found = _available_endpoints(deployed, filters)
    return [endpoint["VpcEndpointId"] for endpoint in found if endpoint.get("PrivateDnsEnabled")]


def _api_service(deployed: Deployed) -> str:
    """Return the name of the VPC endpoint service of the SageMaker API."""
    return f"com.amazonaws.{deployed.aws.region}.sagemaker.api"


def check_private_api(deployed: Deployed) -> Outcomes:
    """Check that users can resolve the host name of a private API. Raises `CommandError`."""
    private, config = deployed.settings.private_endpoints, deployed.config
    if not private:
        return
    # A filter ignores an id that does not exist. As a parameter, the id would make the call fail.
    filters = [{"Name": "vpc-endpoint-id", "Values": list(private)}]
    described = {endpoint["VpcEndpointId"]: endpoint for endpoint in _available_endpoints(deployed, filters)}
    by_private_dns = deployed.settings.private_host == "api"
    for name in private:
        endpoint = described.get(name)
        if endpoint is None:
            text = f"{name} is not in this account, or does not exist"
            yield Outcome("warning", text, f"Check yourself that its users can resolve {config.base_url}.")
        elif not endpoint.get("ServiceName", "").endswith(".execute-api"):
            text = f"{name} is an endpoint of {endpoint.get('ServiceName')}, and not of execute-api"
            yield Outcome("error", text, "Write the endpoint of execute-api into private_endpoints.")
        elif by_private_dns and not endpoint.get("PrivateDnsEnabled"):
            text = f"users of {name} can't resolve {config.base_url}: the endpoint has no private DNS"
            fix = 'Turn on private DNS for this endpoint, or write private_host = "endpoint" and deploy.'
            yield Outcome("error", text, fix)
        else:
            yield Outcome("ok", f"users of {name} can resolve the host name of the API")


def check_notebook_endpoints(deployed: Deployed, granted: Sequence[GrantedNotebook]) -> Outcomes:
    """Check that `vpc_endpoints` has endpoints of all kinds of notebooks that people use. Raises `CommandError`.

    Source of the names: SageMaker developer guide, "Connect to a notebook instance through a VPC interface endpoint",
    and "Connect to Amazon SageMaker Studio through an interface VPC endpoint".
    """
    listed, region = deployed.settings.vpc_endpoints, deployed.aws.region
    if not listed:
        return
    notebooks, studio = f"aws.sagemaker.{region}.notebook", f"aws.sagemaker.{region}.studio"
    found = _available_endpoints(deployed, [{"Name": "vpc-endpoint-id", "Values": list(listed)}])
    service_of = {endpoint["VpcEndpointId"]: endpoint.get("ServiceName", "") for endpoint in found}
    unknown = [name for name in listed if name not in service_of]
    for name in unknown:
        text = f"{name} is not in this account, or is not available"
        fix = f"Check yourself which service it has: {notebooks} for notebook instances, {studio} for Studio."
        yield Outcome("warning", text, fix)
    for name, service in service_of.items():
        if service not in (notebooks, studio, _api_service(deployed)):
            text = f"{name} is an endpoint of {service}, through which nobody uses notebooks"
            yield Outcome("error", text, "Correct vpc_endpoints, and deploy.")
    used = {"notebook instances": notebooks} if any(not each.notebook.studio for each in granted) else {}
    used |= {"Studio": studio} if any("/" not in domain for domain in deployed.settings.studio.domains) else {}
    for kind, service in used.items():
        names = [name for name in listed if service_of.get(name) == service]
        if names:
            yield Outcome("ok", f"people in VPCs can use {kind} through {', '.join(names)}")
        elif not unknown:
            text = f"nobody can use {kind} through vpc_endpoints: none of them is an endpoint of {service}"
            fix = f"If people use {kind} from VPCs, add such an endpoint to vpc_endpoints, and deploy."
            yield Outcome("warning" if deployed.settings.networks else "error", text, fix)


def _available_endpoints(deployed: Deployed, filters: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the available VPC endpoints that match `filters`, as in DescribeVpcEndpoints. Raises `CommandError`."""
    client = deployed.aws.client("ec2")
    with aws_errors():
        pages = client.get_paginator("describe_vpc_endpoints").paginate(Filters=filters)
        endpoints = [endpoint for page in pages for endpoint in page["VpcEndpoints"]]
    return [endpoint for endpoint in endpoints if endpoint.get("State", "").lower() == "available"]
