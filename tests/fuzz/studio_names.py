"""Spellings of names in SageMaker Studio, most of which name nothing that was granted."""

import re
from collections.abc import Sequence

from hypothesis import strategies as st

_Choices = tuple[Sequence[str], Sequence[str]]
"""What a part of a name usually is, and what it is in hostile spellings."""

_LOCATION = (
    ["", "123456789012~eu-west-1~", "123456789012/eu-west-1/"],
    ["210987654321~eu-west-1~", "123456789012~us-east-1~", "123456789012~EU-WEST-1~", "123456789012~eu-west-1~~",
     "~", "/", "../", "\uff11\uff12\uff13456789012~eu-west-1~", "studio~", "d-abc~alice~"],
)  # fmt: skip
_KIND = (
    ["studio"],
    [
        "Studio",
        "STUDIO",
        "studio ",
        "\u0455tudio",
        "\u017ftudio",
        "\uff53tudio",
        "stud\u0131o",
        "studi",
        "%73tudio",
        "",
    ],
)
_DOMAIN = (
    ["d-abc"],
    ["D-ABC", "d-ab", "d-abcd", "d-other", "d--abc", "d-abc-", "d-", "abc", "d-ab\u0441", "d\u2010abc", "d\uff0dabc",
     "d-\uff41bc", "*", "d-*", "..", "", "d-" + "a" * 61, "d-" + "a" * 62],
)  # fmt: skip
_PROFILE = (
    ["alice", "ALICE"],
    ["bob", "al\u0131ce", "al\u0130ce", "\u0430lice", "\uff41lice", "alice\u200b", "alice\u00ad", "alice ", " alice",
     "alice-", "alice.", "%61lice", "alice%00", "alice\x00", "alice\n", "{user}", "{USER}", "*", "..", ".", "",
     "a" * 63, "a" * 64, "a" * 9000, "alice?view=lab", "alice#", "alice;bob", "default"],
)  # fmt: skip
_SPACE = (
    ["desk", "Desk", "alice-space"],
    ["bob-desk", "des\u212a", "de\u017fk", "desk2", "-desk", "desk-", "{user}-space", "bob-space", "*", "..", "", " ",
     "desk\u202e", "desk\r\n", "desk%20", "default", "b" * 63, "b" * 64, "desk/default", "desk~default"],
)  # fmt: skip
_COLON = (
    [":", "~", "/"],
    ["::", "%3A", "%3a", "%253A", "%7E", "\uff1a", "\ua789", "\u2236", ".", "\\", " : ", ""],
)
_SLASH = (
    ["~", "/"],
    [
        "~~",
        "//",
        "%2F",
        "%2f",
        "%252F",
        "%7E",
        ":",
        "\uff0f",
        "\u2215",
        "\u2044",
        "\uff5e",
        "\u02dc",
        "\u223c",
        "\\",
        "",
    ],
)
_PROFILE_NAME: tuple[_Choices, ...] = (_LOCATION, _KIND, _COLON, _DOMAIN, _SLASH, _PROFILE)
_SPACE_NAME: tuple[_Choices, ...] = (*_PROFILE_NAME, _SLASH, _SPACE)

_GRANTED = re.compile(
    "(123456789012[~/]eu-west-1[~/])?studio[:~/]d-abc[~/](?i:alice)([~/](?i:desk|alice-space))?", re.ASCII
)


@st.composite
def _segments(draw: st.DrawFn) -> str:
    choices = draw(st.sampled_from([_PROFILE_NAME, _SPACE_NAME]))
    hostile = draw(st.sets(st.integers(0, len(choices) - 1), max_size=2))
    text = "".join(draw(st.sampled_from(each[number in hostile])) for number, each in enumerate(choices))
    if draw(st.integers(0, 4)) == 0:
        index = draw(st.integers(0, min(len(text), 60)))
        text = text[:index] + draw(st.characters(exclude_categories=["Cs"])) + text[index:]
    return text


SEGMENTS = _segments()
"""Path segments. About a quarter of them name the user profile alice of the domain d-abc, or a space of hers."""


def typed(segment: str) -> str:
    """Return `segment` with the separators that people type."""
    return re.sub("^(.*?)studio/", r"\1studio:", segment.replace("~", "/"), count=1)


TYPED = SEGMENTS.map(typed)

WITH_ONE_HOSTILE_PART = [
    "".join(hostile if number == at else usual[0] for number, (usual, _) in enumerate(choices))
    for choices in (_PROFILE_NAME, _SPACE_NAME)
    for at, (_, parts) in enumerate(choices)
    for hostile in parts
]
"""Every hostile part in an else granted name."""


def is_granted(segment: str) -> bool:
    """Return whether `segment` is a spelling of what alice has: her user profile, and her spaces."""
    return bool(_GRANTED.fullmatch(segment))
