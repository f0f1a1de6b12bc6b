"""A change of the settings while somebody has a notebook open."""

import json

from rehearsal.environment import PASSWORD, SHORT_SESSION, Environment
from rehearsal.hosts import INSIDE, JOINED
from rehearsal.steps import browsing, deploying, require

REVOKED = "erin@example.com"
"""A person whose access is revoked before the update."""


def add_network(env: Environment) -> str:
    """Revoke somebody, add a network to the settings, shorten sessions, and deploy again."""
    version = env.function["Version"]
    stranger = env.browser(JOINED).get(f"{env.base_url}/health")
    require(stranger.status_code == 403, f"before the change, from {JOINED}: {stranger.status_code}")
    env.account.gate("revoke", REVOKED, "--json", cwd=env.operators_folder, expect=(0, 3))
    env.write_settings(networks=[INSIDE, JOINED], session=SHORT_SESSION)
    deploying.synthesise_again(env)
    told = deploying.deploy(env)
    joined = env.browser(JOINED).get(f"{env.base_url}/health")
    require(joined.status_code == 200, f"after the change, from {JOINED}: {joined.status_code} {joined.text[:300]}")
    denied = json.dumps(env.role_policies(env.outputs["LaunchRoleArn"]))
    require(REVOKED in denied, f"the update has erased the deny of {REVOKED}: {denied}")
    require(env.function["Version"] != version, f"the alias still leads to version {version}")
    return f"{told}; version {version} of the function became {env.function['Version']}"


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
