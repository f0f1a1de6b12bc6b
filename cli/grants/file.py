"""Reads a grants file, and reports all of its problems at once, each with its line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cli.errors import CommandError
from cli.grant_schema.item import GrantKey
from cli.grant_schema.principal import spelling_note
from cli.grant_schema.spec import GrantSpec, validation_problems
from cli.grant_schema.until import has_passed

MAX_PROBLEMS = 100
"""Problems that are reported."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the first where libyaml is there
    """Caches the type of each word, so that a hundred thousand grants load in seconds instead of minutes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._resolve = lru_cache(maxsize=10_000)(super().resolve)

    def resolve(self, kind: type, value: str | None, implicit: Any) -> Any:
        return self._resolve(kind, value, implicit)


@dataclass(frozen=True)
class GrantsFile:
    """The wanted grants."""

    grants: Mapping[GrantKey, GrantSpec]
    notes: Sequence[str] = ()
    """Remarks about lines that are valid but may not be meant."""

    @classmethod
    def load(cls, path: Path, *, now: float, home: str = "") -> "GrantsFile":
        """Read the file at `path`. Grants that have ended at `now` (epoch seconds) are left out, with a note.

        `home`: the deployment's own location (`account/region`), which names of notebooks may have and rows have not.
        Raises `CommandError` with every problem, one a line.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{path}: can't be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CommandError(f"{path}: is not text in UTF-8") from None
        parser = _Parser(str(path), now, home)
        parser.parse(text)
        if parser.problems:
            by_line = sorted(parser.problems, key=lambda problem: problem[0])
            lines = [f"{path}:{line}: {problem}" for line, problem in by_line[:MAX_PROBLEMS]]
            if len(by_line) > MAX_PROBLEMS:
                lines.append(f"{path}: and {len(by_line) - MAX_PROBLEMS} more problems")
            raise CommandError("\n".join(lines))
        return cls(parser.grants, parser.notes)


class _Parser:
    def __init__(self, source: str, now: float, home: str) -> None:
        self._source = source
        self._now = now
        self._home = home
        self.grants: dict[GrantKey, GrantSpec] = {}
        self.problems: list[tuple[int, str]] = []
        self.notes: list[str] = []
        self._lines: dict[GrantKey, int] = {}
        self._lines_of_defaults: dict[str, int] = {}

    def parse(self, text: str) -> None:
        loader = _Loader(text)
        try:
            for node in self._nodes(loader.get_single_node()):
                self._parse_grant(node, loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.problems.append((line, f"is not YAML: {error.problem}"))
        except (yaml.YAMLError, RecursionError):
            self.problems.append((1, "is not YAML"))
        finally:
            loader.dispose()

    def _nodes(self, root: Any) -> Iterator[Any]:
        if not isinstance(root, yaml.MappingNode) or [key.value for key, _ in root.value] != ["grants"]:
            self.problems.append((1, "a grants file begins with `grants:`, and has no other key"))
            return
        ((_, grants),) = root.value
        if isinstance(grants, yaml.ScalarNode) and grants.value == "":
            return
        if not isinstance(grants, yaml.SequenceNode):
            self.problems.append((_line(grants), "grants is not a list; write `- principal: …` for each"))
            return
        yield from grants.value

    def _parse_grant(self, node: Any, loader: Any) -> None:
        line = _line(node)
        if not isinstance(node, yaml.MappingNode):
            self.problems.append((line, "is not a grant; write `principal: …` and `notebook: …`"))
            return
        values: dict[str, Any] = {}
        for key, value in node.value:
            if key.value in values:
                self.problems.append((_line(key), f"{key.value} is repeated"))
            values[str(key.value)] = loader.construct_object(value, deep=True)
        try:
            spec = GrantSpec.model_validate(values, context={"home": self._home})
        except ValidationError as error:
            self.problems += [(line, problem) for problem in validation_problems(error)]
            return
        note = spelling_note(values["principal"], spec.principal)
        if note:
            self.notes.append(f"{self._source}:{line}: {note}")
        self._add(spec, line)

    def _add(self, spec: GrantSpec, line: int) -> None:
        name = " ".join(spec.key)
        if spec.key in self._lines:
            self.problems.append((line, f"{name} is already granted in line {self._lines[spec.key]}"))
        if spec.default and spec.principal in self._lines_of_defaults:
            other = self._lines_of_defaults[spec.principal]
            self.problems.append((line, f"{spec.principal} already has a default in line {other}"))
        self._lines[spec.key] = line
        if spec.default:
            self._lines_of_defaults[spec.principal] = line
        if has_passed(spec.until, self._now):
            self.notes.append(f"{self._source}:{line}: {name} has ended; the line can be removed")
        else:
            self.grants[spec.key] = spec


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
