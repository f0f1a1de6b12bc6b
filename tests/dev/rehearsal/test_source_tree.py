"""The rehearsal can still make a changed copy of the source tree."""

from pathlib import Path

from rehearsal.account import ROOT
from rehearsal.source_tree import MEMORY, changed


def test_the_changed_tree_has_other_code_and_more_memory(tmp_path: Path) -> None:
    tree = changed(tmp_path / "tree")
    bootstrap = Path("lambda/gate/bootstrap.py")
    assert (tree / bootstrap).read_text() != (ROOT / bootstrap).read_text()
    assert f"memory_size={MEMORY}" in (tree / "infra" / "function.py").read_text()
