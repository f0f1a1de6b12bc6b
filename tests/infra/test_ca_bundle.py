"""The file of `vpc.ca_bundle` is part of the bundle, and a change of it makes a new bundle."""

from pathlib import Path

import pytest

from infra import bundle as bundling
from infra.ca_bundle import FUNCTION_PATH

PEM = Path(__file__).parent / "ca_bundle.pem"


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles without dependencies, whose installation takes seconds."""
    monkeypatch.setattr(bundling, "install", lambda *_arguments, **_options: None)
    monkeypatch.setattr(bundling, "_bill_of_materials", lambda _group: "{}")
    monkeypatch.setattr(bundling, "prune", lambda _folder: None)


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("ca_bundle", [PEM, None])
def test_the_bundle_has_the_file_at_the_functions_path(tmp_path: Path, ca_bundle: Path | None) -> None:
    bundling.bundle(tmp_path, platform=bundling.PLATFORM, python=None, ca_bundle=ca_bundle)
    placed = tmp_path / Path(FUNCTION_PATH).relative_to("/var/task")
    assert placed.exists() == bool(ca_bundle)
    if ca_bundle:
        assert placed.read_bytes() == ca_bundle.read_bytes()
    assert (tmp_path / "gate" / "bootstrap.py").exists()


def test_a_change_of_the_file_makes_a_new_bundle(tmp_path: Path) -> None:
    changed = tmp_path / "changed.pem"
    changed.write_bytes(PEM.read_bytes() * 2)
    hashes = [bundling.fingerprint(python=None, ca_bundle=each) for each in (None, PEM, changed)]
    assert len(set(hashes)) == 3
