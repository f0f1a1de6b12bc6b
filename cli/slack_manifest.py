"""`make slack-manifest BASE_URL=https://…`: prints the manifest of the Slack app for one deployment."""

import re
import sys
from pathlib import Path

from cli.errors import CommandError

# Slack accepts only https and addresses that it can reach. The URL is inserted into YAML without escaping.
_BASE_URL = re.compile(r"https://[a-z0-9.-]+(:\d+)?(/[\w.-]+)*/?", re.ASCII)


def manifest(base_url: str) -> str:
    """Return the manifest, in YAML, of the app for the deployment at `base_url`. Raises `CommandError`."""
    if not _BASE_URL.fullmatch(base_url):
        raise CommandError(
            f"BASE_URL={base_url} is not the URL of a deployment: write the output BaseUrl of the stack, such as "
            "make slack-manifest BASE_URL=https://notebooks.example.com"
        )
    template = (Path(__file__).parent / "slack-manifest.yaml").read_text(encoding="utf-8")
    return template.replace("{base_url}", base_url.rstrip("/"))


def main() -> None:
    """Print the manifest. Exits with 1 and a message if the argument is not valid."""
    try:
        sys.stdout.write(manifest(sys.argv[1] if len(sys.argv) > 1 else ""))
    except CommandError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
