"""The kinds of notebooks. A new kind is one module in this package, and a line of each function here.

`gate.values.notebook` tells which names are of which kind.
"""

from functools import cache

from gate.launch.kinds.kind import Kind
from gate.launch.kinds.notebook_instance import NotebookInstance
from gate.values.notebook import Notebook

_NOTEBOOK_INSTANCE = NotebookInstance()


def kind_of(notebook: Notebook) -> Kind:
    """Return the kind of `notebook`."""
    return _studio() if notebook.studio else _NOTEBOOK_INSTANCE


def all_kinds() -> tuple[Kind, ...]:
    """Return every kind."""
    return _NOTEBOOK_INSTANCE, _studio()


@cache
def _studio() -> Kind:
    # Imported with the first name in Studio: other launches must not wait for it.
    from gate.launch.kinds.studio import Studio

    return Studio()
