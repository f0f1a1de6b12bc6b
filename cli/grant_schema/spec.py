"""One grant as files and commands specify it, validated."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from cli.grant_schema.item import ATTRIBUTES, GrantKey, Item, dynamodb_value, plain_values
from cli.grant_schema.principal import parse_principal
from cli.grant_schema.until import parse_until
from gate.store.grant_row import (
    MAX_EPOCH_SECONDS,
    MAX_SESSION,
    MAX_TITLE_LENGTH,
    MIN_SESSION,
    OPTIONAL,
    is_title,
    read,
)
from gate.store.table import key_of
from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.grant import Power
from gate.values.notebook import Notebook, View


def parse_notebook(text: str) -> Notebook:
    """Return the notebook that `text` names, in which `{user}` may stand.

    Raises `ValueError`, whose text says what to write instead.
    """
    try:
        return Notebook.parse_granted(text)
    except InvalidNotebookNameError:
        raise ValueError(
            f"{text!r} is not a valid notebook name; write name, or studio:domain/profile/space, with account/region/ "
            "before it for one in another account or region"
        ) from None


def _normal_notebook(text: str, info: ValidationInfo) -> str:
    return str(parse_notebook(text).relative_to((info.context or {}).get("home", "")))


def _fitting_view(view: View, info: ValidationInfo) -> View:
    notebook = info.data.get("notebook")  # absent if it is invalid
    if notebook and view not in (views := Notebook.parse_granted(notebook).views):
        raise ValueError(f"view = {view!r} is not a view of {notebook}; write {', '.join(views)}, or leave it out")
    return view


def _title(text: str) -> str:
    if not is_title(text):
        raise ValueError(
            f"title = {text!r} is not a title; write one line of 1 to {MAX_TITLE_LENGTH} characters, without spaces at "
            "its ends"
        )
    return text


class GrantSpec(BaseModel):
    """One principal may open one notebook, with these options.

    The context `home` of a validation is the deployment's own location (`account/region`), if it is known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    principal: Annotated[str, AfterValidator(parse_principal)]
    notebook: Annotated[str, AfterValidator(_normal_notebook)]
    session: Annotated[int, Field(ge=MIN_SESSION, le=MAX_SESSION)] | None = None
    """Seconds."""
    view: Annotated[View, AfterValidator(_fitting_view)] | None = None
    power: Power | None = None
    until: Annotated[int, BeforeValidator(parse_until), Field(ge=0, le=MAX_EPOCH_SECONDS)] | None = None
    """Epoch seconds."""
    title: Annotated[str, AfterValidator(_title)] | None = None
    """What people read in place of the notebook's name."""
    default: bool | None = None
    owner: bool | None = None
    """Whether the principal decides on access requests for the notebook."""

    @property
    def key(self) -> GrantKey:
        """The key of the grant's row."""
        return self.principal, self.notebook

    def item(self) -> Item:
        """Return the grant as a row of the table."""
        return {name: dynamodb_value(value) for name, value in self.model_dump(exclude_none=True).items()}

    def to_dict(self) -> dict[str, Any]:
        """Return the grant as files and JSON write it."""
        return plain_values(self.item())

    def matches(self, item: Mapping[str, Any] | None) -> bool:
        """Return whether a row grants exactly this. DynamoDB may write one number in several ways."""
        if item == self.item():
            return True  # as `gate` writes it; nearly all of a hundred thousand rows are compared here
        if item is None or item.keys() - set(ATTRIBUTES):
            return False
        row = read(item)
        if row.unreadable or row.ignored:
            return False
        values = {name: getattr(row, name) for name in OPTIONAL if name in item}
        principal, notebook = key_of(item)
        return {"principal": principal, "notebook": notebook, **values} == self.model_dump(exclude_none=True)


def validation_problems(error: ValidationError) -> list[str]:
    """Return one sentence for each problem of a grant; each names the attribute."""
    problems = []
    for detail in error.errors(include_url=False):
        attribute = str(detail["loc"][0])
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            message = f"{attribute} is not an attribute of a grant; write {', '.join(ATTRIBUTES)}"
        elif detail["type"] == "missing":
            message = f"{attribute} is missing"
        elif detail["type"] != "value_error":
            message = f"{attribute} = {detail['input']!r}: {message[0].lower()}{message[1:]}"
        problems.append(message)
    return problems
