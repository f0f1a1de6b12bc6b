"""The documents show what `make reference` makes from the code, and the settings file has all settings and defaults."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from bench.tables import filled
from gate.routes import ROUTES
from infra.settings import Settings
from infra.settings_base import SettingsSection
from reference.documents import DOCS, ROOT, documents
from reference.markdown import text
from reference.reasons import classes
from reference.settings import TOP, read

FILE = (ROOT / "gate.toml").read_text(encoding="utf-8")
DOCUMENTS = documents()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_is_what_make_reference_writes(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert filled(written, DOCUMENTS[name]) == written


def _defaults() -> dict[str, dict[str, Any]]:
    """Return the default of each setting in the code, by section."""
    found: dict[str, dict[str, Any]] = {TOP: {}}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, SettingsSection):
            found[name] = field.default.model_dump()
        else:
            found[TOP][name] = field.default
    return found


def test_the_settings_file_has_every_setting_with_its_default() -> None:
    parsed = tomllib.loads(FILE)
    sections = {name: parsed.pop(name) for name, value in list(parsed.items()) if name in _defaults() and name}
    assert {**parsed, "networks": []} == _defaults()[TOP]
    assert sections == {name: values for name, values in _defaults().items() if name}


def test_every_setting_is_in_the_table_once() -> None:
    shown = {section: [name for each in found for name in each.defaults] for section, found in read(FILE).items()}
    assert {section: sorted(names) for section, names in shown.items()} == {
        section: sorted(values) for section, values in _defaults().items()
    }


def test_settings_without_a_comment_of_their_own_share_one() -> None:
    (first, second) = read("# A file.\n\n# Text\n# on lines.\na = 1\nb = 2\n# Other.\nc = [3]\n")[TOP]
    assert (first.meaning.split(), first.defaults) == (["Text", "on", "lines."], {"a": "1", "b": "2"})
    assert second.defaults == {"c": "[3]"}


def test_text_has_links_and_no_accidental_markup() -> None:
    assert text("`a*b`: <base>/x*, [y] | z\n(docs/slack.md, studio.md)") == (
        r"`a*b`: \<base>/x\*, \[y] \| z ([slack.md](slack.md), [studio.md](studio.md))"
    )


NAMES = {"session": "session", "id_token": "bearer", "ticket": "ticket", "signature": "sigv4"}
"""The security schemes of openapi.yaml, by the names that routes give them."""


def test_the_description_has_the_callers_of_every_route() -> None:
    paths = yaml.safe_load((DOCS / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    for (method, path), route in ROUTES.items():
        described = {name for scheme in paths[path][method.lower()]["security"] for name in scheme}
        assert described - {"slack"} == {NAMES[each] for each in route.callers}, (method, path)


def test_an_endpoint_with_the_responses_of_another_one_refers_to_it() -> None:
    (row,) = re.findall(r"^\| `GET /open/\{notebook\}` .*$", DOCUMENTS["endpoints.md"]["endpoints"], re.MULTILINE)
    assert row.endswith("Responses: as of `GET /open`. |")


def test_the_operators_table_names_reasons_of_the_gate() -> None:
    section = (DOCS / "reasons.md").read_text(encoding="utf-8").split("## What operators do\n")[1].split("\n## ")[0]
    named = re.findall(r"`(\w+)`", " ".join(line.split(" | ")[0] for line in section.splitlines()))
    assert len(named) == len(set(named)) > 20
    assert set(named) <= {each.reason for each in classes()}
