"""The layers of the code: which module may import which. Imports for type checking and inside functions count, too."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LAYERS = (
    (
        "gate.platform.aliases",
        "gate.platform.clock",
        "gate.platform.log",
        "gate.platform.deadline",
        "gate.platform.config",
    ),
    # Values without behaviour of their own, which every layer above passes on.
    ("gate.values.caller", "gate.launch.instance", "gate.values.queue_state", "gate.store.key_prefixes"),
    ("gate.values.errors",),
    (
        "gate.platform.framing",
        "gate.values.notebook",
        "gate.platform.metrics",
        "gate.platform.tls",
        "gate.platform.signing",
    ),
    ("gate.platform.transport", "gate.web"),
    ("gate.platform.aws",),
    ("gate.platform.secrets",),
    ("gate.platform.keys", "gate.store"),
    ("gate.identity",),
    ("gate.platform.audit", "gate.launch"),
    ("gate.access_requests",),
    ("gate.slack",),
    ("gate.container",),
    ("gate.routes",),
    ("gate.routes.dispatch",),
    ("gate.bootstrap",),
)
"""The function, from the bottom up. A module imports its own package and lower layers. The entries of one layer do not
import each other. A module belongs to the longest entry that its name begins with."""

PACKAGES: dict[str, set[str]] = {
    "gate": set(),
    "grant_schema": {"gate"},
    "infra": {"gate"},
    "cli": {"gate", "grant_schema", "infra"},
    "local": {"gate", "grant_schema", "infra"},
    "testing": {"gate", "infra", "local"},
    "trials": {"bench", "gate", "infra", "local", "testing"},
    "bench": {"gate", "infra", "testing"},
    "rehearsal": {"gate", "infra", "local", "testing"},
}
"""Which package may import which others."""

FOLDERS = {"gate": ROOT / "lambda"}
"""Where the packages are, other than at the top."""


def _modules(package: str, root: Path) -> dict[str, Path]:
    names = {}
    for file in sorted((root / package).rglob("*.py")):
        names[".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")] = file
    return names


def _imports(file: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    """Give the names in `modules` that `file` imports anywhere in its text."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in modules else node.module


ALL = {name: file for package in PACKAGES for name, file in _modules(package, FOLDERS.get(package, ROOT)).items()}
GRAPH = {name: set(_imports(file, ALL)) - {name} for name, file in ALL.items()}


def _entry(module: str) -> tuple[int, str]:
    """Return the layer of a module of the function, and the entry that it belongs to."""
    found = [
        (index, entry)
        for index, entries in enumerate(LAYERS)
        for entry in entries
        if module == entry or module.startswith(f"{entry}.")
    ]
    return max(found, key=lambda each: len(each[1]))


def _cycle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the modules of one cycle, or an empty list if there is none."""
    done: set[str] = set()
    path: list[str] = []

    def visit(module: str) -> list[str]:
        if module in path:
            return path[path.index(module) :]
        if module in done:
            return []
        path.append(module)
        for imported in sorted(graph[module]):
            if cycle := visit(imported):
                return cycle
        path.pop()
        done.add(module)
        return []

    return next((cycle for module in graph if (cycle := visit(module))), [])


def _wrong_arrows(graph: Mapping[str, set[str]]) -> list[str]:
    wrong = []
    for module, imported in graph.items():
        if module == "gate" or not module.startswith("gate."):
            continue
        layer, entry = _entry(module)
        for other in imported - {"gate"}:
            other_layer, other_entry = _entry(other)
            if other_layer >= layer and other_entry != entry:
                wrong.append(f"{module} -> {other}")
    return wrong


def test_every_module_of_the_function_has_a_layer() -> None:
    for module in GRAPH:
        if module.startswith("gate."):
            _entry(module)


def test_a_module_imports_lower_layers_only() -> None:
    assert _wrong_arrows(GRAPH) == []


def test_there_are_no_cycles() -> None:
    assert _cycle(GRAPH) == []


def test_every_package_is_listed() -> None:
    folders = {file.parent.name for folder in (ROOT, ROOT / "lambda") for file in folder.glob("*/__init__.py")}
    assert folders - {"tests"} == PACKAGES.keys()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_the_packages_that_it_may(package: str) -> None:
    others = {
        imported.partition(".")[0]
        for module, all_imported in GRAPH.items()
        if module.partition(".")[0] == package
        for imported in all_imported
    }
    assert others - {package} <= PACKAGES[package]


def test_a_wrong_arrow_and_a_cycle_would_be_found(tmp_path: Path) -> None:
    assert _wrong_arrows({"gate.store.rows": {"gate.routes.opening"}}) == ["gate.store.rows -> gate.routes.opening"]
    assert _wrong_arrows({"gate.store.rows": {"gate.platform.keys"}}) == ["gate.store.rows -> gate.keys"]
    assert _cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gate.platform.keys import KeyRing\n"
    source += "def later():\n    import gate.container\n"
    file = tmp_path / "module.py"
    file.write_text(source)
    assert set(_imports(file, ALL)) == {"gate.platform.keys", "gate.container"}
