"""Names of notebooks: one normal form, one path segment, and SageMaker's own rules."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.notebook import Notebook
from local.aws.calls import ApiError
from local.aws.validation import check_parameters
from tests.fuzz.hostile import CountCase, same_harness
from tests.fuzz.studio_names import SEGMENTS, TYPED, WITH_ONE_HOSTILE_PART, typed

HOME = "123456789012/eu-west-1"
LETTERS = st.sampled_from(["a", "A", "b", "a-b", "a--B", "ab", "studio", "d-a", "eu-west-1"])
NAMES = LETTERS | st.from_regex(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,40}", fullmatch=True).filter(lambda name: len(name) < 64)
DOMAINS = st.sampled_from(["d-a", "d-b", "d-a-b", "d--a", "d-" + "a" * 61]) | st.from_regex(
    r"d-(-*[a-z0-9]){1,30}", fullmatch=True
).filter(lambda name: len(name) < 64)
LOCATION = re.compile("^[0-9]{12}/[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}/", re.ASCII)
"""The form of a location. Whether the region exists, only the settings tell."""
LOCATIONS = st.sampled_from(["", f"{HOME}/", "210987654321/eu-west-1/", "210987654321/ap-southeast-2/"])
NOTEBOOKS = st.builds(
    "".join,
    st.tuples(LOCATIONS, NAMES)
    | st.tuples(LOCATIONS, st.just("studio:"), DOMAINS, st.just("/"), NAMES)
    | st.tuples(LOCATIONS, st.just("studio:"), DOMAINS, st.just("/"), NAMES, st.just("/"), NAMES),
)


@same_harness
@given(one=NOTEBOOKS, other=NOTEBOOKS)
def test_normal_forms(count_case: CountCase, one: str, other: str) -> None:
    """Normal forms and path segments of two notebooks."""
    notebooks = [Notebook.parse(each) for each in (one, other)]
    for notebook, written in zip(notebooks, (one, other), strict=True):
        assert notebook.written == written
        assert Notebook.parse(str(notebook)) == notebook
        assert str(Notebook.parse(str(notebook))) == str(notebook)
        assert Notebook.parse_segment(notebook.segment) == notebook
        assert re.fullmatch("[a-z0-9~-]+", notebook.segment)  # what nothing percent-encodes
        at_home = notebook.relative_to(HOME)
        assert at_home == Notebook.parse(written.removeprefix(f"{HOME}/"))
        assert Notebook.parse_segment(at_home.segment) == at_home
    same = one.lower() == other.lower()
    assert (notebooks[0] == notebooks[1]) is same
    assert (notebooks[0].segment == notebooks[1].segment) is same
    count_case()


@same_harness
@given(name=TYPED | SEGMENTS | NOTEBOOKS)
def test_names_that_sagemaker_accepts(count_case: CountCase, name: str) -> None:
    """Names that the gate accepts, compared with SageMaker's own rules."""
    _compare(name)
    count_case()


def test_each_hostile_part_in_sagemaker() -> None:
    for segment in WITH_ONE_HOSTILE_PART:
        _compare(typed(segment))


def _compare(name: str) -> None:
    try:
        Notebook.parse(name)
        accepted = True
    except InvalidNotebookNameError:
        accepted = False
    assert accepted is _is_valid_in_sagemaker(LOCATION.sub("", name)), name


def _is_valid_in_sagemaker(name: str) -> bool:
    """Return whether the API's own model accepts `name`, without a location."""
    kind, colon, rest = name.partition(":")
    try:
        if (kind, colon) != ("studio", ":"):
            check_parameters("DescribeNotebookInstance", {"NotebookInstanceName": name})
            return True
        names = dict(zip(("DomainId", "UserProfileName", "SpaceName"), rest.split("/"), strict=False))
        check_parameters("CreatePresignedDomainUrl", names)
    except ApiError:
        return False
    return rest.count("/") < 3
