"""The wheel: one package with the built function inside, from which an app of ten lines can be synthesised."""

import json
import re
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from infra.bundle import runtime_python
from infra.prebuilt import build, content_hash
from tests.infra.command import ROOT, run

SOURCES = ("notebook_gate", "infra", "cli", "lambda", "scripts", "pyproject.toml", "uv.lock", "README.md", "LICENSE")
UV = str(ROOT / ".tools" / "bin" / "uv")
PAGE = (ROOT / "docs" / "own-app.md").read_text()
MINIMAL_APP = """\
import aws_cdk as cdk
from notebook_gate import NotebookGate, Settings

app = cdk.App()
stack = cdk.Stack(app, "Notebooks")
NotebookGate(stack, "Gate", settings=Settings.parse({"networks": ["203.0.113.0/24"]}))
app.synth()
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, with the built bundle."""
    if runtime_python() is None:
        pytest.skip("needs Python 3.13 to build the bundle")
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    build(folder / "dist" / "function.zip")
    return folder


@pytest.fixture(scope="module")
def wheel(sources: Path) -> Path:
    _checked(UV, "build", "--quiet", "--wheel", "--out-dir", "dist", cwd=sources)
    (found,) = (sources / "dist").glob("notebook_gate-*.whl")
    return found


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and what it requires, in the versions of the lock file."""
    folder = tmp_path_factory.mktemp("fresh")
    _checked(UV, "venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
    locked = _checked(UV, "export", "--quiet", "--frozen", "--no-default-groups", "--no-emit-project", "--no-hashes")
    (folder / "constraints.txt").write_text(locked)
    python, constraints = folder / "venv" / "bin" / "python", folder / "constraints.txt"
    _checked(UV, "pip", "install", "--quiet", "--python", str(python), "--constraints", str(constraints), str(wheel))
    (folder / "bin").mkdir()
    node = shutil.which("node")
    assert node
    (folder / "bin" / "node").symlink_to(node)
    return folder


def _checked(*command: str, cwd: Path = ROOT) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _synth(environment: Path, folder: Path, app: str) -> Path:
    """Run `app` with nothing on the path but node, and no other variable. Return its assembly."""
    (folder / "app.py").write_text(app)
    # A folder as every CDK app has it, which must not hide the package's own.
    (folder / "infra").mkdir(exist_ok=True)
    (folder / "infra" / "__init__.py").write_text("raise AssertionError\n")
    bare = {"PATH": str(environment / "bin"), "CDK_OUTDIR": str(folder / "out"), "HOME": str(folder)}
    bare["http_proxy"] = bare["https_proxy"] = "http://127.0.0.1:9"  # nothing listens there
    done = run(str(environment / "venv" / "bin" / "python"), "app.py", cwd=folder, env=bare)
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_the_wheel_has_one_package_and_the_built_function(wheel: Path, sources: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extract("notebook_gate/infra/function.zip", tmp_path)
        written = {name: archive.read(name).decode() for name in names if name.endswith(".py")}
    assert len(names) == len(set(names))
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"notebook_gate"}
    built = tmp_path / "notebook_gate" / "infra" / "function.zip"
    assert content_hash(built) == content_hash(sources / "dist" / "function.zip")
    old = re.compile(r"^\s*(?:from|import) (?:infra|cli|gate)\b", re.MULTILINE)
    assert [name for name, text in written.items() if old.search(text)] == []


def test_the_app_of_the_document_is_synthesised_without_sources_or_a_network(
    environment: Path, sources: Path, tmp_path: Path
) -> None:
    (app,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    out = _synth(environment, tmp_path, app)
    (path,) = (out / "assembly-Production").glob("ProductionNotebooks*.template.json")
    template = json.loads(path.read_text())
    (asset,) = out.glob("asset.*")
    assert asset.read_bytes() == (sources / "dist" / "function.zip").read_bytes()
    (function,) = (each for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function")
    assert function["Properties"]["Code"]["S3Key"] == asset.name.removeprefix("asset.")
    assert function["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == "Production-Notebooks"
    assert "Fn::ImportValue" in json.dumps(function["Properties"]["VpcConfig"])
    assert "missing" not in json.loads((out / "manifest.json").read_text())


def test_an_app_of_ten_lines_is_enough(environment: Path, tmp_path: Path) -> None:
    assert len(MINIMAL_APP.splitlines()) <= 10
    assert list(_synth(environment, tmp_path, MINIMAL_APP).glob("Notebooks.template.json"))


def test_the_wheel_requires_what_its_modules_import(environment: Path) -> None:
    code = """
import importlib, pkgutil, notebook_gate, sys
for part in ("cli", "infra"):
    package = importlib.import_module(f"notebook_gate.{part}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print(*sorted({"infra", "cli", "gate", "uv"} & sys.modules.keys()))
"""
    done = run(str(environment / "venv" / "bin" / "python"), "-I", "-c", code)
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr


def test_the_command_works_and_loads_no_cdk(environment: Path) -> None:
    assert "Operate a Notebook Gate" in run(str(environment / "venv" / "bin" / "gate"), "--help", env={}).stdout
    code = "import sys; sys.argv = ['gate', '--help']; import notebook_gate, atexit\n"
    code += "atexit.register(lambda: print('loaded:', 'aws_cdk' in sys.modules)); notebook_gate.main()"
    done = run(str(environment / "venv" / "bin" / "python"), "-I", "-c", code)
    assert "loaded: False" in done.stdout


def test_a_wheel_without_the_built_function_is_not_made(sources: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(sources, tmp_path / "copy", ignore=shutil.ignore_patterns("dist"))
    done = run(UV, "build", "--wheel", "--out-dir", "dist", cwd=copy)
    assert done.returncode != 0
    assert "dist/function.zip is missing; make wheel builds it first" in done.stderr


def test_requirements_that_the_function_shares_with_the_wheel_are_the_same() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = {text.split(">")[0]: text for text in project["dependency-groups"]["function"]}
    for text in project["project"]["dependencies"]:
        assert shared.get(text.split(">")[0], text) == text
