"""Hypothesis strategies for rows of the grants table."""

from hypothesis import strategies as st

NUMBERS = st.from_regex(r"-?[0-9]{1,38}(\.[0-9]{1,10})?(E[+-]?[0-9]{1,3})?", fullmatch=True)
VALUES = st.one_of(
    NUMBERS.map(lambda text: {"N": text}),
    st.text(max_size=20).map(lambda text: {"S": text}),
    st.booleans().map(lambda value: {"BOOL": value}),
    st.binary(max_size=9).map(lambda value: {"B": value}),
    st.just({"NULL": True}),
    st.lists(st.text(max_size=3), min_size=1, max_size=3).map(lambda value: {"SS": value}),
    st.just({"M": {"S": {"S": "lab"}}}),
    st.just({"L": [{"S": "lab"}]}),
)
NAMES = ("session", "view", "power", "until", "default", "note")
