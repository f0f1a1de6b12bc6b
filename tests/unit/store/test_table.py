"""Conditional writes and transactions: in every order of the calls, no change is overwritten."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from gate.store.table import ConditionFailedError, Table, expressions, primary_key, unchanged
from gate.values.errors.upstream import AwsError, ThrottledError
from testing.aws import FakeAws, refusal
from testing.grants_table import GrantsTable, Row, open_table
from testing.interleaving import TableRequest, every_order

KEY = primary_key("queue:x")
ABSENT = "attribute_not_exists(#principal)"


def _row(number: int) -> Row:
    return {**KEY, "number": {"N": str(number)}}


def _tables(*works: Callable[[Table], object], before: Row | None = None) -> list[GrantsTable]:
    """Return the table after each order of the calls of `works`."""
    tables: list[GrantsTable] = []

    def start() -> list[TableRequest]:
        tables.append(GrantsTable())
        if before:
            tables[-1].put(before)
        return [TableRequest(tables[-1], work, clock=lambda: 0) for work in works]

    for requests in every_order(start):
        assert [request.failure for request in requests] == [None] * len(works)
    return tables


def test_of_parallel_writes_with_one_condition_one_succeeds() -> None:
    results: list[tuple[int, bool]] = []

    def write(number: int) -> Callable[[Table], None]:
        return lambda table: results.append((number, table.put(_row(number), ABSENT)))

    for table in _tables(*map(write, range(3))):
        written = [number for number, success in results[:3] if success]
        assert [table.row("queue:x", "-")] == list(map(_row, written))
        del results[:3]


def test_no_increment_is_lost() -> None:
    def add(table: Table) -> None:
        """Read the number, and write the next one, until nobody else wrote in between."""
        while True:
            (row,) = table.get([KEY])
            write = {"Put": {"Item": _row(int(row["number"]["N"]) + 1), **unchanged(row, ["number"])}}
            try:
                return table.transact([write])
            except ConditionFailedError:
                continue

    tables = _tables(add, add, before=_row(0))
    assert len(tables) > 5
    assert [table.row("queue:x", "-") for table in tables] == [_row(2)] * len(tables)


@pytest.mark.parametrize(
    ("before", "present", "written"),
    [
        (None, None, True),
        (None, {}, False),
        ({}, None, False),
        ({}, {}, True),
        ({}, {"a b": {"S": "x"}}, False),
        ({"a b": {"S": "x"}}, {"a b": {"S": "x"}}, True),
        ({"a b": {"S": "x"}}, {"a b": {"S": "y"}}, False),
        ({"a b": {"S": "x"}}, {}, False),
        ({}, {"other": {"S": "x"}}, True),
    ],
)
def test_a_row_is_unchanged_only_if_its_attributes_are(before: Row | None, present: Row | None, written: bool) -> None:
    stored = GrantsTable()
    if present is not None:
        stored.put({**KEY, **present})
    write = {"Put": {"Item": _row(1), **unchanged(None if before is None else {**KEY, **before}, ["a b"])}}
    table = open_table(stored.client, lambda: 0)
    if written:
        table.transact([write])
    else:
        with pytest.raises(ConditionFailedError):
            table.transact([write])
    assert (stored.row("queue:x", "-") == _row(1)) is written


def test_a_failed_transaction_says_which_conditions_and_writes_nothing() -> None:
    stored = GrantsTable()
    stored.put(_row(1))
    other = primary_key("queue:y")
    count = expressions({"one": {"N": "1"}}, UpdateExpression="ADD #number :one", ConditionExpression=ABSENT)
    with pytest.raises(ConditionFailedError) as raised:
        open_table(stored.client, lambda: 0).transact(
            [{"Put": {"Item": other, **unchanged(None, [])}}, {"Update": {"Key": KEY, **count}}]
        )
    assert raised.value.failed == (False, True)
    assert (stored.row("queue:x", "-"), stored.row("queue:y", "-")) == (_row(1), None)


def _cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    return ClientError(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},  # type: ignore[typeddict-unknown-key]
        "TransactWriteItems",
    )


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (_cancelled("None", "TransactionConflict"), ThrottledError),
        (_cancelled("ThrottlingError"), ThrottledError),
        (_cancelled("TransactionConflict", "ConditionalCheckFailed"), ConditionFailedError),
        (refusal("TransactionCanceledException"), AwsError),  # without the reasons
        (refusal("ThrottlingException"), ThrottledError),
        (refusal("InternalServerError"), AwsError),
        (ConnectionClosedError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com/"), AwsError),
    ],
)
def test_errors_of_a_transaction(error: Exception, raised: type[Exception]) -> None:
    aws = FakeAws()
    aws.errors["transact_write_items"] = error
    with pytest.raises(raised) as found:
        open_table(aws.client("dynamodb"), lambda: 0).transact([])
    assert type(found.value) is raised


@pytest.mark.parametrize("code", ["InternalServerError", "TransactionCanceledException", "ValidationException"])
def test_only_a_failed_condition_is_no_error(code: str) -> None:
    aws = FakeAws()
    table = open_table(aws.client("dynamodb"), lambda: 0)
    for operation in ("put_item", "update_item"):
        aws.errors[operation] = refusal(code)
    with pytest.raises(AwsError):
        table.put(_row(1), ABSENT)
    with pytest.raises(AwsError):
        table.update(KEY, "SET #number = :number", ABSENT, number={"N": "1"})
    for operation in ("put_item", "update_item"):
        aws.errors[operation] = refusal("ConditionalCheckFailedException")
    assert not table.put(_row(1), ABSENT)
    assert not table.update(KEY, "SET #number = :number", ABSENT, number={"N": "1"})


def test_the_index_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [
        {
            "Items": [{**primary_key(f"user:{person}", "shared"), "session": {"N": "1"}}],
            "LastEvaluatedKey": {"n": person},
        }
        for person in range(2)
    ]
    answers, starts = iter([*pages, {"Items": []}]), []

    def query(**parameters: object) -> Row:
        starts.append(parameters.get("ExclusiveStartKey"))
        return next(answers)

    client = FakeAws().client("dynamodb")
    monkeypatch.setattr(client, "query", query, raising=False)
    found = list(open_table(client, lambda: 0).by_notebook("shared"))
    assert found == [primary_key("user:0", "shared"), primary_key("user:1", "shared")]
    assert starts == [None, {"n": 0}, {"n": 1}]
