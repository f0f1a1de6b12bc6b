"""The query language of CloudWatch Logs Insights, as far as `gate` uses it: `filter`, then `stats count(*)`.

Everything else is refused, so that a query that passes here says what it means. Source: CloudWatch Logs user guide,
"CloudWatch Logs Insights language query syntax".
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.aws.calls import ApiError

Line = Mapping[str, Any]
"""The fields of a line of the log."""
Condition = Callable[[Line], bool]

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[@\w.]+|[|,()\[\]=*])')


def run(query: str, lines: Iterable[Line]) -> list[dict[str, str]]:
    """Return the rows of the result. Raises `ApiError` for a query that this module does not know."""
    parser = _Parser(query)
    condition = parser.filter()
    name, fields = parser.stats()
    counted = Counter(tuple(_text(line, field) for field in fields) for line in lines if condition(line))
    groups = [(dict(zip(fields, values, strict=True)), number) for values, number in counted.items()]
    return [
        {**{field: value for field, value in group.items() if value is not None}, name: str(number)}
        for group, number in groups
    ]


def _text(line: Line, field: str) -> str | None:
    """Return the value of a field as a text. None for a field that is absent, null, or a list or an object."""
    value = line.get(field)
    if value is None or isinstance(value, (list, dict)):
        return None
    return value if isinstance(value, str) else json.dumps(value)


class _Parser:
    """Reads a query from left to right. Every method raises `ApiError` for a word that cannot stand there."""

    def __init__(self, query: str) -> None:
        self._words = _words(query)

    def filter(self) -> Condition:
        """Read `filter`, and conditions between `and`."""
        self._expect("filter")
        conditions = [self._condition()]
        while self._next() == "and":
            self._take()
            conditions.append(self._condition())
        self._expect("|")
        return lambda line: all(condition(line) for condition in conditions)

    def stats(self) -> tuple[str, list[str]]:
        """Read `stats count(*) as NAME by FIELD, …`, the end of the query. Return the name and the fields."""
        for word in ("stats", "count", "(", "*", ")", "as"):
            self._expect(word)
        name = self._field()
        self._expect("by")
        fields = self._list(self._field)
        if self._words:
            raise _malformed(self._next())
        return name, fields

    def _condition(self) -> Condition:
        word = self._take()
        if word == "not":
            inner = self._condition()
            return lambda line: not inner(line)
        if word == "ispresent":
            self._expect("(")
            field = self._field()
            self._expect(")")
            return lambda line: _text(line, field) is not None
        field, operator = _checked_field(word), self._take()
        if operator == "=":
            value = self._string()
            return lambda line: _text(line, field) == value
        if operator != "in":
            raise _malformed(operator)
        self._expect("[")
        values = self._list(self._string)
        self._expect("]")
        return lambda line: _text(line, field) in values

    def _list(self, read: Callable[[], str]) -> list[str]:
        values = [read()]
        while self._next() == ",":
            self._take()
            values.append(read())
        return values

    def _field(self) -> str:
        return _checked_field(self._take())

    def _string(self) -> str:
        word = self._take()
        if not word.startswith('"'):
            raise _malformed(word)
        return str(json.loads(word))

    def _next(self) -> str:
        return self._words[0] if self._words else ""

    def _take(self) -> str:
        return self._words.pop(0) if self._words else ""

    def _expect(self, word: str) -> None:
        found = self._take()
        if found != word:
            raise _malformed(found)


def _words(query: str) -> list[str]:
    words, position, end = [], 0, len(query.rstrip())
    while position < end:
        match = _TOKEN.match(query, position)
        if match is None:
            raise _malformed(query[position : position + 20])
        words.append(match[1])
        position = match.end()
    return words


def _checked_field(word: str) -> str:
    if not re.fullmatch(r"@?[A-Za-z_][\w.]*", word):
        raise _malformed(word)
    return word


def _malformed(word: str) -> ApiError:
    return ApiError("MalformedQueryException", f"unexpected symbol found {word or '<EOF>'} (or not supported here)")
