"""Prefixes of the partition keys of items that are not grants.

No principal has any of them, so such an item can never act as a grant. The function's policy and the operators'
commands use the same definitions (infra/grants_table.py, cli/grants/table.py).
"""

REPLAY_CLAIM = "replay:"
QUEUE = "queue:"
CUTOFF = "cutoff:"
SIGN_IN_REPORT = "report:"
REVOCATION = "revoked:"
ENDED = "ended:"
ACCESS_REQUEST = "request:"
UNUSED_GRANTS = "unused:"

NOT_GRANTS = (REPLAY_CLAIM, QUEUE, CUTOFF, SIGN_IN_REPORT, REVOCATION, ENDED, ACCESS_REQUEST, UNUSED_GRANTS)
