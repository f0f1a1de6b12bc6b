"""The module that Lambda imports: the handler, and for SnapStart everything else that a request could import."""

import gc
import random

from snapshot_restore_py import register_after_restore, register_before_snapshot

# Imports create hardly any garbage, and collecting it would take a tenth of the start.
gc.disable()

# The handler first: in alphabetical order, the same imports took 5 % more CPU when measured.
from gate.routes.dispatch import handler  # noqa: E402  # isort: skip
from gate.container import get_gate  # noqa: E402
from gate.routes import ROUTES, opening  # noqa: E402, F401  `opening` has the routes of nearly all requests
from gate.web.responses import load_pages  # noqa: E402

gc.enable()
gc.freeze()

__all__ = ["handler"]


def prepare() -> None:
    """Load what SnapStart's snapshot is to contain (Lambda developer guide, "Runtime hooks for Lambda SnapStart").

    No service is called and no secret is read, because a snapshot is kept for weeks and shared by all instances.
    """
    import encodings.idna  # noqa: F401  for the first host name that is looked up

    import jwt  # noqa: F401

    from gate.identity import iam, login  # noqa: F401
    from gate.launch import statuses  # noqa: F401
    from gate.launch.priming import prime_launch

    for route in ROUTES.values():
        route.load()
    pages, _ = load_pages()
    for template in pages.list_templates(extensions=["html"]):
        pages.get_template(template)  # compiles it
    gate = get_gate()
    gate.make_clients()
    prime_launch(gate.aws.services())
    if gate.config.without_vpc:
        from gate.launch import window  # noqa: F401
    if gate.config.slack.teams:
        from gate.slack import messages  # noqa: F401

        _ = gate.slack.requests, gate.slack.answers


register_before_snapshot(prepare)
# All instances start from one snapshot. botocore chooses the pause before a retry by this generator. Secrets come from
# `os.urandom`, which differs in each instance (Lambda developer guide, "Handling uniqueness with Lambda SnapStart").
register_after_restore(random.seed)
