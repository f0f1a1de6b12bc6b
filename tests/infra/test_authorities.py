"""Certificate authorities of one's own get into the bundle, and a change of them makes a new one."""

from pathlib import Path

import pytest

from infra import bundle as bundling
from infra.authorities import IN_FUNCTION

PEM = Path(__file__).parent / "authorities.pem"


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles without dependencies, which take seconds to install."""
    monkeypatch.setattr(bundling, "install", lambda *_arguments, **_options: None)
    monkeypatch.setattr(bundling, "_bill_of_materials", lambda _group: "{}")
    monkeypatch.setattr(bundling, "prune", lambda _folder: None)


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("authorities", [PEM, None])
def test_the_bundle_holds_them_where_the_function_looks(tmp_path: Path, authorities: Path | None) -> None:
    bundling.bundle(tmp_path, platform=bundling.PLATFORM, python=None, authorities=authorities)
    placed = tmp_path / Path(IN_FUNCTION).relative_to("/var/task")
    assert placed.exists() == bool(authorities)
    if authorities:
        assert placed.read_bytes() == authorities.read_bytes()
    assert (tmp_path / "gate" / "bootstrap.py").exists()


def test_a_change_of_them_makes_a_new_bundle(tmp_path: Path) -> None:
    changed = tmp_path / "changed.pem"
    changed.write_bytes(PEM.read_bytes() * 2)
    made_of = [bundling.fingerprint(python=None, authorities=each) for each in (None, PEM, changed)]
    assert len(set(made_of)) == 3
