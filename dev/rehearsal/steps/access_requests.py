"""Asking for access to a notebook, and deciding on it."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from local.template import REGION
from rehearsal.browsers import ProxiedBrowser
from rehearsal.environment import PASSWORD, Environment
from rehearsal.slack import USER
from rehearsal.steps import require

JSON = {"Accept": "application/json"}
FORM = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
ASKER, APPROVER, NOTEBOOK = "erin@example.com", "bob@example.com", "shared-notebook"
HOUR = 3_600

CUT_TIMEOUT = 60.0
"""Seconds within which an open notebook is cut off."""


def ask_and_allow(env: Environment) -> str:
    """Ask for a notebook, allow it as a member of a group, and open it."""
    erin, bob = env.browser(), env.browser()
    refused = erin.sign_in(f"{env.base_url}/open/{NOTEBOOK}", ASKER, PASSWORD)
    require(refused.status_code == 403, f"before: {refused.status_code} {refused.text[:300]}")
    require("Ask for access" in refused.text, f"the page has no link to ask: {refused.text[-900:]}")
    asked = _send(erin, f"{env.base_url}/requests", notebook=NOTEBOOK, reason="quarterly report", seconds=HOUR)
    require(asked.status_code == 303, f"POST /requests: {asked.status_code} {asked.text[:500]}")
    url = asked.headers["Location"]
    listed = env.account.gate("requests", "list", cwd=env.operators_folder)
    require("quarterly report" in listed, f"gate requests list: {listed}")
    own = _send(erin, url, decision="allow", seconds=HOUR)
    require(own.status_code == 403, f"erin allows it herself: {own.status_code} {own.text[:300]}")
    bob.sign_in(f"{env.base_url}/", APPROVER, PASSWORD)
    decided = _send(bob, url, decision="allow", seconds=HOUR)
    require(decided.status_code == 303, f"bob allows it: {decided.status_code} {decided.text[:500]}")
    found = erin.get(url, headers=JSON).json()
    require(found["state"] == "allowed", f"the request: {found}")
    opened = erin.get(f"{env.base_url}/open/{NOTEBOOK}")
    location = opened.headers.get("Location", "")
    require(
        location.startswith(f"https://{NOTEBOOK}.notebook."), f"erin opens: {opened.status_code} {opened.text[:300]}"
    )
    (row,) = _rows(env, f"user:{ASKER}")
    require(row["granted_by"]["S"] == f"user:{APPROVER}", f"the grant: {row}")
    return f"erin asks, bob allows, erin opens; the grant ends at {row['until']['N']}"


def withdraw_and_extend(env: Environment) -> str:
    """Withdraw a request, and ask for more time for the notebook that is open."""
    erin, bob = env.browser(), env.browser()
    erin.sign_in(f"{env.base_url}/", ASKER, PASSWORD)
    bob.sign_in(f"{env.base_url}/", APPROVER, PASSWORD)
    (before,) = _rows(env, f"user:{ASKER}")
    more = {"notebook": NOTEBOOK, "reason": "not done yet", "seconds": 8 * HOUR}
    first = _send(erin, f"{env.base_url}/requests", **more).headers["Location"]
    _send(erin, first, decision="withdraw")
    refused = _send(bob, first, decision="allow", seconds=8 * HOUR)
    require(refused.status_code == 409, f"bob allows what was withdrawn: {refused.status_code} {refused.text[:500]}")
    second = _send(erin, f"{env.base_url}/requests", **more).headers["Location"]
    decided = _send(bob, second, decision="allow", seconds=8 * HOUR)
    require(decided.status_code == 303, f"bob allows it: {decided.status_code} {decided.text[:500]}")
    (after,) = _rows(env, f"user:{ASKER}")
    require(int(after["until"]["N"]) - int(before["until"]["N"]) > 6 * HOUR, f"the grant: {before}, then {after}")
    listed = env.account.gate("requests", "list", "--notebook", NOTEBOOK, cwd=env.operators_folder)
    require("withdrawn by" in listed and "quarterly report" in listed, f"gate requests list: {listed}")
    seen = bob.get(f"{env.base_url}/requests/access", headers=JSON).json()["holders"]
    require(any(each["principal"] == f"user:{ASKER}" for each in seen), f"who has access: {seen}")
    return f"withdrawn, asked again and allowed; the grant now ends at {after['until']['N']}"


def end(env: Environment) -> str:
    """End the access that a request led to, while its notebook is open."""
    erin, bob = env.browser(), env.browser()
    erin.sign_in(f"{env.base_url}/", ASKER, PASSWORD)
    bob.sign_in(f"{env.base_url}/", APPROVER, PASSWORD)
    erin.get(erin.get(f"{env.base_url}/open/{NOTEBOOK}").headers["Location"])
    notebook = f"https://{NOTEBOOK}.notebook.{REGION}.sagemaker.aws/lab"
    before = erin.get(notebook)
    require(before.status_code == 200, f"the open notebook: {before.status_code} {before.text[:300]}")
    seen = bob.get(f"{env.base_url}/requests/access", headers=JSON).json()["holders"]
    (request,) = {each["request_id"] for each in seen if each["principal"] == f"user:{ASKER}"}
    ended = _send(bob, f"{env.base_url}/requests/{request}", decision="end")
    require(ended.status_code == 303, f"bob ends it: {ended.status_code} {ended.text[:500]}")
    begin = time.monotonic()
    while (after := erin.get(notebook)).status_code == 200:
        require(time.monotonic() - begin < CUT_TIMEOUT, f"the notebook is open after {CUT_TIMEOUT} s")
        time.sleep(0.5)
    seconds = time.monotonic() - begin
    require(after.status_code == 403, f"the notebook: {after.status_code} {after.text[:300]}")
    refused = erin.get(f"{env.base_url}/open/{NOTEBOOK}")
    require(refused.status_code == 403, f"erin opens it again: {refused.status_code} {refused.text[:300]}")
    policy = env.role_policies(env.outputs["LaunchRoleArn"])["notebook-gate-revocations"]
    denied = {json.dumps(each["Resource"]) for each in policy["Statement"]}
    require(any(f"notebook-instance/{NOTEBOOK}" in each for each in denied), f"the denies: {policy}")
    return f"ended by bob, and cut off after {seconds:.0f} s; the deny names this notebook alone"


def in_slack(env: Environment) -> str:
    """Ask in Slack. The request is forwarded to the requests function, which answers."""
    workspace = env.slack.workspace
    status = workspace.type(USER.id, f"ask {NOTEBOOK} to compare")
    require(status == 200, f"POST /slack: {status}")
    surface = workspace.seen_by(USER.id, timeout=20)
    require(surface and "You asked for" in surface.text, f"what Alice sees: {surface and surface.text}")
    alice = env.browser()
    owned = alice.sign_in(f"{env.base_url}/requests/access", "alice@example.com", PASSWORD)
    require("Everybody with access to" in owned.text, f"the owner's page: {owned.status_code} {owned.text[-900:]}")
    return "acknowledged, forwarded and answered; an owner sees who has access"


def deny_as_operator(env: Environment) -> str:
    """Deny a request with the operators' command, and plan the grants file, which leaves requested grants alone."""
    erin = env.browser()
    erin.sign_in(f"{env.base_url}/", ASKER, PASSWORD)
    asked = _send(erin, f"{env.base_url}/requests", notebook="alice-notebook", reason="to compare", seconds=HOUR)
    request_id = asked.headers["Location"].rpartition("/")[2]
    reason = ("--reason", "ask Alice first")
    said = env.account.gate("requests", "deny", request_id, *reason, cwd=env.operators_folder)
    require("alice-notebook for" in said and "denied by iam:" in said, said)
    found = erin.get(asked.headers["Location"], headers=JSON).json()
    require((found["state"], found["decision_reason"]) == ("denied", reason[1]), f"the request: {found}")
    planned = env.account.gate("grants", "plan", "grants.yaml", cwd=env.operators_folder)
    require("Nothing to do" in planned, planned)
    return "denied by the operator's alias; gate grants plan leaves the requested grant alone"


def _send(browser: ProxiedBrowser, url: str, **fields: object) -> Any:
    return browser.post(url, headers=FORM, data=urlencode(fields))


def _rows(env: Environment, principal: str) -> list[Any]:
    answer = env.account.client("dynamodb").query(
        TableName=env.outputs["GrantsTable"],
        KeyConditionExpression="principal = :principal",
        ExpressionAttributeValues={":principal": {"S": principal}},
    )
    return list(answer["Items"])
