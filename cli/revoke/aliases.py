"""Finds the other principals of a person in Slack: by e-mail address, and in the workspaces of an organisation.

With `slack.email_domains`, a Slack user launches as `user:<e-mail>` and also has the grants of `slack:<team>/<user>`.
The rule of gate/identity/slack.py decides here, too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.errors import CommandError
from gate.identity.slack import SlackUsers, teams_of
from gate.slack.api import SlackApi
from gate.values.caller import Caller, normal_address
from gate.values.errors.slack import SlackDownError


@dataclass(frozen=True)
class Aliases:
    """The other principals of a person, or the reason why they are unknown."""

    principals: Sequence[str] = ()
    """In an organisation (Enterprise Grid), a person has one for each listed workspace."""
    problem: str = ""
    """Why they are unknown; empty if they are known."""
    also: str = ""
    """If they are unknown, the value for `--also`, which the operator completes."""


def find_aliases(deployed: Deployed, subject: str) -> Aliases:
    """Ask Slack for the other principals of `subject`. Raises `CommandError`."""
    slack = deployed.config.slack
    kind, _, name = subject.partition(":")
    domains = slack.email_domains if slack.teams else ()
    # Without email_domains, Slack users are separate from users with an e-mail address.
    if kind == "user" and name.rpartition("@")[2] in domains:
        find, asked_for, also = _slack_user, name, f"slack:{slack.teams[0]}/<user>"
    # In an organisation, a user has the same id in each workspace.
    elif kind == "slack" and (domains or len(slack.teams) > 1):
        also = "user:<e-mail>" if slack.email_domains else f"slack:<team>/{name.rpartition('/')[2]}"
        find, asked_for = _other_principals, subject
    else:
        return Aliases()
    try:
        return find(deployed, subject, also)
    except (SlackDownError, KeyError) as error:
        code = error.code if isinstance(error, SlackDownError) else "incomplete response"
        return Aliases(problem=f"Slack did not answer the lookup ({code})", also=also)
    except CommandError as error:
        return Aliases(problem=f"Slack can't be asked about {asked_for}: {error}", also=also)


def _slack_user(deployed: Deployed, subject: str, also: str) -> Aliases:
    email = subject.partition(":")[2]
    user = _api(deployed).user_by_email(email)
    if user is None:
        problem = f"Slack finds no user with the address {email} (it does not find deactivated users)"
        return Aliases(problem=problem, also=also)
    principals = _slack_principals(deployed, user)
    for principal in principals:
        if _caller(deployed, user, principal).subject != subject:
            problem = f"{principal} has that address in Slack, but Slack does not confirm it"
            return Aliases(problem=problem, also=principal)
    return Aliases(principals)


def _other_principals(deployed: Deployed, subject: str, also: str) -> Aliases:
    user = _api(deployed).user(subject.rpartition("/")[2])
    others = [principal for principal in _slack_principals(deployed, user) if principal != subject]
    caller = _caller(deployed, user, subject)
    if caller.subject != subject:
        return Aliases([caller.subject, *others])
    email = normal_address((user.get("profile") or {}).get("email"))
    if email is not None and email.rpartition("@")[2] in deployed.config.slack.email_domains:
        # A user deactivated since had this address confirmed. A guest never had, and it may belong to their host.
        return Aliases(problem=f"{subject} has {email} in Slack, but Slack does not confirm it", also=f"user:{email}")
    if user.get("deleted"):
        return Aliases(problem=f"{subject} is deactivated, and Slack shows no address", also=also)
    return Aliases(others)


def _slack_principals(deployed: Deployed, user: Mapping[str, Any]) -> list[str]:
    """Return the principals of `user` in Slack. Raises `KeyError` if `user` lacks its id or its workspaces."""
    teams = teams_of(user)
    if not teams:
        raise KeyError("team_id")
    return [f"slack:{team}/{user['id']}" for team in deployed.config.slack.teams if team in teams]


def _caller(deployed: Deployed, user: Mapping[str, Any], principal: str) -> Caller:
    team, _, name = principal.partition(":")[2].partition("/")
    slack = deployed.config.slack
    users = SlackUsers(lambda _: user, teams=slack.teams, email_domains=slack.email_domains)
    return users.caller(team, name, address="")


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
