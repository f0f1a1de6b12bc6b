"""How tables are laid out in a terminal and in a pipe."""

from rich.cells import cell_len

from cli import tables

COLUMNS = ("ID", "WHO", "WHY")
REASON = "The quarterly report needs [bold]the model[/] of last year"
ROWS = (("1234567890", "user:alice@example.com", REASON), ("2", "user:日本@example.com", ""))


def _lines(width: int | None, rows: tables.Row | tuple[tables.Row, ...] = ROWS) -> list[str]:
    return [line.plain for line in tables.lines(COLUMNS, rows, prose=["WHY"], width=width)]


def test_a_pipe_gets_every_cell_whole_and_no_trailing_spaces() -> None:
    assert _lines(None) == [
        "ID          WHO                     WHY",
        f"1234567890  user:alice@example.com  {REASON}",
        "2           user:日本@example.com",
    ]
    (_, line) = tables.lines(COLUMNS, [("1", "x" * 2000, "y" * 900)], prose=["WHY"], width=None)
    assert line.plain == f"1   {'x' * 2000}  {'y' * 900}"


def test_sentences_are_cut_to_fit_a_terminal() -> None:
    assert _lines(60)[1] == "1234567890  user:alice@example.com  The quarterly report ne…"
    assert max(map(cell_len, _lines(60))) == 60
    # As wide as the table is: nothing is cut.
    assert _lines(max(map(len, _lines(None)))) == _lines(None)


def test_names_are_not_cut_in_a_narrow_terminal() -> None:
    # Below 48 characters, less than 12 of the reason would be left.
    assert _lines(48)[1] == "1234567890  user:alice@example.com  The quarter…"
    assert _lines(47) == [
        "ID   1234567890",
        "WHO  user:alice@example.com",
        "WHY  The quarterly report needs [bold]the mode…",
        "",
        "ID   2",
        "WHO  user:日本@example.com",
    ]
    assert "WHO  user:alice@example.com" in _lines(20)


def test_a_table_of_names_alone_is_a_list_in_a_narrow_terminal() -> None:
    found = [line.plain for line in tables.lines(("WHO", "NOTEBOOK"), [("x" * 60, "y" * 60)], prose=[], width=80)]
    assert found == [f"WHO       {'x' * 60}", f"NOTEBOOK  {'y' * 60}"]
