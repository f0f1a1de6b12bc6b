"""The guide's table of hostile input."""

from trials.fuzz_report import GUIDE, LEAST, load, tables


def test_the_guide_says_what_was_tried() -> None:
    """`make fuzz` writes both."""
    tried = load()
    text = GUIDE.read_text(encoding="utf-8")
    for name, table in tables(tried).items():
        assert f"<!-- {name} -->\n{table}<!-- end -->" in text, name
    assert sum(tried.values()) >= LEAST
