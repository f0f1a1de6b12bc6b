"""The host names of the sites of a local deployment, all of which are served on each of its ports."""

from local.template import REGION

SIGN_IN_HOST = "signin.localhost"
"""Stands for the AWS console's sign-in page."""

SLACK_HOST = "slack.localhost"
"""Where `make slack` reaches the local Slack workspace."""


def studio_host(site: str, *, below: str = "localhost") -> str:
    """Return the host name of a site of Studio: `DOMAIN/PROFILE`, or `DOMAIN/PROFILE/SPACE`.

    A browser keeps a session for each. `below`: the end of the name.
    """
    return f"{'.'.join(reversed(site.lower().split('/')))}.studio.{REGION}.{below}"


def notebook_host(name: str) -> str:
    """Return the host name of the site of the notebook instance `name`.

    Browsers and curl resolve every name below `localhost` to loopback (RFC 6761 §6.3).
    """
    return f"{name.lower()}.notebook.{REGION}.localhost"
