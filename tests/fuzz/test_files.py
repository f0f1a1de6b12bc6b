"""Files of operators: whatever they contain, every problem is reported with the name of the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.errors import CommandError
from cli.grants.file import GrantsFile
from infra.settings import Settings
from infra.settings_errors import SettingsError
from tests.fuzz.hostile import CountCase

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

WORDS = st.sampled_from(
    ["grants", "principal", "notebook", "session", "view", "power", "until", "default", "user:a@example.com", "lab",
     "group:x", "iam:arn:aws:iam::123456789012:role/x", "210987654321/eu-west-1/x", "2027-01-01", "start-stop", "'",
     "${jndi:x}", "!!python/object:os.system", "&a", "*a", "<<", "\x00", "\u202e", "é"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ENTRIES = st.lists(st.dictionaries(WORDS, VALUES, max_size=6), max_size=4).map(lambda grants: {"grants": grants})


def _error_message(kind: type[Exception], call: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Return the message of the error of that kind, "" without an error. Any other error fails the test."""
    try:
        call(*arguments, **options)
    except kind as error:
        return str(error)
    return ""


@same_folder
@given(text=st.text(max_size=200) | (ENTRIES | VALUES).map(lambda value: yaml.safe_dump(value, allow_unicode=True)))
def test_grants_files(tmp_path: Path, count_case: CountCase, text: str) -> None:
    """Grants files."""
    path = tmp_path / "grants.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    assert (_error_message(CommandError, GrantsFile.load, path, now=1_795_000_000) or f"{path}:").startswith(f"{path}:")
    count_case()


SECTIONS = st.sampled_from([*Settings.model_fields, "netwroks", ""])
KEYS = st.sampled_from(
    sorted({name for field in Settings.model_fields.values() for name in getattr(field.annotation, "model_fields", {})})
)


@same_folder
@given(given=st.dictionaries(SECTIONS, VALUES | st.dictionaries(KEYS, VALUES, max_size=4), max_size=5))
def test_arbitrary_settings(count_case: CountCase, given: dict[str, Any]) -> None:
    """Settings."""
    assert (_error_message(SettingsError, Settings.parse, given) or "settings: ").startswith("settings: ")
    count_case()


@same_folder
@given(text=st.text(max_size=120) | st.binary(max_size=60))
def test_settings_files(tmp_path: Path, count_case: CountCase, text: str | bytes) -> None:
    """Settings files."""
    path = tmp_path / "gate.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    assert (_error_message(SettingsError, Settings.load, path) or "gate.toml: ").startswith(
        ("settings: ", "gate.toml: ")
    )
    count_case()
