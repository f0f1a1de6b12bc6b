"""The file of `vpc.ca_bundle` is part of the bundle, and a change of it makes a new bundle."""

from pathlib import Path

import pytest

from infra import bundle as bundling
from infra.ca_bundle import FUNCTION_PATH
from infra.settings import Settings
from infra.settings_errors import SettingsError

PEM = Path(__file__).parent / "ca_bundle.pem"
CERTIFICATE = PEM.read_bytes()


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
    changed.write_bytes(CERTIFICATE * 2)
    hashes = [bundling.fingerprint(python=None, ca_bundle=each) for each in (None, PEM, changed)]
    assert len(set(hashes)) == 3


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read; write the path of a PEM file"),
        (b"no certificate", "contains no certificate in PEM form"),
        (CERTIFICATE + b"-----BEGIN PRIVATE KEY-----\n", "contains a private key"),
        (CERTIFICATE * 500, "is larger than 262144 bytes; remove the public authorities"),
        (CERTIFICATE, ""),
    ],
)
def test_the_ca_bundle_is_checked_beside_its_settings(tmp_path: Path, content: bytes | None, problem: str) -> None:
    (tmp_path / "gate.toml").write_text('networks = ["203.0.113.0/24"]\n[vpc]\nca_bundle = "ca.pem"\n')
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    if problem:
        with pytest.raises(SettingsError, match=rf"^gate\.toml: vpc\.ca_bundle = 'ca\.pem' {problem}"):
            Settings.load(tmp_path / "gate.toml")
    else:
        assert Settings.load(tmp_path / "gate.toml").vpc.ca_bundle == "ca.pem"
