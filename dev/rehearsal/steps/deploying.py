"""Steps from the source tree to a deployed stack that answers."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from local.template import Template
from rehearsal import gateway
from rehearsal.account import ENVIRONMENT, ROOT, CommandFailedError
from rehearsal.breakages import BREAKAGES
from rehearsal.environment import LONG_SESSION, STACK, Environment
from rehearsal.hosts import AWS_ADDRESS, INSIDE, OUTSIDE
from rehearsal.omitted import adapt, give_network, of_type
from rehearsal.permissions import denied_to_lambda
from rehearsal.snapshots import Snapshots
from rehearsal.steps import StepFailedError, require


def synthesise(env: Environment) -> str:
    """Synthesise the template and the bundle, with the machine's own network: the bundle needs the package index."""
    configure(env, networks=[INSIDE], session=LONG_SESSION)
    return synthesise_again(env)


def configure(env: Environment, **settings: Any) -> None:
    """Write the operator's gate.toml (`Environment.write_settings`)."""
    broken = BREAKAGES.get(env.breakage)
    env.write_settings(**{**settings, **(broken.settings if broken else {})})


def synthesise_again(env: Environment, *, tree: Path = ROOT) -> str:
    """Synthesise the template and the bundle of the present settings. `tree`: the source tree."""
    python_path = os.pathsep.join(str(tree / folder) for folder in (".", "lambda", "dev"))
    app = f"PYTHONPATH={python_path} {ROOT / '.venv' / 'bin' / 'python'} -m rehearsal.app {env.settings}"
    env.account.cdk("synth", "--quiet", "--app", app, "--output", str(env.assembly), cwd=tree, own_network=True)
    # CDK names what it uploads by the hash from before these changes. The new account has no file of that name yet.
    path, broken = template_file(env), BREAKAGES.get(env.breakage)
    template = json.loads(path.read_text(encoding="utf-8"))
    if broken:
        broken.template(template)
        broken.bundle(_bundle(env, template))
    adapt(template)
    give_network(template, env.proxy(AWS_ADDRESS))
    path.write_text(json.dumps(template, indent=1), encoding="utf-8")
    return f"a template of {path.stat().st_size // 1024} KB" + (f", in which {broken.what}" if broken else "")


def template_file(env: Environment) -> Path:
    """Return the synthesised template."""
    return env.assembly / f"{STACK}.template.json"


def replace_template(env: Environment, text: str) -> None:
    """Replace the synthesised template, also under the name by which CDK uploads it."""
    template_file(env).write_text(text, encoding="utf-8")
    assets = env.assembly / f"{STACK}.assets.json"
    files = json.loads(assets.read_text(encoding="utf-8"))["files"]
    (old,) = (name for name, each in files.items() if each["source"]["path"] == template_file(env).name)
    for file in (assets, env.assembly / "manifest.json"):
        named = file.read_text(encoding="utf-8").replace(old, hashlib.sha256(text.encode()).hexdigest())
        file.write_text(named, encoding="utf-8")


def _bundle(env: Environment, template: Template) -> Path:
    (_, function), *_ = of_type(template, "AWS::Lambda::Function")
    return env.assembly / f"asset.{function['Code']['S3Key'].removesuffix('.zip')}"


def bootstrap(env: Environment) -> str:
    """Bootstrap the account, as a team does once."""
    # The folder has no cdk.json, which would make CDK synthesise the app again.
    env.account.cdk("bootstrap", ENVIRONMENT, cwd=env.folder)
    (stack,) = env.account.client("cloudformation").describe_stacks(StackName="CDKToolkit")["Stacks"]
    return f"CDKToolkit is {stack['StackStatus']}"


def deploy(env: Environment) -> str:
    """Deploy the stack, and register the host name of its API in the emulator."""
    update(env)
    if env.api_host not in env.api_names:
        _register_api_name(env)
    found = env.account.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    failed = [each["LogicalResourceId"] for each in found if not each["ResourceStatus"].endswith("_COMPLETE")]
    require(not failed, f"not deployed: {failed}")
    return f"{len(found)} resources; {env.base_url}"


def update(env: Environment) -> None:
    """Run `cdk deploy`. Raises `CommandFailedError`, or `StepFailedError` if the function does not start."""
    with Snapshots(env.account, STACK).signalled() as snapshots:
        try:
            env.account.cdk("--app", str(env.assembly), "deploy", STACK, "--require-approval", "never", cwd=env.folder)
        except CommandFailedError as error:
            if snapshots.failures:
                raise StepFailedError("\n".join(snapshots.failures)) from error
            raise
    env.read_stack()


def _register_api_name(env: Environment) -> None:
    """Register the API's host name at AWS as a custom domain, since the emulator serves the API by no other name."""
    client = env.account.client("apigateway")
    certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    client.create_domain_name(
        domainName=env.api_host, regionalCertificateArn=certificate, endpointConfiguration={"types": ["REGIONAL"]}
    )
    api, name = env.api
    client.create_base_path_mapping(domainName=env.api_host, basePath=name, restApiId=api, stage=name)
    env.api_names.add(env.api_host)


def answer(env: Environment) -> str:
    """Call /health from inside and from outside the networks."""
    require(*gateway.deployment_is_complete(env))
    require(*gateway.functions_are_invocable(env))
    inside = env.browser().get(f"{env.base_url}/health")
    require(inside.status_code == 200, f"GET /health: {inside.status_code} {inside.text[:300]}")
    outside = env.browser(OUTSIDE).get(f"{env.base_url}/health")
    require(outside.status_code == 403, f"GET /health from outside the networks: {outside.status_code}")
    require("outside_networks" in outside.text, f"the response from outside: {outside.text[:300]}")
    return "200 from inside the networks, 403 from outside, before any code ran"


def log(env: Environment) -> str:
    """Check that the log group of the function contains its first requests."""
    refused = denied_to_lambda(env)
    group = env.function["LoggingConfig"]["LogGroup"]
    require(not refused, f"{group} stays empty, or the function does not start; Lambda may not {', '.join(refused)}")
    client = env.account.client("logs")
    streams = client.describe_log_streams(logGroupName=group)["logStreams"]
    events = [
        event["message"]
        for stream in streams
        for event in client.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    ]
    counted = [event for event in events if "CloudWatchMetrics" in event]
    require(counted, f"{group} has no metrics: {events}")
    return f"{len(events)} lines in {group}"
