"""Whatever grants there are and whoever opens notebooks: no grant that led to a use is ever called unused.

The function's own code finds the grants and writes the lines, and the queries run in the stand-in of Logs Insights.
"""

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cli.grant_schema.item import GrantKey
from cli.grants.uses import Uses
from cli.insights import Insights
from gate.platform.audit import AuditRecord, audited
from gate.store.grants import Grants
from gate.store.table import key_of, primary_key
from gate.values.caller import Caller
from gate.values.errors.notebook import NotGrantedError
from gate.values.notebook import Notebook
from gate.values.user_name import UserNames
from local.aws.calls import Call
from local.aws.logs import Logs
from local.aws.source import Source
from local.template import ACCOUNT, REGION
from testing.grants_table import GrantsTable, open_table

HOME = f"{ACCOUNT}/{REGION}"
NOW, DAYS = 1_800_000_000, 30
NAMES = UserNames(source="address", domain="example.com")
PRINCIPALS = [
    "user:ann@example.com", "user:b.c@example.com", "group:data science", "group:ops n", "slack:T1/U1",
    "iam:arn:aws:iam::123456789012:role/Batch",
]  # fmt: skip
NOTEBOOKS = ["n", "N", f"{HOME}/n", "ann", "{user}", "{user}-{user}", "x-{user}", "ann-ann", "x-b-c", "B-C",
             "210987654321/eu-west-1/n", "studio:d-abc/{user}", "studio:d-abc/ann"]  # fmt: skip
ASKED = ["n", "ann", "ann-ann", "x-ann", "x-b-c", "b-c", "210987654321/eu-west-1/n", "studio:d-abc/ann"]

callers = st.one_of(
    st.builds(
        lambda name, groups, alias: Caller(name, tuple(groups), "session", "203.0.113.7", NOW, alias),
        st.sampled_from(PRINCIPALS[:2]),
        st.sets(st.sampled_from(["data science", "ops n"])),
        st.sampled_from([(), ("slack:T1/U1",)]),
    ),
    st.sampled_from([Caller(name, (), "iam", "203.0.113.7", NOW) for name in PRINCIPALS[4:]]),
)
ages = st.sampled_from([0, 1, DAYS * 86_400 - 1, DAYS * 86_400, DAYS * 86_400 + 1])
versions = st.sampled_from(["this", "earlier"])
uses = st.tuples(callers, st.sampled_from(ASKED), st.sampled_from(["open", "start", "stop"]), ages, versions)
rows = st.builds(
    lambda *sets: set(product(*sets)),
    st.sets(st.sampled_from(PRINCIPALS), min_size=1),
    st.sets(st.sampled_from(NOTEBOOKS), min_size=1, max_size=5),
)


class _Request:
    id, address = "r", "203.0.113.7"


class _Client:
    """The operator's client of CloudWatch Logs."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def start_query(self, **parameters: Any) -> Any:
        return self._call("StartQuery", parameters)

    def get_query_results(self, **parameters: Any) -> Any:
        return self._call("GetQueryResults", parameters)

    def _call(self, operation: str, parameters: Any) -> Any:
        return self._logs.answer(Call("logs", REGION, operation, parameters, "key", Source("127.0.0.1")), None)


def _use(grants: Grants, logs: Logs, caller: Caller, name: str, action: str, version: str) -> set[GrantKey]:
    """Let `caller` use a notebook. Return the keys of the rows that allowed it."""
    notebook = Notebook.parse(name)
    try:
        grant = grants.find(caller, notebook)
    except NotGrantedError:
        return set()
    with audited(_Request, AuditRecord(action)) as record:  # type: ignore[arg-type]
        record.caller, record.notebook = caller, notebook
        record.grant = grant if version == "this" else None
    return {(part.principal, part.row_notebook) for part in grant.parts}


@given(rows=rows, uses=st.lists(uses, max_size=10))
@settings(max_examples=400, deadline=None)
def test_no_grant_that_led_to_a_use_is_called_unused(rows: set[GrantKey], uses: list[Any]) -> None:
    table, moment = GrantsTable(), {"now": float(NOW - 365 * 86_400)}
    for key in rows:
        table.put(primary_key(*key))
    grants = Grants(open_table(table.client, lambda: NOW), max_session=3_600, home=HOME, user_names=NAMES)
    logs = Logs(["g"], days=365, writes_to=lambda: "g", clock=lambda: moment["now"])
    used: set[GrantKey] = set()
    with logs.attached():
        for caller, name, action, age, version in uses:
            moment["now"] = NOW - age
            led = _use(grants, logs, caller, name, action, version)
            used |= led if age <= DAYS * 86_400 else set()
    moment["now"] = NOW
    found = Uses.read(
        Insights(_Client(logs), "g", sleep=lambda _: None), NOW - DAYS * 86_400, NOW, HOME, lambda _: None
    )
    items = [primary_key(*key) for key in rows]
    unused = {key_of(item) for item in items if not found.of(item)}
    assert not unused & used
    if all(version == "this" for *_, version in uses):
        # With lines of this version alone, what nobody used is exactly known, but for other spellings of a notebook.
        assert unused >= {key for key in rows if not any(_same(key, each) for each in used)}


def _same(key: GrantKey, other: GrantKey) -> bool:
    first, second = (str(Notebook.parse_granted(each[1]).relative_to(HOME)) for each in (key, other))
    return (key[0], first) == (other[0], second)
