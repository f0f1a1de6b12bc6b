"""The kinds of notebooks. A new kind is one module in this package, and one entry of `KINDS`."""

from gate.launch.kinds.kind import Kind
from gate.launch.kinds.notebook_instance import NotebookInstance
from gate.values.notebook import Notebook

KINDS: tuple[Kind, ...] = (NotebookInstance(),)


def kind_of(notebook: Notebook) -> Kind:
    """Return the kind of `notebook`."""
    return next(kind for kind in KINDS if kind.names(notebook))
