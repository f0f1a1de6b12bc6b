"""Finds settings with which one person has names that the gate cannot compare (`gate.access_requests.participant`).

The gate then refuses decisions between such names. Synth and `gate doctor` say so before people are refused.
"""

from infra.settings import Settings


def incomparable_names(settings: Settings) -> list[str]:
    """Return a sentence for each such combination of settings, with what works and what to set."""
    claim, slack = settings.identity.user_claim, settings.slack
    if not settings.requests.approvers or not slack.teams:
        return []
    found = []
    if not slack.email_domains:
        found.append(
            "People are slack:<team>/<user> in Slack and user:<name> on the page of requests. The gate cannot tell "
            "whether two such names are one person, so it refuses decisions between Slack and the page. Approvers must "
            "decide where the person asked. To let them decide in both places, set slack.email_domains."
        )
        if len(slack.teams) > 1:
            found.append(
                "A person can be a member of several of slack.teams, with a user in each. The gate cannot tell whether "
                "users of different workspaces are one person, so it refuses decisions between workspaces. Approvers "
                "must decide in the workspace where the person asked. To let them decide in each, set "
                "slack.email_domains."
            )
    elif claim != "email":
        found.append(
            "People are user:<e-mail> in Slack (slack.email_domains) and user:<"
            f"{claim}> on the page of requests (identity.user_claim). The gate cannot tell whether two such names are "
            "one person, so it refuses decisions between Slack and the page. Approvers must decide where the person "
            'asked. To let them decide in both places, set identity.user_claim = "email".'
        )
    return found
