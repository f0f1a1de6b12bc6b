"""Rows that were deleted by mistake, and the canary: the runbook of docs/operations.md, "Restore"."""

import json
import re
import shlex
import time
from typing import Any

from rehearsal.environment import PASSWORD, SHORT_SESSION, STACK, Environment
from rehearsal.hosts import INSIDE, JOINED, NEXT_ADDRESS
from rehearsal.steps import deploying, require

RESTORED = f"{STACK}-grants-restored"
PERSON, NOTEBOOK = "dave@example.com", "shared-notebook"
LACKING = 3
"""What `gate doctor` finds that a restored table lacks."""


def canary(env: Environment) -> str:
    """Send the events of the schedule, as EventBridge does, and read what the functions write."""
    client, events = env.account.client("lambda"), env.account.client("events")
    (rule,) = (each for each in events.list_rules()["Rules"] if each.get("ScheduleExpression"))
    targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    for target in targets:
        name, _, alias = target["Arn"].partition(":function:")[2].partition(":")
        answer = client.invoke(FunctionName=name, Qualifier=alias, Payload=target["Input"], LogType="Tail")
        require("FunctionError" not in answer, answer["Payload"].read()[:500])
    passes = _passes(env)
    require(passes >= len(targets), f"{passes} of {len(targets)} canaries passed")
    return f"{rule['ScheduleExpression']}: {len(targets)} functions reach everything that people need"


def _passes(env: Environment) -> int:
    client, found = env.account.client("logs"), 0
    for function in (env.function, env.requests_function):
        group = function["LoggingConfig"]["LogGroup"]
        lines = client.filter_log_events(logGroupName=group)["events"]
        failed = [each["message"] for each in lines if "canary failed" in each["message"]]
        require(not failed, "\n".join(failed))
        found += len([each for each in lines if '"CanaryPasses"' in each["message"]])
    return found


def restore(env: Environment) -> str:
    """Delete all grants, restore the table to the time before, deploy with it, and let everybody in again."""
    dynamodb, lost = env.account.client("dynamodb"), env.outputs["GrantsTable"]
    moment = time.time()
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=lost, TargetTableName=RESTORED, RestoreDateTime=moment, UseLatestRestorableTime=False
    )
    rows = [row for row in dynamodb.scan(TableName=lost)["Items"] if ":" in row["principal"]["S"]]
    for row in rows:
        dynamodb.delete_item(TableName=lost, Key={name: row[name] for name in ("principal", "notebook")})
    person = env.browser(JOINED)
    refused = person.sign_in(f"{env.base_url}/open/{NOTEBOOK}", PERSON, PASSWORD)
    require("authToken" not in refused.headers.get("Location", ""), "a notebook opens without its grant")
    dynamodb.get_waiter("table_exists").wait(TableName=RESTORED)
    deploying.configure(
        env, networks=[INSIDE, JOINED], session=SHORT_SESSION, egress=NEXT_ADDRESS, grants_table=RESTORED
    )
    deploying.synthesise_again(env)
    deploying.deploy(env)
    mended = _mend(env)
    again = env.browser(JOINED)
    opened = again.sign_in(f"{env.base_url}/open/{NOTEBOOK}", PERSON, PASSWORD)
    require("authToken" in opened.headers.get("Location", ""), f"{opened.status_code} {opened.text[:300]}")
    env.account.gate("revoke", "--everybody", "--json", cwd=env.operators_folder, expect=(0, 3))
    ended = again.get(f"{env.base_url}/open/{NOTEBOOK}")
    require(ended.status_code == 401, f"after gate revoke --everybody: {ended.status_code} {ended.text[:300]}")
    before = json.loads(env.account.gate("--table", lost, "grants", "list", "--json", cwd=env.operators_folder))
    require(before["grants"] == [], f"the table that lost its rows has {before}")
    return f"{len(rows)} rows were deleted and are there again; gate doctor named {mended} things to set up again"


def _mend(env: Environment) -> int:
    """Run the commands that `gate doctor` prints for the table. Return their number."""
    text = env.account.gate("doctor", "--json", cwd=env.operators_folder, expect=(0, 3))
    checks = json.loads(text[text.index("{") :])["checks"]
    fixes = [each["fix"] for each in checks if each["name"] == "table" and each["level"] != "ok"]
    require(len(fixes) <= LACKING, fixes)
    for fix in fixes:
        _run(env, shlex.split(re.sub("^Run: ", "", fix)))
    return len(fixes)


def _run(env: Environment, command: list[str]) -> None:
    """Make the call of an `aws dynamodb` command."""
    call: Any = getattr(env.account.client("dynamodb"), command[2].replace("-", "_"))
    parameters: dict[str, Any] = {"TableName": RESTORED}
    if "--time-to-live-specification" in command:
        parameters["TimeToLiveSpecification"] = {"Enabled": True, "AttributeName": "until"}
    elif "--point-in-time-recovery-specification" in command:
        parameters["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": True}
    else:
        parameters["DeletionProtectionEnabled"] = True
    call(**parameters)
