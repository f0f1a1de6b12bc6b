"""The session policies of the list of notebooks, for any number of notebooks and any lengths of their names."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.launch.kinds import all_kinds
from gate.launch.kinds.kind import Kind
from gate.launch.kinds.notebook_instance import NotebookInstance
from gate.launch.policy import MAX_POLICY_LENGTH, describe_policies
from gate.values.notebook import Notebook
from tests.unit.launch.described import described_arns

REGIONS = st.sampled_from([("aws", "eu-west-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-northwest-1")])
NAMES = st.from_regex(re.compile(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}"), fullmatch=True) | st.sampled_from(
    ["n" * 62 + digit for digit in "0123456789"]
)


@pytest.mark.parametrize(("kind", "form"), [*zip(all_kinds(), ["{}", "studio:d-abc/{}/{}"], strict=True)])
@given(st.lists(NAMES, max_size=90), REGIONS, st.randoms())
def test_the_policies_contain_exactly_the_notebooks_and_fit(
    kind: Kind, form: str, names: list[str], place: tuple[str, str], random: Any
) -> None:
    prefix = "arn:{}:sagemaker:{}:123456789012:".format(*place)
    arns = [kind.arns(Notebook(form.format(name, name)), prefix) for name in names]
    policies = describe_policies(kind, arns)
    assert policies.keys() == set(arns)
    assert all(set(each.managed) <= set(described_arns(policy)) for each, policy in policies.items())
    parts = set(policies.values())
    assert sorted(arn for part in parts for arn in described_arns(part)) == sorted(
        {arn for each in arns for arn in each.managed}
    )
    assert all(len(part) <= MAX_POLICY_LENGTH for part in parts)
    # No part is left that another one has room for, so that there are as few as possible.
    lengths = sorted(len(part) for part in parts)
    room = 3 * 200
    assert all(length + room > MAX_POLICY_LENGTH for length in lengths[1:])
    random.shuffle(arns)
    assert describe_policies(kind, arns) == policies


def test_a_policy_may_have_exactly_the_longest_length() -> None:
    def lengths(last: int) -> list[int]:
        names = [*(f"n{each:059}" for each in range(15)), "z" * last]
        prefix = "arn:aws:sagemaker:eu-west-1:123456789012:"
        arns = [NotebookInstance().arns(Notebook(name), prefix) for name in names]
        return [len(policy) for policy in set(describe_policies(NotebookInstance(), arns).values())]

    found = [lengths(last) for last in range(1, 64)]
    assert max(length for (length, *others) in found if not others) == MAX_POLICY_LENGTH
    assert len(found[-1]) == 2
