"""A file of grants, which is the wanted state: read with all its problems at once, each with its line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cli.errors import CommandError
from grant_schema.principal import spelling_note
from grant_schema.spec import GrantSpec, validation_problems
from grant_schema.until import has_passed


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the first where libyaml is there
    """Reads a hundred thousand grants in seconds instead of minutes: what type a word has is found out once."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._resolve = lru_cache(maxsize=10_000)(super().resolve)

    def resolve(self, kind: type, value: str | None, implicit: Any) -> Any:
        return self._resolve(kind, value, implicit)


MOST_PROBLEMS = 100
"""Lines of problems that are shown."""


@dataclass(frozen=True)
class GrantsFile:
    """What a file asks for."""

    entries: Mapping[tuple[str, str], GrantSpec]
    notes: Sequence[str] = ()
    """What is odd, but no problem."""


def load(path: Path, *, now: float) -> GrantsFile:
    """Read the file at `path`. Raises `CommandError` with every problem, one a line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path}: is not text in UTF-8") from None
    reader = _Reader(str(path), now)
    reader.read(text)
    if reader.problems:
        in_order = sorted(reader.problems, key=lambda found: found[0])
        shown = [f"{path}:{line}: {problem}" for line, problem in in_order[:MOST_PROBLEMS]]
        if len(reader.problems) > MOST_PROBLEMS:
            shown.append(f"{path}: and {len(reader.problems) - MOST_PROBLEMS} problems more")
        raise CommandError("\n".join(shown))
    return GrantsFile(reader.entries, reader.notes)


class _Reader:
    def __init__(self, source: str, now: float) -> None:
        self._source = source
        self._now = now
        self.entries: dict[tuple[str, str], GrantSpec] = {}
        self.problems: list[tuple[int, str]] = []
        self.notes: list[str] = []
        self._lines: dict[tuple[str, str], int] = {}
        self._defaults: dict[str, int] = {}

    def read(self, text: str) -> None:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            for node in self._grants(root):
                self._entry(node, loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.problems.append((line, f"is not YAML: {error.problem}"))
        except (yaml.YAMLError, RecursionError):
            self.problems.append((1, "is not YAML"))
        finally:
            loader.dispose()

    def _grants(self, root: Any) -> Iterator[Any]:
        if not isinstance(root, yaml.MappingNode) or [key.value for key, _ in root.value] != ["grants"]:
            self.problems.append((1, "a file of grants begins with `grants:`, and has nothing beside it"))
            return
        ((_, listed),) = root.value
        if isinstance(listed, yaml.ScalarNode) and listed.value == "":
            return
        if not isinstance(listed, yaml.SequenceNode):
            self.problems.append((_line(listed), "grants is no list; write `- principal: …` for each"))
            return
        yield from listed.value

    def _entry(self, node: Any, loader: Any) -> None:
        line = _line(node)
        if not isinstance(node, yaml.MappingNode):
            self.problems.append((line, "is no grant; write `principal: …` and `notebook: …`"))
            return
        values: dict[str, Any] = {}
        for key, value in node.value:
            if key.value in values:
                self.problems.append((_line(key), f"{key.value} is there twice"))
            values[str(key.value)] = loader.construct_object(value, deep=True)
        try:
            entry = GrantSpec.model_validate(values)
        except ValidationError as error:
            self.problems += [(line, problem) for problem in validation_problems(error)]
            return
        note = spelling_note(values["principal"], entry.principal)
        if note:
            self.notes.append(f"{self._source}:{line}: {note}")
        self._keep(entry, line)

    def _keep(self, entry: GrantSpec, line: int) -> None:
        if entry.key in self._lines:
            self.problems.append((line, f"{' '.join(entry.key)} is granted already in line {self._lines[entry.key]}"))
        if entry.default and entry.principal in self._defaults:
            other = self._defaults[entry.principal]
            self.problems.append((line, f"{entry.principal} has its default in line {other}; there can be one"))
        self._lines[entry.key] = line
        if entry.default:
            self._defaults[entry.principal] = line
        if has_passed(entry.until, self._now):
            self.notes.append(f"{self._source}:{line}: {' '.join(entry.key)} has ended; it can be taken out")
        else:
            self.entries[entry.key] = entry


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
