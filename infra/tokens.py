"""CDK tokens in settings: stand-ins for values that only the deployment knows, such as the id of another stack's VPC.

Without CDK, whose import takes seconds: `gate` reads settings, too.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TEXT = re.compile(r"\$\{Token\[[^\]]+\]\}")
_LIST = re.compile(r"#\{Token\[[^\]]+\]\}")


def is_token(text: str) -> bool:
    """Return whether `text` has a token in it, so that its form cannot be checked at synth."""
    return bool(_TEXT.search(text))


def list_tokens(data: Any) -> Iterator[str]:
    """Yield the names of the settings in `data` that are tokens of whole lists, whose lengths nobody knows at synth."""
    return (name for name, text in _texts(data) if _LIST.search(text))


def tokens(data: Any) -> Iterator[str]:
    """Yield the names of the settings in `data` that have tokens of either kind."""
    return (name for name, text in _texts(data) if _TEXT.search(text) or _LIST.search(text))


def _texts(data: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        yield name, data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _texts(value, f"{name}.{key}" if name else str(key))
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _texts(value, name)
