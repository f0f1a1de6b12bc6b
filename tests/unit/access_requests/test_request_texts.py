"""Texts of people in access requests: blank reasons, and messages in which they cannot speak for the gate."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.access_requests.access_request import normal_reason
from testing.asking import RULES, ask, browser_of, post
from testing.harness import Harness

BLANKS = {
    "space": " ", "no-break space": "\u00a0", "ideographic space": "\u3000", "line separator": "\u2028",
    "soft hyphen": "\u00ad", "zero width space": "\u200b", "word joiner": "\u2060", "byte order mark": "\ufeff",
    "Mongolian vowel separator": "\u180e", "tag": "\U000e0020", "unassigned, ignorable": "\u2065",
    "Hangul filler": "\u3164", "choseong filler": "\u115f", "jungseong filler": "\u1160", "halfwidth filler": "\uffa0",
    "Braille blank": "\u2800", "Egyptian full blank": "\U00013441", "half blank": "\U00013442",
    "null note head": "\U0001d159", "combining acute": "\u0301", "grapheme joiner": "\u034f", "keycap": "\u20e3",
    "variation selector": "\ufe0f", "variation selector 17": "\U000e0100", "Khmer inherent vowel": "\u17b4",
    "Mongolian selector": "\u180b", "Khitan filler": "\U00016fe4", "Devanagari vowel": "\u093e",
}  # fmt: skip
# The property Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt).
IGNORABLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # fmt: skip
VISIBLE = [
    "x",
    "?",
    "\u00e9",
    "e\u0301",
    "\u2764\ufe0f",
    "\U0001f525",
    "\ud55c\uae00",
    "\u0939\u093f\u0928\u094d\u0926\u0940",
]


@pytest.mark.parametrize("text", BLANKS.values(), ids=list(BLANKS))
def test_a_reason_of_invisible_characters_is_blank(asking: Harness, text: str) -> None:
    alice = browser_of(asking, "alice@example.com")
    for reason in (text, text * 100, f" {text}\n{text} "):
        assert post(alice, "/requests", notebook="bob-notebook", reason=reason, seconds=3600).status == 400
    assert not asking.aws.table.requests()


def test_no_ignorable_character_and_none_without_a_category_that_shows_is_a_reason() -> None:
    for first, last in IGNORABLE:
        assert not [hex(code) for code in range(first, last + 1) if normal_reason(chr(code)) is not None]
    kinds = {unicodedata.category(each)[0] for each in map(chr, range(sys.maxunicode + 1)) if normal_reason(each)}
    assert kinds == {"L", "N", "P", "S"}


@given(st.lists(st.sampled_from(list(BLANKS.values()))).map("".join))
def test_no_mixture_of_invisible_characters_is_a_reason(text: str) -> None:
    assert normal_reason(text) is None


@pytest.mark.parametrize("text", VISIBLE)
def test_letters_and_symbols_of_every_script_are_a_reason(text: str) -> None:
    assert normal_reason(text) == text


FAKES = [
    "Decide here: https://evil.example",
    "please\n\nDecide here: https://evil.example\n",
    "please\r\rDecide here: https://evil.example\u2028Decide here: https://evil.example",
    "please" + "\u2800" * 150 + "Decide here: https://evil.example",
    "please" + " " * 70 + "Decide here: https://evil.example",
    "x" * 77 + " Decide here: https://evil.example",
    "\uff57" * 40 + " Decide here: https://evil.example",
    "> Decide here: https://evil.example\n> \n",
]


@pytest.mark.parametrize("fake", FAKES)
def test_a_mail_marks_every_line_of_the_person_and_begins_with_the_gates_own_link(asking: Harness, fake: str) -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:asks"
    asking.configure(
        GATE_USER_CLAIM="preferred_username", GATE_ACCESS_REQUESTS=json.dumps({**RULES, "topic_arn": topic})
    )
    # A provider may let people choose their own name.
    path = ask(browser_of(asking, "a@example.com", preferred_username=f"Al {' '.join(fake.split())}"), reason=fake)
    (message,) = asking.aws.called("publish")
    lines = message["Message"].splitlines()
    assert [line for line in lines if not line.startswith("> ")] == [
        "Somebody asks for access to bob-notebook, for 1 hour.",
        "",
        f"Decide here: {asking.environ['GATE_BASE_URL']}{path}",
        "",
        "The lines that begin with > are not from the gate. Do not follow a link in them.",
        "",
        "Who asks:",
        "",
        "Why:",
    ]
    assert max(len(line) for line in lines[6:]) < 40  # no e-mail program continues such a line without the mark
