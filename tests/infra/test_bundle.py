"""The bundle that `npx cdk synth` makes: importable, compiled, small, and with its bill of materials."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from infra.bundle import SBOM, runtime_python
from infra.models import OPERATIONS
from tests.infra.command import ROOT, run

AARCH64 = 0xB7  # e_machine (ELF for the Arm 64-bit Architecture)


@pytest.fixture(scope="module")
def asset(assembly: Path) -> Path:
    # CDK's own function, which empties the default security group, is another asset.
    (folder,) = (each for each in assembly.glob("asset.*") if (each / "gate").exists())
    return folder


def test_the_bundle_can_be_imported_and_is_for_the_functions_platform(asset: Path) -> None:
    libraries = list(asset.rglob("*.so"))
    assert libraries  # cryptography's
    for library in libraries:
        assert int.from_bytes(library.read_bytes()[18:20], "little") == AARCH64, library
    # -S and -I: only the bundle and the standard library.
    code = f"import sys; sys.path.insert(0, {str(asset)!r}); import gate.bootstrap; print(gate.bootstrap.__file__)"
    done = run(sys.executable, "-I", "-S", "-B", "-c", code)
    assert done.stdout.strip() == str(asset / "gate" / "bootstrap.py"), done.stderr


def test_every_module_has_bytecode_that_is_loaded_unchecked_where_the_functions_python_is_present(asset: Path) -> None:
    python = runtime_python()
    if python is None:  # a synthesis warns of it
        assert not list(asset.rglob("*.pyc"))
        return
    compiled = list(asset.rglob("*.cpython-313.pyc"))
    assert len(compiled) == len(list(asset.rglob("*.pyc"))) == len(list(asset.rglob("*.py")))
    magic = run(python, "-c", "import importlib.util, sys; sys.stdout.write(importlib.util.MAGIC_NUMBER.hex())").stdout
    for path in compiled:
        head = path.read_bytes()[:8]
        # PEP 552: the lowest bit says that a hash follows, the next bit whether Python checks it.
        assert (head[:4].hex(), int.from_bytes(head[4:], "little")) == (magic, 0b01), path
    # The file names do not depend on PYTHONOPTIMIZE in the environment of the shell.
    assert b"/var/task/gate/bootstrap.py" in (asset / "gate" / "__pycache__" / "bootstrap.cpython-313.pyc").read_bytes()


def test_no_file_of_the_bundle_is_one_of_uvs_cache(asset: Path) -> None:
    """uv links files by default. What `prune` writes into them would be in every environment of this machine."""
    assert {path.stat().st_nlink for path in asset.rglob("*") if path.is_file()} == {1}


def test_everybody_can_read_the_bundle_and_nothing_in_it_names_this_machine(asset: Path) -> None:
    files = [path for path in asset.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o644}
    assert [path for path in files if str(ROOT).encode() in path.read_bytes()] == []


def test_the_bundle_is_under_its_size_limit(asset: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "bundle"), "zip", asset)
    assert Path(archive).stat().st_size < 12_100_000
    services = {path.name for path in (asset / "botocore" / "data").iterdir() if path.is_dir()}
    assert services == set(OPERATIONS)


def test_the_bundle_has_the_dependencies_of_the_function_alone(asset: Path) -> None:
    installed = {path.name.split("-")[0].lower().replace("_", "-") for path in asset.glob("*.dist-info")}
    assert {"botocore", "aws-lambda-powertools", "itsdangerous", "jinja2", "pyjwt", "cryptography"} <= installed
    assert not installed & {"boto3", "moto", "pytest", "aws-cdk-lib", "pydantic", "aiohttp"}


def test_the_bundle_has_a_bill_of_materials(asset: Path) -> None:
    bill = json.loads((asset / SBOM).read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    listed = {each["purl"].partition("?")[0] for each in bill["components"]}
    installed = set()
    for path in asset.glob("*.dist-info"):
        name, version = path.stem.rsplit("-", 1)
        installed.add(f"pkg:pypi/{name.lower().replace('_', '-').replace('.', '-')}@{version}")
    # As in the lock file, the list includes packages for other platforms.
    assert installed <= listed
    hashes = [file["hashes"] for each in bill["components"] for file in each["externalReferences"]]
    assert all(each[0]["alg"] == "SHA-256" for each in hashes)
