"""The table of hostile input in the guide."""

from trials.fuzz_report import GUIDE, MIN_CASES, load, tables


def test_the_guide_shows_the_stored_numbers() -> None:
    """`make fuzz` writes both."""
    cases = load()
    text = GUIDE.read_text(encoding="utf-8")
    for name, table in tables(cases).items():
        assert f"<!-- {name} -->\n{table}<!-- end -->" in text, name
    assert sum(cases.values()) >= MIN_CASES
