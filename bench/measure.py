"""Measures the contestants in turns, so that a machine that slows down affects them all alike."""

import itertools
import statistics
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.contestants import Contestant
from bench.emulator import Function
from bench.function import Code, Runtime
from bench.snapshot import FirstAnswer, SnapshotFunction
from bench.stub import FakeAws, Record

BATCH = 25
"""Warm requests to one contestant before the next one."""


@dataclass
class Figures:
    """The measurements of one contestant."""

    init_ms: list[float] = field(default_factory=list)
    first_response_ms: list[float] = field(default_factory=list)
    snapshot_ms: list[float] = field(default_factory=list)
    """The first answer from a snapshot."""
    snapshot_cpu_ms: list[float] = field(default_factory=list)
    overlaps: list[float] = field(default_factory=list)
    """The sum of the times of all handshakes of a first answer, divided by the time that they take together."""
    warm_ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0
    peak_mb: float = 0
    bundle_mb: float = 0
    calls: float = 0
    first_calls: float = 0

    def summary(self) -> dict[str, float]:
        """Return the medians, and for CPU the mean of all warm requests."""
        warm = len(self.warm_ms) or 1
        return {
            "init_ms": round(statistics.median(self.init_ms), 1),
            "first_response_ms": round(statistics.median(self.first_response_ms), 1),
            "snapshot_ms": round(statistics.median(self.snapshot_ms), 1),
            "snapshot_cpu_ms": round(statistics.median(self.snapshot_cpu_ms), 1),
            "handshake_overlap": round(statistics.median(self.overlaps), 2),
            "warm_ms": round(statistics.median(self.warm_ms), 2),
            "warm_cpu_ms": round(self.cpu_ms / warm, 3),
            "peak_mb": round(self.peak_mb, 1),
            "bundle_mb": round(self.bundle_mb, 2),
            "aws_calls": round(self.calls / warm, 2),
            "first_aws_calls": round(self.first_calls / len(self.first_response_ms), 2),
        }


class Measurement:
    """Measures all contestants in one run."""

    def __init__(
        self, runtime: Runtime, built: Mapping[Contestant, Path], folder: Path, progress: Callable[[str], None]
    ):
        """`built`: the contestants' code. `folder`: for the functions' logs. `progress`: called at each step."""
        self._runtime = runtime
        self._built = built
        self._folder = folder
        self._progress = progress
        self._numbers = itertools.count()

    def run(self, aws: FakeAws, *, cold: int, warm: int) -> dict[str, dict[str, float]]:
        """Start each contestant `cold` times, send each `warm` warm requests, and return the figures by name."""
        figures = {contestant: Figures(bundle_mb=_zipped_mb(path)) for contestant, path in self._built.items()}
        for turn in range(cold):
            self._progress(f"cold start {turn + 1} of {cold}")
            for contestant, found in figures.items():
                with self._started(contestant, aws) as function:
                    aws.record()
                    found.first_response_ms.append(_timed(function, contestant.event()))
                    found.first_calls += aws.record().number
                    found.init_ms.append(function.init_ms)
                answer, record = self.first_from_snapshot(contestant, aws)
                found.snapshot_ms.append(answer.wall_ms)
                found.snapshot_cpu_ms.append(answer.cpu_ms)
                found.overlaps.append(record.overlap)
        with ExitStack() as stack:
            running = {each: stack.enter_context(self._started(each, aws)) for each in figures}
            for contestant, function in running.items():
                _timed(function, contestant.event())
            for turn in range(0, warm, BATCH):
                self._progress(f"warm requests {turn} of {warm}")
                for contestant, function in running.items():
                    aws.record()
                    self._warm(figures[contestant], function, [contestant.event()] * BATCH)
                    figures[contestant].calls += aws.record().number
            for contestant, function in running.items():
                figures[contestant].peak_mb = function.peak_mb
        return {contestant.name: found.summary() for contestant, found in figures.items()}

    def first_from_snapshot(self, contestant: Contestant, aws: FakeAws) -> tuple[FirstAnswer, Record]:
        """Return the first answer of a new instance from its snapshot, and what the stub saw."""
        with SnapshotFunction(self._runtime, self._code(contestant, aws), self._log(contestant)) as function:
            aws.record()
            answer = function.first_answer(contestant.event())
            assert _succeeded(answer.response), answer
            return answer, aws.record()

    def measure_distinct_callers(
        self, contestant: Contestant, aws: FakeAws, people: int, *, warm: int
    ) -> dict[str, float]:
        """Send `warm` requests, each from a different one of `people` callers, so that no cache for a caller helps."""
        found = Figures()
        with self._started(contestant, aws) as function:
            _timed(function, contestant.event(people - 1))
            aws.record()
            step = people // (warm + 1)
            self._warm(found, function, [contestant.event(number * step) for number in range(warm)])
            calls = aws.record().number
        return {
            "warm_ms": round(statistics.median(found.warm_ms), 2),
            "warm_cpu_ms": round(found.cpu_ms / warm, 3),
            "aws_calls": round(calls / warm, 2),
        }

    def _warm(self, found: Figures, function: Function, events: Sequence[bytes]) -> None:
        before = function.cpu_ms
        found.warm_ms += [_timed(function, event) for event in events]
        found.cpu_ms += function.cpu_ms - before

    def _started(self, contestant: Contestant, aws: FakeAws) -> Function:
        return Function(self._runtime, self._code(contestant, aws), self._log(contestant))

    def _log(self, contestant: Contestant) -> Path:
        return self._folder / f"{contestant.name}-{next(self._numbers)}.log"

    def _code(self, contestant: Contestant, aws: FakeAws) -> Code:
        environment = {
            **contestant.environment,
            "AWS_LAMBDA_FUNCTION_NAME": contestant.name,
            "BENCH_STUB_PORT": str(aws.port),
            # botocore reads the first, the context that Python's ssl module makes by default the second.
            "AWS_CA_BUNDLE": str(aws.authorities),
            "SSL_CERT_FILE": str(aws.authorities),
        }
        return Code(self._built[contestant], contestant.handler, environment)


def _timed(function: Function, event: bytes) -> float:
    milliseconds, response = function.invoke(event)
    # A contestant that fails would be fast.
    assert _succeeded(response), response
    return milliseconds


def _succeeded(response: Any) -> bool:
    if response.get("statusCode") == 204:
        return True
    headers = {
        **response.get("headers", {}),
        **{name: value[0] for name, value in response.get("multiValueHeaders", {}).items()},
    }
    return response.get("statusCode") == 302 and "authToken=" in headers.get("Location", "")


def _zipped_mb(folder: Path) -> float:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        return file.tell() / 1e6
