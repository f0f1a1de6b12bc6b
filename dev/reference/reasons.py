"""The table of docs/reasons.md: the error classes of the function."""

import importlib
import pkgutil

from bench.tables import table
from gate.values import errors
from gate.values.errors.base import GateError
from reference.markdown import text


def reasons() -> str:
    """Return a table of all reasons, by status and in the order of the modules."""
    rows = [[f"`{each.reason}`", str(each.status), _title(each), _meaning(each)] for each in classes()]
    return table(["code", "status", "title of the page", "meaning"], rows)


def classes() -> list[type[GateError]]:
    """Return the error classes that have a reason of their own, by status."""
    for module in pkgutil.iter_modules(errors.__path__, f"{errors.__name__}."):
        importlib.import_module(module.name)
    return sorted(_with_reason(GateError), key=lambda kind: (kind.status, kind.reason))


def _with_reason(base: type[GateError]) -> set[type[GateError]]:
    found = {base} if "reason" in vars(base) else set()
    return found.union(*(_with_reason(each) for each in base.__subclasses__()))


def _title(kind: type[GateError]) -> str:
    return text(vars(kind).get("title", ""))


def _meaning(kind: type[GateError]) -> str:
    # The base class describes all errors; as an error of its own, it is one that nothing else explains.
    return text("The gate has a bug." if kind is GateError else kind.__doc__ or "")
