"""Prints the Slack app's manifest for one deployment: `make slack-manifest BASE_URL=https://…`."""

import re
import sys
from pathlib import Path

# Slack takes no other scheme, and no address that it can't reach; what follows is put into YAML as it is.
_BASE_URL = re.compile(r"https://[a-z0-9.-]+(:\d+)?(/[\w.-]+)*/?", re.ASCII)


class UsageError(Exception):
    """What was typed can't be used; the text says what to type instead."""


def manifest(base_url: str) -> str:
    """Return the manifest, as YAML, of the app that calls the gate at `base_url`. Raises `UsageError`."""
    if not _BASE_URL.fullmatch(base_url):
        raise UsageError(
            f"BASE_URL={base_url} is not a deployment's address: write the output BaseUrl, such as "
            "make slack-manifest BASE_URL=https://notebooks.example.com"
        )
    template = (Path(__file__).parent / "slack-manifest.yaml").read_text(encoding="utf-8")
    return template.replace("{base_url}", base_url.rstrip("/"))


def main() -> None:
    """Print it, or say what to type and end with 1."""
    try:
        sys.stdout.write(manifest(sys.argv[1] if len(sys.argv) > 1 else ""))
    except UsageError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
