"""The previous release can be deployed from a fresh clone: its archive is there, and complete."""

import re
import tomllib
from pathlib import Path

from rehearsal import releases
from rehearsal.account import ROOT
from rehearsal.environment import Environment
from rehearsal.source_tree import SETTINGS


def _released() -> list[str]:
    """Return the released versions that the changelog lists, newest first."""
    text = (ROOT / "CHANGELOG.md").read_text()
    return re.findall(r"^## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)


def test_the_newest_archive_is_the_newest_release_of_the_changelog() -> None:
    assert releases.version_of(releases.newest()) == _released()[0]


def test_the_changelog_has_one_place_for_changes_that_are_not_released() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings.count("Unreleased") == 1
    assert [each.partition(" - ")[0] for each in headings[1:]] == _released()


def test_every_release_has_upgrade_notes() -> None:
    for part in (ROOT / "CHANGELOG.md").read_text().split("\n## ")[2:]:
        assert "### Upgrade notes" in part, part.splitlines()[0]


def test_an_archive_has_what_is_deployed_and_says_its_version(tmp_path: Path) -> None:
    archive = releases.newest()
    tree = releases.unpack(archive, tmp_path)
    for name in releases.KEPT:
        assert (tree / name).exists(), name
    version = (tree / "lambda" / "gate" / "values" / "version.py").read_text()
    assert f'VERSION = "{releases.version_of(archive)}"' in version
    assert archive.stat().st_size < 600_000


def test_the_release_is_configured_with_the_settings_that_it_knows(tmp_path: Path) -> None:
    text = (releases.unpack(releases.newest(), tmp_path) / SETTINGS).read_text()
    filled = re.sub(r"\$\w+", "1", re.sub(r'"\$\w+"', '"x"', text))
    assert tomllib.loads(filled)["name"] == "notebook-gate"
    # `Environment.write_settings` fills these in, for every release.
    code = Path(str(Environment.write_settings.__code__.co_filename)).read_text()
    for word in re.findall(r"\$(\w+)", text):
        assert re.search(rf"^ +{word}=|\"{word}\": ", code, re.MULTILINE), word
