"""Checks that come before the grant: the network of the request, and who may call."""

from collections.abc import Iterator

from cli.deployed import Deployed
from cli.explain.question import Finding, Question
from gate.identity.groups import is_relevant


def check_network(deployed: Deployed, question: Question) -> Iterator[Finding]:
    """Check the API's resource policy: is the source in the networks, or behind one of the private endpoints?"""
    settings, source = deployed.settings, question.opened_from
    admitted = settings.private_endpoints or settings.networks
    inside = source.endpoint in admitted if settings.private_endpoints else source.is_in(admitted)
    text = f"{source} is {'' if inside else 'not '}in {', '.join(admitted)}"
    if inside:
        yield Finding("network", True, text)
        return
    setting = "endpoint to `private_endpoints`" if settings.private_endpoints else "network to `networks`"
    fix = f"Have them join the VPN, or add the {setting} in gate.toml and deploy."
    yield Finding("network", False, text, "outside_networks", fix)


def check_identity(deployed: Deployed, question: Question) -> Iterator[Finding]:
    """Check the Slack workspace or AWS account of the principal, and name the groups that do not count."""
    settings, config = deployed.settings, deployed.config
    kind, _, name = question.principal.partition(":")
    ignored = [group for group in question.groups if not is_relevant(group, config.groups)]
    if ignored:
        text = f"no pattern of identity.groups matches {', '.join(ignored)}"
        fix = "Add a pattern for them to identity.groups in gate.toml and deploy."
        yield Finding("identity", True, text, fix=fix)
    if kind == "slack" and name.partition("/")[0] not in settings.slack.teams:
        fix = "Add the workspace to slack.teams in gate.toml and deploy."
        text = f"The workspace {name.partition('/')[0]} is not in slack.teams"
        yield Finding("identity", False, text, "slack_team", fix)
        return
    own_account = config.launch_role_arn.split(":")[4]
    if kind == "iam" and name.split(":")[4] not in (own_account, *settings.identity.iam_accounts):
        fix = "Add the account to identity.iam_accounts in gate.toml and deploy."
        text = f"Callers from the account {name.split(':')[4]} are not admitted"
        yield Finding("identity", False, text, "outside_networks", fix)
        return
    groups = f", in {', '.join(question.groups)}" if question.groups else ""
    text = f"{question.principal}{groups} (whether they can sign in is up to the identity provider)"
    yield Finding("identity", True, text)
