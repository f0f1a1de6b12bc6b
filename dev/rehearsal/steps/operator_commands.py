"""The operators' commands while the gate is in use."""

import json
import time
from typing import Any

from playwright.sync_api import expect

from rehearsal.account import result
from rehearsal.environment import PASSWORD, SPACE_NOTEBOOK, Environment
from rehearsal.hosts import INSIDE, OUTSIDE
from rehearsal.steps import browsing, require

EXPECTED = {"egress", "execution roles", "table"}
"""Checks of `gate doctor` that warn.

The VPC of the rehearsal has a proxy and no NAT gateway to compare with, its execution roles do not exist, and the
emulator makes tables without time to live and point-in-time recovery.
"""
ALICE, NOTEBOOK = "alice@example.com", "alice-notebook"


def explain(env: Environment) -> str:
    """Explain why a person may open a notebook, and why not."""
    yes = _gate(env, "explain", ALICE, NOTEBOOK, "--from", INSIDE, "--json")
    require(yes["outcome"] == "allowed", yes)
    no = _gate(env, "explain", ALICE, NOTEBOOK, "--from", OUTSIDE, "--json")
    require(no["outcome"] == "outside_networks", no)
    none = _gate(env, "explain", "dave@example.com", NOTEBOOK, "--from", INSIDE, "--json")
    require(none["outcome"] == "not_granted", none)
    for right in (NOTEBOOK, str(SPACE_NOTEBOOK)):
        wrong = _gate(env, "explain", "dave@example.com", f"{right}x", "--from", INSIDE, "--json")
        require(f"did you mean {right}?" in wrong["checks"][-1]["text"], wrong)
    told = f"{len(yes['checks'])} checks let Alice in; from outside: {no['outcome']}; Dave: {none['outcome']}"
    return f"{told}; a misspelt name is recognised"


def doctor(env: Environment) -> str:
    """Check the deployment, with a sign-in that the function reports."""
    command = ("doctor", "--sign-in", "--no-browser", "--json")
    with env.account.started_gate(*command, cwd=env.operators_folder) as process:
        report = _report(env)
        env.browser().sign_in(f"{env.base_url}/login?report={report}", "bob@example.com", PASSWORD)
        checks = _document(result(process, expect=(0, 3)))
    found = [each for each in checks["checks"] if each["level"] != "ok" and each["name"] not in EXPECTED]
    problems = [f"{each['name']}: {each['text']}" for each in found]
    require(not problems, "\n".join(problems))
    claims = [each["name"] for each in checks["claims"]]
    require("email" in claims, f"the claims that it saw: {claims}")
    return f"{len(checks['checks'])} checks found no problem; {len(claims)} claims were reported"


def _report(env: Environment) -> str:
    """Return the id of the sign-in that `gate doctor` waits for."""
    client = env.account.client("dynamodb")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for row in client.scan(TableName=env.outputs["GrantsTable"])["Items"]:
            kind, _, report = row["principal"]["S"].partition(":")
            if kind == "report":
                return str(report)
        time.sleep(0.3)
    raise AssertionError("gate doctor --sign-in created no report row")


def rotate(env: Environment) -> str:
    """Change the key that signs cookies; nobody is signed out."""
    _gate(env, "rotate-key", "--json")
    page = env.alice.new_page()
    page.goto(env.base_url)
    expect(page.get_by_role("heading", name=NOTEBOOK)).to_be_visible()
    page.close()
    return "a new key signs, and Alice is still signed in"


def revoke(env: Environment) -> str:
    """Revoke the access of a person whose notebook is open."""
    browsing.run_cell(env.notebook_tab, "7 * 9", "63")
    told = _gate(env, "revoke", "--yes", ALICE, "--json")
    require(not told.get("left_to_do"), told)
    time.sleep(1)  # a role's policies are kept for half a second (dev/rehearsal/authority.py)
    env.notebook_tab.goto(env.notebook_tab.url)
    expect(env.notebook_tab.get_by_role("heading")).to_have_text("Access denied")
    page = env.alice.new_page()
    page.goto(f"{env.base_url}/open/{NOTEBOOK}")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Your sign-in was ended")
    page.get_by_role("link", name="Sign in").click()
    browsing.sign_in(page, ALICE)
    expect(heading).to_have_text(f"You have no access to {NOTEBOOK}")
    page.close()
    listed = env.account.gate("grants", "list", "--json", cwd=env.operators_folder)
    require(f"user:{ALICE}" not in listed, listed)
    return "Alice's open notebook denies access, her sign-in is ended, and her grant is removed"


def _gate(env: Environment, *arguments: str) -> Any:
    return _document(env.account.gate(*arguments, cwd=env.operators_folder, expect=(0, 3)))


def _document(printed: str) -> Any:
    # Messages beside the document are written to standard error.
    found, _ = json.JSONDecoder().raw_decode(printed[printed.index("{") :])
    return found
