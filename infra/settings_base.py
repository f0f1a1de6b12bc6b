"""What all sections of the settings share: their rules, and the variables that hold settings in the function."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


@dataclass(frozen=True)
class Variable:
    """Annotates a setting that the function reads from an environment variable (`lambda/gate/platform/config.py`)."""

    name: str
    separator: str = ","
    """What separates the entries of a list."""
    shorten: str = "remove entries that are not needed"
    """How an operator makes a long value shorter."""

    def text(self, value: Any) -> str:
        """Return the value of the variable for the setting's `value`."""
        if isinstance(value, bool):
            return str(value).lower()
        return self.separator.join(value) if isinstance(value, list) else str(value)


@dataclass(frozen=True)
class Needs:
    """Annotates a setting that has no effect without another one."""

    setting: str
    """The other setting, as in `gate.toml`. It comes earlier in the same section."""


class Rule(NamedTuple):
    """A combination of settings that is invalid."""

    setting: str
    """The setting that the error names. The settings that `broken` reads come before it."""
    broken: Callable[[Any], object]
    """Gets the settings of the section and returns whether they break the rule."""
    problem: str
    """What is wrong and how to fix it. Names of settings in braces are replaced by their values."""


class SettingsSection(BaseModel):
    """A section of the settings. Unknown names are errors, since a limit with a misspelt name would have no effect."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
    rules: ClassVar[tuple[Rule, ...]] = ()

    @field_validator("*", mode="before")
    @classmethod
    def _booleans_are_not_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        # Pydantic would read `true` as 1: `key_days = true` would be one day. Every number has a default.
        if isinstance(value, bool) and type(cls.model_fields[str(info.field_name)].default) is int:
            raise ValueError("is not a number; write a whole number")
        return value

    @field_validator("*")
    @classmethod
    def _follows_the_rules(cls, value: Any, info: ValidationInfo) -> Any:
        name = str(info.field_name)
        field = cls.model_fields[name]
        settings = SimpleNamespace(**info.data, **{name: value})
        for rule in (each for each in cls.rules if each.setting == name):
            try:
                broken = rule.broken(settings)
            except AttributeError as error:
                if error.obj is not settings:
                    raise
                continue  # it concerns a setting that is invalid itself and has an error of its own
            if broken:
                raise ValueError(rule.problem.format(**vars(settings)))
        for needs in (each for each in field.metadata if isinstance(each, Needs)):
            if value != field.default and not info.data.get(needs.setting.rpartition(".")[2], True):
                raise ValueError(
                    f"has no effect while {needs.setting} is empty; set {needs.setting}, or remove this setting"
                )
        return value

    def variables(self, prefix: str = "") -> Iterator[tuple[str, Variable, Any]]:
        """Yield each setting that the function reads, with its variable and its value. `prefix`: that of the names."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            for variable in (each for each in field.metadata if isinstance(each, Variable)):
                yield f"{prefix}{name}", variable, value
            if isinstance(value, SettingsSection):
                yield from value.variables(f"{prefix}{name}.")
