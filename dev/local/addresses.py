"""The addresses of one local deployment: one port, and a host name for each site."""

from dataclasses import dataclass

from local.template import REGION

SIGN_IN_HOST = "signin.localhost"
"""Stands for the AWS console's sign-in page."""

SLACK_HOST = "slack.localhost"
"""Where `make slack` reaches the local Slack workspace."""


@dataclass(frozen=True)
class Addresses:
    """The addresses that a deployment is reached at."""

    port: int
    base_path: str
    """`/STAGE` where the API is served below its stage, else empty."""

    @property
    def url(self) -> str:
        """The address of the API without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """The address that the gate's paths are appended to."""
        return self.url + self.base_path

    @property
    def sign_in_url(self) -> str:
        """The address of the page that stands for the AWS console's sign-in page."""
        return f"http://{SIGN_IN_HOST}:{self.port}/"

    def notebook_url(self, name: str) -> str:
        """Return the address of the site of the notebook instance `name`."""
        return f"http://{notebook_host(name)}:{self.port}"

    def studio_url(self, site: str) -> str:
        """Return the address of a site of Studio: `DOMAIN/PROFILE`, or `DOMAIN/PROFILE/SPACE`."""
        return f"http://{studio_host(site)}:{self.port}"


def studio_host(site: str) -> str:
    """Return the host name of a site of Studio. A browser keeps a session for each."""
    return f"{'.'.join(reversed(site.lower().split('/')))}.studio.{REGION}.localhost"


def notebook_host(name: str) -> str:
    """Return the host name of the site of the notebook instance `name`.

    Browsers and curl resolve every name below `localhost` to loopback (RFC 6761 §6.3).
    """
    return f"{name.lower()}.notebook.{REGION}.localhost"
