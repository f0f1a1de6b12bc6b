"""A company's package mirror, set in the usual variables, serves every package. Nothing goes past it."""

import hashlib
import http.server
import os
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import bundle
from infra.bundle import PLATFORM, BundlingError, install
from tests.infra.command import ROOT, run

WHEEL = "tiny-1.0-py3-none-any.whl"
LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "project"
version = "0"
source = { virtual = "." }

[package.dev-dependencies]
function = [{ name = "tiny" }]
provider = [{ name = "tiny" }]

[[package]]
name = "tiny"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.pythonhosted.org/packages/aa/bb/WHEEL", hash = "sha256:HASH" }]
"""


class _Mirror(http.server.ThreadingHTTPServer):
    """Serves one package, and keeps the paths of the requests."""

    wheel: bytes
    paths: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Mirror

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        pages = {
            "/simple/tiny/": (f'<!DOCTYPE html><a href="/files/{WHEEL}">{WHEEL}</a>'.encode(), "text/html"),
            f"/files/{WHEEL}": (self.server.wheel, "application/octet-stream"),
        }
        content, kind = pages.get(self.path, (b"", ""))
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[_Mirror]:
    with zipfile.ZipFile(tmp_path / WHEEL, "w") as archive:
        info = "tiny-1.0.dist-info"
        archive.writestr("tiny.py", "")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "tiny.py,,\n")
    with _Mirror(("127.0.0.1", 0), _Handler) as server:
        server.wheel, server.paths = (tmp_path / WHEEL).read_bytes(), []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def project(mirror: _Mirror, tmp_path: Path) -> Path:
    """A project whose lock file has the addresses of the public index, with the scripts of this one."""
    folder = tmp_path / "project"
    (folder / "scripts").mkdir(parents=True)
    shutil.copyfile(ROOT / "scripts" / "setup", folder / "scripts" / "setup")
    groups = '[dependency-groups]\nfunction = ["tiny"]\nprovider = ["tiny"]\n'
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "project"\nversion = "0"\nrequires-python = ">=3.11"\n{groups}'
    )
    digest = hashlib.sha256(mirror.wheel).hexdigest()
    (folder / "uv.lock").write_text(LOCK.replace("WHEEL", WHEEL).replace("HASH", digest))
    for name in (".venv", ".tools"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture
def behind_the_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment from which only this machine can be reached, with nothing in the caches."""
    for name in list(os.environ):
        if name.upper().startswith(("UV_", "PIP_", "NPM_CONFIG_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")


VARIABLES = [
    {"PIP_INDEX_URL": "{}/simple"},
    {"UV_DEFAULT_INDEX": "{}/simple"},
    {"UV_DEFAULT_INDEX": "company={}/simple"},
    {"UV_INDEX_URL": "{}/simple"},
    {"UV_DEFAULT_INDEX": "{}/simple", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"},
]


@pytest.mark.usefixtures("behind_the_mirror")
@pytest.mark.parametrize("variables", VARIABLES, ids=lambda each: "-".join(each))
def test_setup_and_bundling_use_the_mirror(
    variables: dict[str, str], mirror: _Mirror, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("{}", mirror.url))
    done = run("sh", "scripts/setup", "provider", cwd=project)
    assert done.returncode == 0, done.stderr
    assert list((project / ".cache" / "provider").glob("lib/python*/site-packages/tiny.py"))
    assert f"/files/{WHEEL}" in mirror.paths
    assert re.fullmatch(r"setup: installing Python packages into .cache/provider …\nsetup: … took \d+ s\n", done.stderr)

    mirror.paths.clear()
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "another"))
    monkeypatch.setattr(bundle, "ROOT", project)
    install(tmp_path / "bundle", group="function", platform=PLATFORM)
    assert (tmp_path / "bundle" / "tiny.py").exists()
    assert f"/files/{WHEEL}" in mirror.paths


@pytest.mark.usefixtures("behind_the_mirror")
def test_a_mirror_cannot_change_a_package(
    mirror: _Mirror, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{mirror.url}/simple")
    lock = (project / "uv.lock").read_text()
    wrong = hashlib.sha256(b"another file").hexdigest()
    right = hashlib.sha256(mirror.wheel).hexdigest()
    (project / "uv.lock").write_text(lock.replace(right, wrong))
    assert "could not be installed" in run("sh", "scripts/setup", "provider", cwd=project).stderr
    monkeypatch.setattr(bundle, "ROOT", project)
    with pytest.raises(BundlingError, match=r"[Hh]ash"):
        install(tmp_path / "bundle", group="function", platform=PLATFORM)


@pytest.mark.usefixtures("behind_the_mirror")
def test_npm_packages_come_from_the_mirror(mirror: _Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mirror here has none of them, so that npm fails after it has asked."""
    monkeypatch.setenv("npm_config_registry", f"{mirror.url}/npm/")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    done = run("npm", "ci", "--no-audit", "--no-fund", cwd=tmp_path)
    assert done.returncode != 0
    assert mirror.paths
    assert all(path.startswith("/npm/") for path in mirror.paths)
    assert "registry.npmjs.org" not in done.stderr


def test_make_gives_pips_mirror_to_uv() -> None:
    environment = {**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    environment.pop("UV_DEFAULT_INDEX", None)
    text = "include Makefile\nshow:\n\t@echo $$UV_DEFAULT_INDEX\n"
    assert run("make", "-s", "-f", "-", "show", env=environment, stdin=text).stdout == "http://127.0.0.1:9/simple\n"
    environment.pop("PIP_INDEX_URL")
    assert run("make", "-s", "-f", "-", "show", env=environment, stdin=text).stdout == "\n"
