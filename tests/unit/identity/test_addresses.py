"""The normal form of e-mail addresses: no look-alike becomes the address of another person."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.values.caller import normal_address

CHANGED = [
    character
    for character in map(chr, range(128, sys.maxunicode + 1))
    if unicodedata.normalize("NFC", unicodedata.normalize("NFC", character).lower()) != character
]
"""The characters that the normal form changes: capitals, compatibility singletons, composition exclusions."""

TO_ASCII = {"\u212a": "k", "\u0130": "i\u0307", "\u1fef": "`", "\u037e": ";"}


def test_the_characters_that_become_ascii_are_the_known_ones() -> None:
    """A new version of Unicode may add some. The check in the gate does not depend on this list."""
    found = {each for each in CHANGED if any(map(str.isascii, unicodedata.normalize("NFC", each).lower()))}
    assert found == set(TO_ASCII)


@pytest.mark.parametrize("character", TO_ASCII)
@pytest.mark.parametrize("accent", ["e\u0301", "u\u0308", "E\u0301e\u0301", "k\u0301"])
def test_no_character_becomes_ascii_beside_a_decomposed_accent(character: str, accent: str) -> None:
    """Composition removes an ASCII letter, so a count over the whole address would not detect the new one."""
    for text in (f"{character}{accent}", f"{accent}{character}", f"{accent}a{character}b{accent}"):
        assert normal_address(f"{text}@example.com") is None
        assert normal_address(f"a@{text}.example.com") is None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("e\u0301lodie@example.com", "\u00e9lodie@example.com"),
        ("E\u0301LODIE@EXAMPLE.COM", "\u00e9lodie@example.com"),
        ("\u00c9lodie@example.com", "\u00e9lodie@example.com"),
        ("\u212bngstrom@example.com", "\u00e5ngstrom@example.com"),  # Unicode defines the Angstrom sign as this letter
        ("a\u0323\u0302nh@example.com", "\u1eadnh@example.com"),
        ("\u1e9ea@example.com", "\u00dfa@example.com"),
    ],
)
def test_accented_letters_are_kept(text: str, normal: str) -> None:
    assert normal_address(text) == normal


def test_no_character_of_unicode_adds_ascii() -> None:
    for character in CHANGED:
        normal = normal_address(f"{character}e\u0301@x")
        # Combining marks compose with the accent. Everything else stays before it.
        assert normal is None or [each for each in normal if each.isascii()] in (["@", "x"], ["e", "@", "x"])


MARKS = ["\u0301", "\u0308", "\u0323", "\u0307", "\u0338", "\u0340", "\u0345"]
TRICKY = st.sampled_from([*TO_ASCII, *MARKS, *CHANGED[::40], *"aekiAEKI;`@.+-"])


@given(st.lists(TRICKY, max_size=12).map("".join), st.lists(TRICKY, max_size=12).map("".join))
def test_ascii_comes_from_the_same_ascii_character(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    normal = normal_address(text)
    if normal is None:
        return
    # Composition does not go past a character of combining class 0, except for those that compose with the one before,
    # and none of these is ASCII. So each ASCII character and the marks after it can be examined separately.
    pieces: list[str] = []
    for character in text:
        if pieces and not character.isascii():
            pieces[-1] += character
        else:
            pieces.append(character)
    expected = [
        character
        for piece in pieces
        for character in unicodedata.normalize("NFC", piece)[:1].lower()
        if piece[0].isascii() and character.isascii()
    ]
    assert [character for character in normal if character.isascii()] == expected
