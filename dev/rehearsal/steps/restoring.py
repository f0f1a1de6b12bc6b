"""Rows that were deleted by mistake: the runbook of docs/operations.md, "Restore"."""

import json
import time

from rehearsal.environment import PASSWORD, SHORT_SESSION, STACK, Environment
from rehearsal.hosts import INSIDE, JOINED, NEXT_ADDRESS
from rehearsal.steps import deploying, require
from testing.aws_command import AwsCommand

RESTORED = f"{STACK}-grants-restored"
PERSON, NOTEBOOK = "dave@example.com", "shared-notebook"
LACKING = 3
"""What `gate doctor` finds that a restored table lacks."""


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
    env.account.gate("revoke", "--yes", "--everybody", "--json", cwd=env.operators_folder, expect=(0, 3))
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
        AwsCommand.parse(fix.removeprefix("Run: ")).send(env.account.client)
    return len(fixes)
