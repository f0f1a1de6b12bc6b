"""What Lambda starts: the handler, imported in one go, and for SnapStart all else that a request could wait for."""

import gc

from snapshot_restore_py import register_before_snapshot

# Nothing of what is imported becomes garbage, and looking for some would be a tenth of the start.
gc.disable()

from gate.container import get_gate  # noqa: E402
from gate.handler import handler  # noqa: E402
from gate.routes import ROUTES, endpoint, opening  # noqa: E402, F401  `opening`: where nearly all requests go
from gate.web.responses import pages  # noqa: E402

gc.enable()
gc.freeze()

__all__ = ["handler"]


def prepare() -> None:
    """Make what SnapStart's snapshot is to hold (Lambda developer guide, "Runtime hooks for Lambda SnapStart").

    Nobody is called and no secret is read: a snapshot is kept for weeks, and everything started from it is alike.
    """
    import jwt  # noqa: F401

    from gate.identity import iam, login  # noqa: F401

    for name in ROUTES.values():
        endpoint(name)
    pages()
    gate = get_gate()
    gate.make_clients()
    if gate.config.slack.teams:
        from gate.slack import messages  # noqa: F401

        _ = gate.slack


register_before_snapshot(prepare)
