"""What `make run` says once everything is up: where to click, and who to be."""

from pathlib import Path

from local.aws.instances import STARTING, STOPPING
from local.sample import Sample, TestUser
from local.template import REGION


def welcome(sample: Sample, base_url: str, *, issuer: str, team: str, log: Path, files: Path) -> str:
    """Return the text for the terminal. `issuer`: somebody's own identity provider, or empty for the local one.

    `team`: the id of the Slack workspace.
    """
    bookmarks = [("", "your notebooks"), ("/open", "straight into your only or default notebook")]
    bookmarks += [(f"/open/{notebook.name}", "") for notebook in sample.notebooks]
    lines = [f"Notebook Gate serves on {base_url} until you press Ctrl-C.", "", "Bookmarks to click:"]
    lines += [f"  {base_url + path:<52}  {what}".rstrip() for path, what in bookmarks]
    if issuer:
        lines += [
            "",
            f"People sign in at {issuer}.",
            f"Its application must allow the redirect to {base_url}/login/callback",
        ]
    else:
        lines += ["", "Sign in by typing one of these as the subject:"]
        lines += [f"  {person.email:<24}  {_may_open(person, sample)}" for person in sample.people]
    user = next(iter(sample.iam_users), None)
    if user and sample.notebooks:
        lines += [
            "",
            "Scripts sign their requests:",
            f"  curl -i --aws-sigv4 aws:amz:{REGION}:execute-api --user '{user.access_key}:{user.secret_key}' \\",
            f"      {base_url}/iam/open/{sample.notebooks[-1].name}",
        ]
    lines += ["", f"Slack's workspace is {team}. To play somebody in it, in another terminal:", "  make slack"]
    lines += [
        "",
        "Operators look after it, in another terminal:",
        "  .venv/bin/gate --local grants list",
    ]
    lines += [
        "",
        "127.0.0.1 is inside the networks, 127.0.0.2 is outside:",
        f"  curl -i --interface 127.0.0.2 {base_url}/open",
        "",
        f"Starting a notebook takes {STARTING / sample.faster:.0f} s and stopping it {STOPPING / sample.faster:.0f} s, "
        f"{sample.faster:g} times less than at AWS.",
        f"The notebooks' files are kept in {files}",
        "",
        f"Decisions are logged in {log}",
    ]
    return "\n".join(lines)


def _may_open(person: TestUser, sample: Sample) -> str:
    mine = {f"user:{person.email}": "", **{f"group:{group}": f" (group {group})" for group in person.groups}}
    found = [f"{grant.notebook}{mine[grant.principal]}" for grant in sample.grants if grant.principal in mine]
    return "may open " + ", ".join(found) if found else "may open nothing"
