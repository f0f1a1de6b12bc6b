"""A permission that nothing needed is found, and one that something needed is not."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.evaluator import Access, Evaluator
from local.template import ACCOUNT
from rehearsal.permissions import unused_parts

TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/t"


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    with Evaluator() as evaluator:
        yield evaluator


def _policy(*statements: Any) -> Any:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": TABLE, **each} for each in statements],
    }


def _access(action: str, **context: Any) -> Access:
    keys = {name.replace("_", ":"): value for name, value in context.items()}
    principal = f"arn:aws:sts::{ACCOUNT}:assumed-role/function/x"
    return Access(action=f"dynamodb:{action}", resource=TABLE, account=ACCOUNT, principal=principal, context=keys)


def test_each_action_needs_a_call(evaluator: Evaluator) -> None:
    policy = _policy({"Action": ["dynamodb:PutItem", "dynamodb:UpdateItem"]}, {"Action": "dynamodb:GetItem"})
    put, update, get = (_access(name) for name in ("PutItem", "UpdateItem", "GetItem"))
    assert unused_parts(evaluator, [policy], [put, update, get]) == []
    (found,) = unused_parts(evaluator, [policy], [put, get])
    assert "Action dynamodb:UpdateItem" in found
    (found,) = unused_parts(evaluator, [policy], [put, update])
    assert "Action dynamodb:GetItem" in found


def test_each_value_of_a_condition_needs_a_call(evaluator: Evaluator) -> None:
    keys = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["queue:*", "replay:*"]}}
    policy = _policy({"Action": "dynamodb:PutItem", "Condition": keys})
    queue, replay = (_access("PutItem", dynamodb_LeadingKeys=[key]) for key in ("queue:home", "replay:x"))
    assert unused_parts(evaluator, [policy], [queue, replay]) == []
    (found,) = unused_parts(evaluator, [policy], [queue])
    assert "replay:*" in found


def test_a_deny_needs_a_call_that_it_refuses(evaluator: Evaluator) -> None:
    inside = {"NotIpAddress": {"aws:SourceIp": ["127.0.0.1/32", "127.0.0.9/32"]}}
    deny = {"Effect": "Deny", "Action": "dynamodb:GetItem", "Condition": inside}
    policy = _policy({"Action": "dynamodb:GetItem"}, deny)
    here, function, outside = (_access("GetItem", aws_SourceIp=f"127.0.0.{end}") for end in (1, 9, 2))
    assert unused_parts(evaluator, [policy], [here, function, outside]) == []
    assert len(unused_parts(evaluator, [policy], [here, function])) == 1
    assert len(unused_parts(evaluator, [policy], [here, outside])) == 1
