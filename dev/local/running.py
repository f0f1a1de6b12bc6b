"""Runs a local deployment for `make run`: writes its log, lets other commands find it, and prints the welcome."""

import logging
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gate.platform.log import logger
from local.access_file import access_file
from local.addresses import notebook_host
from local.aws.notebook_instances import STARTING, STOPPING
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import COLLEAGUE, INSIDE, OUTSIDE, Places
from local.provider import ExternalProvider
from local.sample import Sample
from local.template import REGION

ROOT = Path(__file__).parents[2]
LOG = ROOT / ".cache" / "local" / "gate.log"


def serve_until_interrupted(sample: Sample, options: LocalOptions) -> None:
    """Serve a deployment of `sample` until `KeyboardInterrupt`. Raises what `LocalDeployment` raises."""
    with LocalDeployment(sample, options) as deployment:
        # The port is bound now. Until then the files may belong to another run.
        _log_to(LOG)
        with access_file(_access(deployment)):
            print(welcome(sample, options, deployment.places), flush=True)  # noqa: T201
            threading.Event().wait()


def _access(deployment: LocalDeployment) -> Mapping[str, Any]:
    """Return what `gate --local` and `make slack` need."""
    return {
        "endpoint_url": deployment.aws.url,
        "region": REGION,
        "access_key_id": deployment.authority.operator_key,
        "secret_access_key": "local",
        "port": deployment.port,
    }


def _log_to(path: Path) -> None:
    """Write the function's log, and the warnings of libraries, to the file at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(logger.service).propagate = False
    registered = logger.registered_handler
    assert isinstance(registered, logging.StreamHandler)
    registered.setStream(handler.stream)


def welcome(sample: Sample, options: LocalOptions, places: Places) -> str:
    """Return the text that is printed once everything is served: what to open, as which user, and from where."""
    speed, base_url = sample.speed_factor, places.url()
    lines = [
        f"Notebook Gate is served on {base_url} until you press Ctrl-C.",
        "",
        *_bookmarks(sample, base_url),
        "",
        *_sign_in(sample, base_url, options.provider),
        *_signed_request(sample, base_url),
        "",
        f"The Slack workspace is {options.slack.team}. To act as one of its users, in another terminal:",
        "  make slack",
        "",
        "To manage grants as an operator, in another terminal:",
        "  .venv/bin/gate --local grants list",
        "  .venv/bin/gate --local requests list",
        "",
        *_places(sample, options, places),
        "",
        f"Starting a notebook takes {STARTING / speed:.0f} s and stopping it {STOPPING / speed:.0f} s, "
        f"{speed:g} times less than in AWS.",
        f"The notebooks' files are kept in {options.folder.relative_to(ROOT)}",
        "",
        f"Decisions are logged in {LOG.relative_to(ROOT)}",
    ]
    return "\n".join(lines)


def _bookmarks(sample: Sample, base_url: str) -> Iterator[str]:
    yield "Bookmarks to open:"
    bookmarks = [("", "your notebooks"), ("/open", "your only or default notebook")]
    bookmarks += [(f"/open/{notebook.name}", "") for notebook in sample.notebooks]
    for path, description in bookmarks:
        yield f"  {base_url + path:<52}  {description}".rstrip()


def _sign_in(sample: Sample, base_url: str, provider: ExternalProvider | None) -> Iterator[str]:
    if provider:
        yield f"Users sign in at {provider.issuer}."
        yield f"Its application must allow the redirect to {base_url}/login/callback"
        return
    yield "The sign-in page has a button for each of these people:"
    for person in sample.people:
        yield f"  {person.email:<24}  {sample.access_of(person)}"


def _places(sample: Sample, options: LocalOptions, places: Places) -> Iterator[str]:
    yield "Each port stands for a place, which the gate sees as a source address:"
    for address, who in ((INSIDE, "you"), (COLLEAGUE, "a colleague, in the networks"), (OUTSIDE, "outside, refused")):
        yield f"  {places.url(address):<24}  {who} ({address})"
    if sample.notebooks:
        notebook, pin = sample.notebooks[0].name, options.settings["pin"]
        yield f'A notebook that you opened is refused elsewhere (pin = "{pin}"). Open {notebook}, and then:'
        for address in (OUTSIDE,) if pin == "networks" else (COLLEAGUE, OUTSIDE):
            yield f"  http://{notebook_host(notebook)}:{places.ports[address]}/lab"


def _signed_request(sample: Sample, base_url: str) -> Iterator[str]:
    user = next(iter(sample.iam_users), None)
    if user and sample.notebooks:
        yield ""
        yield "Scripts sign their requests:"
        yield f"  curl -i --aws-sigv4 aws:amz:{REGION}:execute-api --user '{user.access_key}:{user.secret_key}' \\"
        yield f"      {base_url}/iam/open/{sample.notebooks[-1].name}"
