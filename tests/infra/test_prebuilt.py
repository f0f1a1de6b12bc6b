"""The bundle that is built once: the same on every machine, and what `cdk synth` deploys without building again."""

import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path

import aws_cdk as cdk
import pytest

from infra import prebuilt
from infra.bundle import BundlingError, runtime_python
from infra.ca_bundle import FILE_NAME
from infra.function_code import CONTEXT, function_code
from infra.prebuilt import build, content_hash, unpack, write_archive
from tests.infra.command import ROOT, run

PEM = Path(__file__).parent / "ca_bundle.pem"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small archive in place of a bundle."""
    folder = tmp_path / "source"
    (folder / "gate").mkdir(parents=True)
    (folder / "gate" / "bootstrap.py").write_text("handler = None\n")
    write_archive(folder, tmp_path / "function.zip")
    return tmp_path / "function.zip"


def test_two_builds_are_the_same_file_whatever_the_folder_the_umask_and_the_environment(tmp_path: Path) -> None:
    if runtime_python() is None:
        pytest.skip("needs Python 3.13; the next test shows that a build without it fails")
    # Short: compileall makes a socket in it, whose path may have about a hundred characters.
    temporary = Path(tempfile.mkdtemp(prefix="b", dir="/tmp"))
    strict = {**os.environ, "TMPDIR": str(temporary), "PYTHONOPTIMIZE": "1", "PYTHONHASHSEED": "1"}
    printed = []
    for number, (mask, env) in enumerate([("022", {**os.environ}), ("077", strict)]):
        command = f"umask {mask} && exec {sys.executable} -m infra.prebuilt {tmp_path}/{number}/function.zip"
        done = run("sh", "-c", command, env={**env, "PYTHONPATH": f"{ROOT / 'lambda'}:{ROOT}"})
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout.strip())
    temporary.rmdir()  # empty: a build leaves nothing behind
    first, second = (tmp_path / str(number) / "function.zip" for number in range(2))
    assert printed == [content_hash(first)] * 2
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as built:
        assert {entry.external_attr >> 16 for entry in built.infolist()} == {0o100644}
        text = b"".join(built.read(name) for name in built.namelist())
        # Commands begin with the path of an interpreter.
        assert [name for name in built.namelist() if name.startswith("bin/")] == []
    assert sys.executable.encode() not in text
    assert str(temporary).encode() not in text


def test_a_build_without_the_functions_python_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prebuilt, "runtime_python", lambda: None)
    with pytest.raises(BundlingError, match=r"needs Python 3\.13.*uv python install 3\.13"):
        build(tmp_path / "function.zip")
    assert not (tmp_path / "function.zip").exists()


def test_the_hash_depends_on_names_modes_and_contents_but_not_on_compression(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as source:
        (entry,) = source.infolist()
        content = source.read(entry)
    hashes = []
    for name, mode, text, compression in [
        (entry.filename, 0o100644, content, zipfile.ZIP_STORED),
        ("gate/other.py", 0o100644, content, zipfile.ZIP_DEFLATED),
        (entry.filename, 0o100755, content, zipfile.ZIP_DEFLATED),
        (entry.filename, 0o100644, b"handler = 1\n", zipfile.ZIP_DEFLATED),
    ]:
        copy = zipfile.ZipInfo(name, entry.date_time)
        copy.external_attr, copy.compress_type = mode << 16, compression
        with zipfile.ZipFile(tmp_path / "copy.zip", "w") as target:
            target.writestr(copy, text)
        hashes.append(content_hash(tmp_path / "copy.zip"))
    assert hashes[0] == content_hash(archive)
    assert len(set(hashes)) == 4


def test_a_built_bundle_is_deployed_as_it_is(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise AssertionError

    monkeypatch.setattr("infra.function_code.bundle", fail)
    monkeypatch.setattr("infra.function_code.runtime_python", fail)
    assert (_synth(archive) / _asset(_synth(archive))).read_bytes() == archive.read_bytes()


def test_a_ca_bundle_is_added_to_a_built_bundle(archive: Path, tmp_path: Path) -> None:
    with_authorities = _asset(_synth(archive, PEM))
    assert with_authorities != _asset(_synth(archive))
    folder = _synth(archive, PEM) / with_authorities
    assert (folder / FILE_NAME).read_bytes() == PEM.read_bytes()
    assert (folder / "gate" / "bootstrap.py").exists()
    other = tmp_path / "other.pem"
    other.write_bytes(PEM.read_bytes() * 2)
    assert _asset(_synth(archive, other)) != with_authorities


def test_what_is_unpacked_can_be_read_on_lambda_whatever_the_umask(archive: Path, tmp_path: Path) -> None:
    mask = os.umask(0o077)
    try:
        unpack(archive, tmp_path / "unpacked", ca_bundle=PEM)
    finally:
        os.umask(mask)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "unpacked").rglob("*") if path.is_file()}
    assert modes == {0o644}


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_what_is_no_bundle_ends_the_synthesis_with_one_line(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "function.zip").write_bytes(content)
    done = run("npx", "cdk", "synth", "--quiet", "-c", f"{CONTEXT}={tmp_path}/function.zip", "--output", str(tmp_path))
    assert done.returncode != 0
    assert f"{tmp_path}/function.zip is not a bundle; write the path of a file that make bundle wrote" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_path_of_the_bundle_is_no_part_of_its_hash(archive: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "other.zip"
    moved.parent.mkdir()
    moved.write_bytes(archive.read_bytes())
    assert _asset(_synth(archive)) == _asset(_synth(moved))


def _synth(archive: Path, ca_bundle: Path | None = None) -> Path:
    """Return the assembly of a stack with a function of this code."""
    app = cdk.App(context={CONTEXT: str(archive)})
    stack = cdk.Stack(app, "Stack")
    code = function_code(stack, ca_bundle=ca_bundle)
    cdk.aws_lambda.Function(
        stack, "Function", code=code, handler="gate.bootstrap.handler", runtime=cdk.aws_lambda.Runtime.PYTHON_3_13
    )
    return Path(app.synth().directory)


def _asset(assembly: Path) -> str:
    """Return the path of the function's code in `assembly`, which has its hash."""
    manifest = json.loads((assembly / "Stack.assets.json").read_text())
    (code,) = (path for each in manifest["files"].values() if "asset." in (path := each["source"]["path"]))
    return str(code)
