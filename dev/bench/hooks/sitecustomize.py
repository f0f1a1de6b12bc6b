"""Resolves AWS's host names to the stub. Python imports this module at its start, in every contestant alike."""

import os
import socket

PORT = int(os.environ["BENCH_STUB_PORT"])

_resolve = socket.getaddrinfo


def _getaddrinfo(host, port, *arguments, **options):
    if host.endswith(".amazonaws.com"):
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", PORT))]
    return _resolve(host, port, *arguments, **options)


socket.getaddrinfo = _getaddrinfo
