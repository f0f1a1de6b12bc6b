"""The stub of AWS speaks TLS 1.3, takes its round trips, and records calls and handshakes."""

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.stub import Certificates, FakeAws, Record

ROOT = Path(__file__).parents[3]
HOST = "dynamodb.eu-west-1.amazonaws.com"
SECRET = {"x-amz-target": "secretsmanager.GetSecretValue"}
ROUND_TRIP = 0.2
"""Seconds: long in comparison with what the stub computes."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.write(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def ports(certificates: Certificates) -> Iterator[list[FakeAws]]:
    with FakeAws.serving(certificates, grants=10, round_trips=[0, ROUND_TRIP, 600]) as ports:
        yield ports


def connect(certificates: Certificates, port: FakeAws, host: str = HOST, timeout: float = 60) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(certificates.authorities))
    plain = socket.create_connection(("127.0.0.1", port.port), timeout=timeout)
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def call(connection: ssl.SSLSocket) -> bytes:
    client = http.client.HTTPSConnection(HOST)
    client.sock = connection
    client.request("POST", "/", b"{}", SECRET)
    return client.getresponse().read()


def test_a_connection_takes_two_round_trips_and_a_call_one(certificates: Certificates, ports: list[FakeAws]) -> None:
    started = time.monotonic()
    with connect(certificates, ports[1]) as connection:
        connected = time.monotonic()
        call(connection)
        first = time.monotonic()
        call(connection)
        second = time.monotonic()
    assert connected - started >= 2 * ROUND_TRIP
    assert first - connected >= ROUND_TRIP
    assert second - first >= ROUND_TRIP


def test_the_stub_does_not_answer_before_the_round_trips(certificates: Certificates, ports: list[FakeAws]) -> None:
    with pytest.raises(TimeoutError):
        connect(certificates, ports[2], timeout=1)


def test_the_stub_records_calls_and_handshakes_once(certificates: Certificates, ports: list[FakeAws]) -> None:
    ports[1].record()
    for _ in range(2):
        with connect(certificates, ports[1]) as connection:
            call(connection)
    record = ports[1].record()
    assert [operation for operation, *_ in record.calls] == ["GetSecretValue"] * 2
    assert all(answered - arrived >= ROUND_TRIP for _, arrived, answered in record.calls)
    assert [ended - started >= 2 * ROUND_TRIP for started, ended in record.handshakes] == [True, True]
    assert ports[1].record() == Record([], [])
    assert ports[0].record().calls == []


@pytest.mark.parametrize(
    ("handshakes", "overlap"),
    [
        ([], 0),
        ([(1, 3)], 1),
        ([(5, 6), (1, 3)], 1),
        ([(1, 3), (1, 3)], 2),
        ([(1, 5), (2, 3), (4, 6)], 7 / 5),
    ],
)
def test_handshakes_overlap(handshakes: list[tuple[float, float]], overlap: float) -> None:
    assert Record([], handshakes).overlap == pytest.approx(overlap)
