"""From the previous release to the source tree: what people and operators did before must still work afterwards."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import yaml

from gate.values.version import VERSION
from local.template import ACCOUNT
from rehearsal import releases
from rehearsal.account import ROOT
from rehearsal.browsers import ProxiedBrowser
from rehearsal.environment import DOMAIN, LONG_SESSION, PASSWORD, SPACE_NOTEBOOK, Environment
from rehearsal.hosts import INSIDE
from rehearsal.steps import access_requests, deploying, operating, require
from rehearsal.steps.loaded import launching

GRANTED = ("group:data-science", "user:frank@example.com")
"""Whose grants the previous release writes. They stay in the file."""
PERSON, ASKER, APPROVER = "dave@example.com", "carol@example.com", "bob@example.com"
NOTEBOOK, ASKED = "shared-notebook", "alice-notebook"
FILE = "first-grants.yaml"


class Before:
    """What was done with the previous release."""

    def __init__(self, browser: ProxiedBrowser, notebook: str, asker: ProxiedBrowser, request: str) -> None:
        """`browser`: signed in. `notebook`: the address of a notebook that is open in it.

        `asker`: signed in, too. `request`: the address of their access request.
        """
        self.browser, self.notebook, self.asker, self.request = browser, notebook, asker, request


def synthesise(env: Environment) -> str:
    """Synthesise the previous release from its archive."""
    archive = releases.newest()
    env.release = releases.unpack(archive, env.folder / "release")
    deploying.configure(env, networks=[INSIDE], session=LONG_SESSION, tree=env.release)
    return f"{releases.version_of(archive)}, {deploying.synthesise_again(env, tree=env.release)}"


def use(env: Environment) -> str:
    """Write grants with the previous release's `gate`, sign in, open a notebook, and ask for access to another."""
    rows = yaml.safe_load(
        operating.GRANTS.format(account=ACCOUNT, job=operating.JOB, domain=DOMAIN, space=SPACE_NOTEBOOK)
    )
    first = [each for each in rows["grants"] if each["principal"] in GRANTED]
    (env.operators_folder / FILE).write_text(yaml.safe_dump({"grants": first}), encoding="utf-8")
    env.account.run(_gate(env.release, "grants", "apply", FILE, "--yes"), cwd=env.operators_folder)
    browser, asker = env.browser(), env.browser()
    opened = browser.sign_in(f"{env.base_url}/open/{NOTEBOOK}", PERSON, PASSWORD)
    notebook = browser.follow(browser.get(opened.headers["Location"]))
    require(notebook.status_code == 200, f"the notebook: {notebook.status_code} {notebook.text[:300]}")
    asker.sign_in(f"{env.base_url}/", ASKER, PASSWORD)
    form = urlencode({"notebook": ASKED, "reason": "before the upgrade", "seconds": access_requests.HOUR})
    asked = asker.post(f"{env.base_url}/requests", headers=access_requests.FORM, data=form)
    require(asked.status_code == 303, f"POST /requests: {asked.status_code} {asked.text[:500]}")
    env.before = Before(browser, notebook.url, asker, asked.headers["Location"])
    return f"{len(first)} grants; dave is signed in, and has {NOTEBOOK} open; carol asks for {ASKED}"


def upgrade(env: Environment) -> str:
    """Deploy the source tree while people open notebooks."""
    version = env.function["Version"]
    with launching(env) as launches:
        told = deploying.deploy(env)
    require(env.outputs["Version"] == VERSION, f"the output Version: {env.outputs.get('Version')}")
    if env.function["Version"] != version:
        # The policies are compared with what the present code calls.
        env.upgraded = len(env.calls)
        env.authority.accesses.clear()
    return f"{told}; {launches.text}"


def still_works(env: Environment) -> str:
    """Use the sign-in, the open notebook, the grants, the access request and Slack's secret of before."""
    before = env.before
    health = before.browser.get(f"{env.base_url}/health").json()
    require(health == {"status": "ok", "version": VERSION}, f"GET /health, signed in: {health}")
    reopened = before.browser.get(f"{env.base_url}/open/{NOTEBOOK}")
    require("authToken" in reopened.headers.get("Location", ""), f"dave: {reopened.status_code} {reopened.text[:300]}")
    page = before.browser.get(before.notebook)
    require(page.status_code == 200, f"the open notebook: {page.status_code} {page.text[:300]}")
    planned = env.account.gate("grants", "plan", FILE, cwd=env.operators_folder)
    require("Nothing to do" in planned, f"the grants: {planned}")
    approver = env.browser()
    approver.sign_in(f"{env.base_url}/", APPROVER, PASSWORD)
    form = urlencode({"decision": "allow", "seconds": access_requests.HOUR})
    decided = approver.post(before.request, headers=access_requests.FORM, data=form)
    require(decided.status_code == 303, f"bob allows it: {decided.status_code} {decided.text[:500]}")
    opened = before.asker.get(f"{env.base_url}/open/{ASKED}")
    require("authToken" in opened.headers.get("Location", ""), f"carol: {opened.status_code} {opened.text[:300]}")
    secret = env.account.client("secretsmanager").get_secret_value(SecretId=env.outputs["SlackSecret"])
    require(secret["SecretString"] == env.slack.secret, "Slack's secret is another one")
    return "dave's sign-in, his open notebook, the grants and Slack's secret work; bob allows carol's request"


def _gate(tree: Path, *arguments: str) -> Sequence[str]:
    """Return the command that runs the operators' command line of a source tree."""
    return ["env", f"PYTHONPATH={tree}:{tree / 'lambda'}", str(ROOT / ".venv/bin/python"), "-m", "cli.main", *arguments]
