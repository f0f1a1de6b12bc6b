"""The versions of Python and Node.js that the README promises are those that CI tests."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_ci_tests_the_lowest_versions_that_the_readme_names() -> None:
    found = re.search(
        r"Python (3\.\d+) to (3\.)(\d+), Node\.js 22 or 24 \(([\d.]+) also works\)", (ROOT / "README.md").read_text()
    )
    assert found
    lowest, major, highest, node = found.groups()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={lowest},<{major}{int(highest) + 1}"
    setup = (ROOT / "scripts" / "setup").read_text()
    assert f"\nLOWEST_PYTHON={lowest}\nLOWEST_NODE={node}.0\n" in setup
    assert "make test-lowest" in (ROOT / ".ci" / "run").read_text().splitlines()
