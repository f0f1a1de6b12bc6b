"""The text that `make run` prints once everything is served: what to open, and as which user."""

from collections.abc import Iterator
from pathlib import Path

from local.aws.notebook_instances import STARTING, STOPPING
from local.sample import Sample, TestUser
from local.template import REGION


def welcome(sample: Sample, base_url: str, *, issuer: str, team: str, log: Path, files: Path) -> str:
    """Return the text. `issuer`: the external identity provider, or empty for the local one.

    `team`: the ID of the Slack workspace. `log`, `files`: paths of the log and of the notebooks' files.
    """
    speed = sample.speed_factor
    lines = [
        f"Notebook Gate is served on {base_url} until you press Ctrl-C.",
        "",
        *_bookmarks(sample, base_url),
        "",
        *_sign_in(sample, base_url, issuer),
        *_signed_request(sample, base_url),
        "",
        f"The Slack workspace is {team}. To act as one of its users, in another terminal:",
        "  make slack",
        "",
        "To manage grants as an operator, in another terminal:",
        "  .venv/bin/gate --local grants list",
        "",
        "127.0.0.1 is inside the networks, 127.0.0.2 is outside:",
        f"  curl -i --interface 127.0.0.2 {base_url}/open",
        "",
        f"Starting a notebook takes {STARTING / speed:.0f} s and stopping it {STOPPING / speed:.0f} s, "
        f"{speed:g} times less than in AWS.",
        f"The notebooks' files are kept in {files}",
        "",
        f"Decisions are logged in {log}",
    ]
    return "\n".join(lines)


def _bookmarks(sample: Sample, base_url: str) -> Iterator[str]:
    yield "Bookmarks to open:"
    bookmarks = [("", "your notebooks"), ("/open", "your only or default notebook")]
    bookmarks += [(f"/open/{notebook.name}", "") for notebook in sample.notebooks]
    for path, description in bookmarks:
        yield f"  {base_url + path:<52}  {description}".rstrip()


def _sign_in(sample: Sample, base_url: str, issuer: str) -> Iterator[str]:
    if issuer:
        yield f"Users sign in at {issuer}."
        yield f"Its application must allow the redirect to {base_url}/login/callback"
        return
    yield "Sign in by typing one of these as the subject:"
    for person in sample.people:
        yield f"  {person.email:<24}  {_may_open(person, sample)}"


def _signed_request(sample: Sample, base_url: str) -> Iterator[str]:
    user = next(iter(sample.iam_users), None)
    if user and sample.notebooks:
        yield ""
        yield "Scripts sign their requests:"
        yield f"  curl -i --aws-sigv4 aws:amz:{REGION}:execute-api --user '{user.access_key}:{user.secret_key}' \\"
        yield f"      {base_url}/iam/open/{sample.notebooks[-1].name}"


def _may_open(person: TestUser, sample: Sample) -> str:
    principals = {f"user:{person.email}": "", **{f"group:{group}": f" (group {group})" for group in person.groups}}
    notebooks = [
        f"{grant.notebook}{principals[grant.principal]}" for grant in sample.grants if grant.principal in principals
    ]
    return "may open " + ", ".join(notebooks) if notebooks else "may open nothing"
