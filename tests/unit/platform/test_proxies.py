"""Proxies and private certificate authorities, with real sockets and TLS."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from gate.identity.issuer_api import IssuerApi
from gate.platform import transport
from gate.platform.aws.clients import aws_clients
from gate.platform.deadline import RESERVE, request_deadline
from gate.platform.tls import tls_context
from gate.slack.api import SlackApi
from local.streams import serve_streams
from testing.authority import InspectingAuthority
from tests.unit.platform.proxy import (
    AWS,
    EACH_DEPENDENCY,
    FOREVER,
    Proxy,
    aws_caller,
    dependency,
    issuer_caller,
    slack_caller,
)


@EACH_DEPENDENCY
def test_all_calls_go_through_the_proxy(proxy: Proxy, caller: Any, host: str, error: type[Exception]) -> None:
    with caller() as call:
        call()
        call()
        # Slack's library does not reuse connections.
        assert proxy.requests == [f"CONNECT {host}:443"] * (2 if caller is slack_caller else 1)


@pytest.mark.parametrize("caller", [aws_caller, issuer_caller])
def test_a_tls_proxy_is_verified_with_the_same_authorities(
    dependency_port: int, server_tls: ssl.SSLContext, environment: None, caller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy(dependency_port)
    with serve_streams(proxy.serve, tls=server_tls) as port, caller() as call:
        monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{port}")
        with request_deadline((RESERVE + FOREVER) * 1000, limit=FOREVER):
            call()
            call()
        assert len(proxy.requests) == 1


@pytest.mark.parametrize("no_proxy", ["localhost", ".localhost", "example.org,localhost"])
def test_no_proxy_hosts_are_called_directly(
    proxy: Proxy, dependency_port: int, no_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", no_proxy)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://localhost:{dependency_port}")
    with aws_caller() as call:
        call()
    api = IssuerApi()
    assert api.get("keys", f"https://localhost:{dependency_port}").status == 200
    for each in api._connections._managers.values():
        each.clear()
    SlackApi(token=lambda: "xoxb-1", api_url=f"https://localhost:{dependency_port}/api/", hooks_urls=()).user("U1")
    assert proxy.requests == []


def test_no_proxy_matches_whole_host_names_and_suffixes(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", ".sagemaker.eu-west-1.amazonaws.com,login.example.com")
    assert transport.proxy_of("https://api.sagemaker.eu-west-1.amazonaws.com/") == ""
    assert transport.proxy_of("https://login.example.com/") == ""
    assert transport.proxy_of("https://evil-login.example.com/") == "http://proxy.example.com:3128"
    assert transport.proxy_of("http://127.0.0.1:9001/") == ""


@EACH_DEPENDENCY
def test_an_unknown_authority_is_refused_and_logged(
    proxy: Proxy,
    caller: Any,
    host: str,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv("GATE_CA_BUNDLE")
    with caller() as call, pytest.raises(error):
        call()
    assert caplog.records[-1].__dict__["code"] in {"SSLError", "SSLCertVerificationError"}


@EACH_DEPENDENCY
def test_a_certificate_for_another_name_is_refused(
    proxy: Proxy,
    authority: InspectingAuthority,
    caller: Any,
    host: str,
    error: type[Exception],
) -> None:
    with serve_streams(dependency, tls=authority.server(["somebody.example.com"])) as other, caller() as call:
        proxy.port = other
        with pytest.raises(error):
            call()
    assert proxy.requests


@EACH_DEPENDENCY
def test_a_proxy_that_is_down_counts_as_a_dependency_that_is_down(
    environment: None, caller: Any, host: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_streams(dependency) as gone:
        pass
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{gone}")
    with caller() as call, pytest.raises(error):
        call()


def test_authorities_are_loaded_once_in_addition_to_the_systems(
    environment: None, authority: InspectingAuthority, tmp_path: Path
) -> None:
    combined = tls_context()
    assert combined is tls_context()
    assert combined.check_hostname
    assert combined.verify_mode == ssl.CERT_REQUIRED
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GATE_CA_BUNDLE")
        tls_context.cache_clear()
        system = tls_context()
        assert system.verify_flags & ssl.VERIFY_X509_STRICT
    assert len(combined.get_ca_certs()) == len(system.get_ca_certs()) + 1


def test_a_connection_that_is_opened_in_advance_goes_through_the_proxy(proxy: Proxy) -> None:
    with aws_caller() as call:
        aws_clients().transport.open([f"https://{AWS}/"])
        call()
    assert proxy.requests == [f"CONNECT {AWS}:443"]
