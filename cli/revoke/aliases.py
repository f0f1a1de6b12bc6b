"""Finds the other principal of a person who has both an e-mail address and a Slack user.

With `slack.email_domains`, a Slack user launches as `user:<e-mail>` and also has the grants of `slack:<team>/<user>`.
The rule of gate/identity/slack.py decides here, too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.errors import CommandError
from gate.errors.slack import SlackDownError
from gate.identity.caller import Caller, normal_address
from gate.identity.slack import SlackPeople
from gate.slack.api import SlackApi


@dataclass(frozen=True)
class Alias:
    """The other principal of a person, or the reason why it is unknown."""

    principal: str = ""
    """Empty if there is none, or none is known."""
    problem: str = ""
    """Why it is unknown; empty if it is known."""
    also: str = ""
    """If it is unknown, the value for `--also`, which the operator completes."""


def find_alias(deployed: Deployed, subject: str) -> Alias:
    """Ask Slack for the other principal of `subject`. Raises `CommandError`."""
    slack = deployed.config.slack
    kind, _, name = subject.partition(":")
    domains = slack.email_domains if slack.teams else ()
    if not domains or kind not in ("user", "slack"):
        return Alias()  # without email_domains, Slack users are separate from users with an e-mail address
    if kind == "user":
        return _slack_user(deployed, subject) if name.rpartition("@")[2] in domains else Alias()
    return _email_user(deployed, subject)


def _slack_user(deployed: Deployed, subject: str) -> Alias:
    slack, email = deployed.config.slack, subject.partition(":")[2]
    also = f"slack:{slack.teams[0]}/<user>"
    try:
        user = _api(deployed).user_by_email(email)
        if user is None:
            problem = f"Slack finds no user with the address {email} (it does not find deactivated users)"
            return Alias(problem=problem, also=also)
        principal = f"slack:{user['team_id']}/{user['id']}"
    except (SlackDownError, KeyError) as error:
        return Alias(problem=_lookup_failed(error), also=also)
    except CommandError as error:
        return Alias(problem=f"Slack can't be asked about {email}: {error}", also=also)
    if _caller(deployed, user, principal).subject != subject:
        return Alias(problem=f"{principal} has that address in Slack, but Slack does not confirm it", also=principal)
    return Alias(principal)


def _email_user(deployed: Deployed, subject: str) -> Alias:
    also = "user:<e-mail>"
    try:
        user = _api(deployed).user(subject.rpartition("/")[2])
    except SlackDownError as error:
        return Alias(problem=_lookup_failed(error), also=also)
    except CommandError as error:
        return Alias(problem=f"Slack can't be asked about {subject}: {error}", also=also)
    caller = _caller(deployed, user, subject)
    if caller.subject != subject:
        return Alias(caller.subject)
    email = normal_address((user.get("profile") or {}).get("email"))
    if email is not None and email.rpartition("@")[2] in deployed.config.slack.email_domains:
        # A user deactivated since had this address confirmed. A guest never had, and it may belong to their host.
        return Alias(problem=f"{subject} has {email} in Slack, but Slack does not confirm it", also=f"user:{email}")
    if user.get("deleted"):
        return Alias(problem=f"{subject} is deactivated, and Slack shows no address", also=also)
    return Alias()


def _caller(deployed: Deployed, user: Mapping[str, Any], principal: str) -> Caller:
    team, _, name = principal.partition(":")[2].partition("/")
    people = SlackPeople(lambda _: user, email_domains=deployed.config.slack.email_domains)
    return people.caller(team, name, address="")


def _api(deployed: Deployed) -> SlackApi:
    slack = deployed.config.slack
    with aws_errors():
        secrets = deployed.aws.client("secretsmanager")
        stored = secrets.get_secret_value(SecretId=slack.secret_arn).get("SecretString", "")
    try:
        token = str(json.loads(stored)["bot_token"])
    except (ValueError, KeyError, TypeError):
        token = ""
    return SlackApi(token=lambda: token, api_url=slack.api_url, hooks_urls=slack.hooks_urls)


def _lookup_failed(error: Exception) -> str:
    code = error.code if isinstance(error, SlackDownError) else "incomplete response"
    return f"Slack did not answer the lookup ({code})"
