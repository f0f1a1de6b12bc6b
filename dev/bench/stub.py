"""Runs the stub of AWS (`bench.aws`) in a separate process, and reads its records."""

import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import botocore
import trustme

from bench.aws import Record

NAMES = ("*.eu-west-1.amazonaws.com", "api.sagemaker.eu-west-1.amazonaws.com", "localhost")
"""The host names of the stub's certificate."""


DEV = Path(__file__).parents[1]


@dataclass(frozen=True)
class Certificates:
    """The files of one run."""

    server: Path
    """The stub's private key and its certificates."""
    authorities: Path
    """The authorities of botocore's `cacert.pem`, which has the size of Lambda's own list, and the one of this run."""

    @classmethod
    def write(cls, folder: Path) -> "Certificates":
        """Write the files to `folder`. AWS's servers send RSA certificates, too, with an intermediate authority."""
        root = trustme.CA(key_type=trustme.KeyType.RSA)
        server = root.create_child_ca(trustme.KeyType.RSA).issue_cert(*NAMES, key_type=trustme.KeyType.RSA)
        found = cls(folder / "server.pem", folder / "authorities.pem")
        server.private_key_and_cert_chain_pem.write_to_path(str(found.server))
        known = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
        found.authorities.write_bytes(known + root.cert_pem.bytes())
        return found


class FakeAws:
    """One port of the stub of AWS, which runs in a separate process."""

    def __init__(self, port: int, certificates: Certificates):
        """`port`: where the stub listens."""
        self.port = port
        self.authorities = certificates.authorities
        context = ssl.create_default_context(cafile=str(certificates.authorities))
        self._connection = http.client.HTTPSConnection("localhost", port, timeout=60, context=context)

    @classmethod
    @contextmanager
    def serving(
        cls, certificates: Certificates, *, grants: int, round_trips: Sequence[float]
    ) -> Iterator[list["FakeAws"]]:
        """Serve one port for each of `round_trips` (seconds), with `grants` grants in the table."""
        command = [sys.executable, "-m", "bench.aws", str(certificates.server), "--grants", str(grants)]
        command += ["--round-trips", *map(str, round_trips)]
        with ExitStack() as stack:
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=DEV))
            stack.callback(process.kill)
            assert process.stdout
            ports = [cls(port, certificates) for port in json.loads(process.stdout.readline())]
            for port in ports:
                stack.callback(port._connection.close)
            yield ports

    def record(self) -> Record:
        """Return what happened since the last call of this method. The first call also returns its own handshake."""
        self._connection.request("GET", "/")
        return Record(**json.loads(self._connection.getresponse().read()))
