"""The kinds of notebooks. A new kind is one module in this package, and a line of each function here.

`gate.values.notebook` tells which names are of which kind.
"""

from gate.launch.kinds.kind import Kind
from gate.launch.kinds.notebook_instance import NotebookInstance
from gate.values.notebook import Notebook


def kind_of(notebook: Notebook) -> Kind:
    """Return the kind of `notebook`."""
    return _studio() if notebook.studio else NotebookInstance()


def all_kinds() -> tuple[Kind, ...]:
    """Return every kind."""
    return NotebookInstance(), _studio()


def _studio() -> Kind:
    # Imported with the first name in Studio: other launches must not wait for it.
    from gate.launch.kinds.studio import Studio

    return Studio()
