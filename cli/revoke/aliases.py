"""The other principal of a person who is both an e-mail address and a Slack user.

With `slack.email_domains`, somebody in Slack launches as `user:<e-mail>` and also has the grants of
`slack:<team>/<user>` (see gate/identity/slack.py, whose rule decides here, too).
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
    """Empty where there is none, or none is known."""
    problem: str = ""
    """Why it is not known. Empty where it is."""
    also: str = ""
    """The value for `--also` that the operator has to complete, when the principal is unknown."""


def alias_of(deployed: Deployed, subject: str) -> Alias:
    """Ask Slack which other principal is the person `subject`. Raises `CommandError`."""
    slack = deployed.config.slack
    kind, _, name = subject.partition(":")
    domains = slack.email_domains if slack.teams else ()
    if not domains or kind not in ("user", "slack"):
        return Alias()  # Slack is not believed about addresses, so that each principal is a person of its own
    if kind == "user":
        return _slack_user(deployed, subject) if name.rpartition("@")[2] in domains else Alias()
    return _address(deployed, subject)


def _slack_user(deployed: Deployed, subject: str) -> Alias:
    slack, email = deployed.config.slack, subject.partition(":")[2]
    also = f"slack:{slack.teams[0]}/<user>"
    try:
        user = _api(deployed).user_by_email(email)
        if user is None:
            return Alias(problem=f"Slack knows nobody as {email} now (deactivated people are not found)", also=also)
        principal = f"slack:{user['team_id']}/{user['id']}"
    except (SlackDownError, KeyError) as error:
        return Alias(problem=_unanswered(error), also=also)
    except CommandError as error:
        return Alias(problem=f"Slack can't be asked who {email} is: {error}", also=also)
    if _caller(deployed, user, principal).subject != subject:
        return Alias(problem=f"{principal} has that address in Slack, which does not vouch for it now", also=principal)
    return Alias(principal)


def _address(deployed: Deployed, subject: str) -> Alias:
    also = "user:<e-mail>"
    try:
        user = _api(deployed).user(subject.rpartition("/")[2])
    except SlackDownError as error:
        return Alias(problem=_unanswered(error), also=also)
    except CommandError as error:
        return Alias(problem=f"Slack can't be asked who {subject} is: {error}", also=also)
    caller = _caller(deployed, user, subject)
    if caller.subject != subject:
        return Alias(caller.subject)
    email = normal_address((user.get("profile") or {}).get("email"))
    if email is not None and email.rpartition("@")[2] in deployed.config.slack.email_domains:
        # Somebody who has just been deactivated had it; a guest never did, and it may be their host's.
        return Alias(problem=f"{subject} has {email} in Slack, which does not vouch for it now", also=f"user:{email}")
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


def _unanswered(error: Exception) -> str:
    code = error.code if isinstance(error, SlackDownError) else "half an answer"
    return f"Slack did not say who that is ({code})"
