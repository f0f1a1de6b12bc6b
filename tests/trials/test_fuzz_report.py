"""The table of hostile input in the guide."""

from pathlib import Path

from trials.fuzz_report import GUIDE, MIN_CASES, load, tables

FUZZ_TESTS = Path(__file__).parents[1] / "fuzz"


def test_the_guide_shows_the_stored_numbers() -> None:
    """`make fuzz` writes both."""
    cases = load()
    text = GUIDE.read_text(encoding="utf-8")
    for name, table in tables(cases).items():
        assert f"<!-- {name} -->\n{table}<!-- end -->" in text, name
    assert sum(cases.values()) >= MIN_CASES


def test_every_kind_of_cases_is_the_docstring_of_a_test() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in FUZZ_TESTS.glob("test_*.py"))
    assert [name for name in load() if f'    """{name}.' not in source] == []
