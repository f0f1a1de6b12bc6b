"""Changes of the settings and of the code while people open notebooks."""

import json
from typing import Any

from rehearsal import source_tree
from rehearsal.account import CommandFailedError
from rehearsal.environment import PASSWORD, SHORT_SESSION, STACK, Environment
from rehearsal.hosts import FUNCTION_ADDRESS, INSIDE, JOINED, NEXT_ADDRESS
from rehearsal.omitted import of_type
from rehearsal.steps import StepFailedError, browsing, deploying, require
from rehearsal.steps.loaded import launching

REVOKED = "erin@example.com"
"""A person whose access is revoked before the update."""


def add_network(env: Environment) -> str:
    """Revoke somebody, add a network and the function's next address to the settings, shorten sessions, and deploy."""
    version = env.function["Version"]
    stranger = env.browser(JOINED).get(f"{env.base_url}/health")
    require(stranger.status_code == 403, f"before the change, from {JOINED}: {stranger.status_code}")
    env.account.gate("revoke", "--yes", REVOKED, "--json", cwd=env.operators_folder, expect=(0, 3))
    _configure(env, additional_egress=[NEXT_ADDRESS])
    deploying.synthesise_again(env)
    with launching(env) as launches:
        deploying.deploy(env)
    joined = env.browser(JOINED).get(f"{env.base_url}/health")
    require(joined.status_code == 200, f"after the change, from {JOINED}: {joined.status_code} {joined.text[:300]}")
    denied = json.dumps(env.role_policies(env.outputs["LaunchRoleArn"]))
    require(REVOKED in denied, f"the update has erased the deny of {REVOKED}: {denied}")
    return f"{launches.text}; {_changed(env, version)}"


def still_open(env: Environment) -> str:
    """Run a cell in the notebook that was open all the time, and open one from the new network."""
    browsing.run_cell(env.notebook_tab, "6 * 9", "54")
    dave = env.browser(JOINED)
    answer = dave.sign_in(f"{env.base_url}/open/shared-notebook", "dave@example.com", PASSWORD)
    location = answer.headers.get("Location", "")
    made = env.sagemaker.urls.made[-1].session_seconds
    require(made == SHORT_SESSION, f"a session of {made} s")
    require("authToken" in location, f"from the new network: {answer.status_code} {answer.text[:300]}")
    entered = env.browser(JOINED).get(location)
    require(entered.status_code == 302, f"the URL from the new network: {entered.status_code}")
    response = env.browser().get(location)
    require(response.status_code == 403, f"the same URL from another address: {response.status_code}")
    return "alice's open notebook runs on; dave opens one from the new network, for his address alone"


def move(env: Environment) -> str:
    """Move the function to its next address, which the launch role allows beside the previous one."""
    version = env.function["Version"]
    _configure(env, egress=NEXT_ADDRESS, additional_egress=[FUNCTION_ADDRESS])
    deploying.synthesise_again(env)
    with launching(env) as launches:
        deploying.deploy(env)
    launches.require_move([FUNCTION_ADDRESS, NEXT_ADDRESS], to=NEXT_ADDRESS)
    return f"{launches.text}; {_changed(env, version)}; it moved from {FUNCTION_ADDRESS} to {NEXT_ADDRESS}"


def change_code(env: Environment) -> str:
    """Deploy other code and more memory, and no longer allow the previous address."""
    before = env.function
    tree = source_tree.changed(env.folder / "changed")
    _configure(env, egress=NEXT_ADDRESS)
    deploying.synthesise_again(env, tree=tree)
    with launching(env) as launches:
        deploying.deploy(env)
    after = env.function
    require(after["CodeSha256"] != before["CodeSha256"], "the alias still leads to the code from before")
    require(after["MemorySize"] == source_tree.MEMORY, f"the function has {after['MemorySize']} MB")
    require(FUNCTION_ADDRESS not in json.dumps(env.launch_policy), f"the launch role: {env.launch_policy}")
    return f"{launches.text}; {_changed(env, before['Version'])}, with other code and {after['MemorySize']} MB"


def roll_back(env: Environment) -> str:
    """Deploy an update that fails after the alias has moved. CloudFormation moves it back."""
    before, client = env.function, env.account.client("cloudformation")
    seen = {each["EventId"] for each in _events(client)}
    _break_at_the_end(env)
    with launching(env) as launches:
        try:
            deploying.update(env)
        except CommandFailedError:
            pass
        else:
            raise StepFailedError("the update did not fail")
    (stack,) = client.describe_stacks(StackName=STACK)["Stacks"]
    require(stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", f"the stack is {stack['StackStatus']}")
    events = [each for each in _events(client) if each["EventId"] not in seen]
    moved = [each for each in events if each["ResourceType"] == "AWS::Lambda::Alias"]
    require(
        any(each["ResourceStatus"] == "UPDATE_COMPLETE" for each in moved),
        f"the alias had not moved: {[(each['LogicalResourceId'], each['ResourceStatus']) for each in moved]}",
    )
    after = env.function
    require(after["Version"] == before["Version"], f"version {after['Version']} serves, not {before['Version']}")
    require(after["MemorySize"] == before["MemorySize"], f"the function has {after['MemorySize']} MB")
    return f"{launches.text}; version {before['Version']} serves again"


def _configure(env: Environment, **egress: Any) -> None:
    deploying.configure(env, networks=[INSIDE, JOINED], session=SHORT_SESSION, **egress)


def _changed(env: Environment, version: str) -> str:
    require(env.function["Version"] != version, f"the alias still leads to version {version}")
    return f"version {version} of the function became {env.function['Version']}"


def _events(client: Any) -> list[Any]:
    pages = client.get_paginator("describe_stack_events").paginate(StackName=STACK)
    return [each for page in pages for each in page["StackEvents"]]


def _break_at_the_end(env: Environment) -> None:
    """Change the memory in the synthesised template, and add a resource behind the alias that cannot be made."""
    template = json.loads(deploying.template_file(env).read_text(encoding="utf-8"))
    aliases = [name for name, each in of_type(template, "AWS::Lambda::Alias") if each["Name"] == "live"]
    for _, function in of_type(template, "AWS::Lambda::Function"):
        function["MemorySize"] += 64
    # A second alias of the same name.
    refused = {**template["Resources"][aliases[0]], "DependsOn": aliases}
    template["Resources"]["Refused"] = refused
    text = json.dumps(template)
    for name, _ in of_type(template, "AWS::Lambda::Version"):
        # CDK names a version by what it contains, so that a change makes a new one.
        text = text.replace(name, f"{name}x")
    deploying.replace_template(env, text)
