"""What became of an access request, in the words of the page, of Slack and of `gate`."""

from collections.abc import Callable, Sequence

from gate.access_requests.access_request import AccessRequest, State
from gate.values.notebook import Notebook
from gate.web.durations import date_time, in_words
from gate.web.people import name_of

MAX_DECIDERS = 5
"""How many of those who decide on a notebook are named."""


def outcome(
    request: AccessRequest, state: State, *, to_asker: bool = False, name: Callable[[str], str] = name_of
) -> str:
    """Return what became of `request`, such as `denied by bob@example.com`.

    `to_asker`: whether the person who asked reads it. `name`: returns what is shown of a principal.
    """
    match state:
        case "open" if request.approvals:
            return f"allowed by {_parts(request, name)}, waiting for another person"
        case "open":
            return "waiting for a decision"
        case "allowed":
            return _allowed(request, "you asked for" if to_asker else "asked for", name)
        case "denied" | "withdrawn":
            return f"{state} by {name(request.decided_by)}"
    return "ended without a decision"


def heading(request: AccessRequest, state: State, *, now: float, reader: Sequence[str], to_asker: bool) -> str:
    """Return the heading of the page of `request`.

    `now`: epoch seconds. `reader`: the names of the person who reads it. `to_asker`: whether that is who asked.
    """
    who, notebook = name_of(request.requester), request.notebook
    if state == "allowed" and now >= request.until:
        return f"The access to {notebook} that this request gave has ended"
    if to_asker:
        late = f"Nobody decided on {notebook}" if now >= request.ends_at else f"Your request for {notebook} has ended"
        return {
            "open": f"Waiting for a decision on {notebook}",
            "allowed": f"Your access to {notebook}",
            "denied": f"You were denied access to {notebook}",
            "withdrawn": f"You withdrew your request for {notebook}",
        }.get(state, late)
    denied = "You denied {} access to {}" if request.decided_by in reader else "{} was denied access to {}"
    return {
        "open": f"{who} asks for {notebook}",
        "allowed": f"{who} may open {notebook}",
        "denied": denied.format(who, notebook),
        "withdrawn": f"{who} withdrew the request for {notebook}",
    }.get(state, f"The request of {who} for {notebook} has ended")


def until(request: AccessRequest) -> str:
    """Return until when the request was allowed, such as `until 2026-12-31 18:00 UTC`."""
    earlier = ", the end of the earlier access, which is later" if request.keeps_earlier_end else ""
    return f"until {date_time(request.until)}{earlier}"


def closing(notebook: Notebook, *, home: str) -> str:
    """Return what becomes of an open notebook when access to it ends. `home`: the deployment's own location."""
    account = notebook.location.partition("/")[0]
    if account and account != home.partition("/")[0]:
        # No function writes to the launch role there (docs/remote-accounts.md).
        return "What is open stays open for now, because it is in another account: tell your platform team."
    what = "What is open of this user profile" if notebook.studio else "What is open"
    return f"{what} is closed within a minute."


def deciders(principals: Sequence[str]) -> str:
    """Return who decides, from those that the settings name for a notebook.

    Owners are not named: a name that has an owner would be that of a notebook that exists.
    """
    named = list(dict.fromkeys(map(_decider, principals)))
    others = ["others"] if len(named) > MAX_DECIDERS else []
    words = ", ".join([*named[:MAX_DECIDERS], *others])
    return f"{words}, or the owner of the notebook" if words else "the owner of the notebook"


def sentence(words: str) -> str:
    """Return the words of `outcome` as a sentence."""
    return f"{words[0].upper()}{words[1:]}."


def _allowed(request: AccessRequest, asked_for: str, name: Callable[[str], str]) -> str:
    several = len(request.approvals) > 1
    people = _parts(request, name) if several else name(request.decided_by)
    less = ""
    if request.is_shortened:
        less = f"for {in_words(request.allowed_seconds)} of the {in_words(request.seconds)} {asked_for}, "
    return f"allowed by {people} {less}{_ended(request, name) if request.ended_by else until(request)}"


def _decider(principal: str) -> str:
    kind, _, name = principal.partition(":")
    return {"group": f"somebody in {name}", "slack": "somebody in Slack"}.get(kind, name_of(principal))


def _ended(request: AccessRequest, name: Callable[[str], str]) -> str:
    act = "given back by" if request.ended_by in request.requester_names else "ended by"
    return f"and {act} {name(request.ended_by)} {date_time(request.until)}"


def _parts(request: AccessRequest, name: Callable[[str], str]) -> str:
    return ", ".join(f"{name(each.by)} ({in_words(each.seconds)})" for each in request.approvals)
