"""Measures the contestants side by side, in turns, so that a machine that slows down slows them all."""

import json
import statistics
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.contestants import Contestant
from bench.emulator import Function, Runtime

TURN = 25
"""Warm requests to one contestant before the next has its turn."""


@dataclass
class Figures:
    """What was measured of one contestant."""

    init_ms: list[float] = field(default_factory=list)
    first_answer_ms: list[float] = field(default_factory=list)
    warm_ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0
    peak_mb: float = 0
    bundle_mb: float = 0
    calls: float = 0
    first_calls: float = 0

    def summary(self) -> dict[str, float]:
        """Return medians, and for CPU the mean over all warm requests."""
        warm = len(self.warm_ms) or 1
        return {
            "init_ms": round(statistics.median(self.init_ms), 1),
            "first_answer_ms": round(statistics.median(self.first_answer_ms), 1),
            "warm_ms": round(statistics.median(self.warm_ms), 2),
            "warm_cpu_ms": round(self.cpu_ms / warm, 3),
            "peak_mb": round(self.peak_mb, 1),
            "bundle_mb": round(self.bundle_mb, 2),
            "aws_calls": round(self.calls / warm, 2),
            "first_aws_calls": round(self.first_calls / len(self.first_answer_ms), 2),
        }


class FakeAws:
    """The stub, in a process of its own."""

    def __init__(self, ports: Sequence[int]):
        self._ports = ports

    @classmethod
    @contextmanager
    def serving(cls, *, grants: int, delays: Sequence[float]) -> Iterator[list["FakeAws"]]:
        """Serve one AWS for each of `delays` (seconds), with so many `grants`."""
        command = [sys.executable, "-m", "bench.aws", "--grants", str(grants), "--delays", *map(str, delays)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            try:
                ports = json.loads(process.stdout.readline())
                yield [cls([port]) for port in ports]
            finally:
                process.kill()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._ports[0]}"

    def calls(self) -> int:
        """Return how many calls there were since this was last asked."""
        with urllib.request.urlopen(self.url, timeout=5) as answer:  # noqa: S310
            counts: dict[str, int] = json.loads(answer.read())
        return sum(counts.values())


class Measurement:
    """One run over all contestants."""

    def __init__(self, runtime: Runtime, built: Mapping[Contestant, Path], folder: Path, tell: Callable[[str], None]):
        """`built`: where each contestant's code is; `folder`: for the functions' logs; `tell`: hears of progress."""
        self._runtime = runtime
        self._built = built
        self._folder = folder
        self._tell = tell

    def run(self, aws: FakeAws, *, cold: int, warm: int) -> dict[str, dict[str, float]]:
        """Start each `cold` times, and ask each `warm` times; return each one's figures."""
        figures = {contestant: Figures(bundle_mb=_zipped_mb(path)) for contestant, path in self._built.items()}
        for turn in range(cold):
            self._tell(f"cold start {turn + 1} of {cold}")
            for contestant, found in figures.items():
                with self._started(contestant, aws) as function:
                    aws.calls()
                    found.first_answer_ms.append(_asked(function, contestant.event()))
                    found.first_calls += aws.calls()
                    found.init_ms.append(function.init_ms)
        with ExitStack() as stack:
            running = {each: stack.enter_context(self._started(each, aws)) for each in figures}
            for contestant, function in running.items():
                _asked(function, contestant.event())
            for turn in range(0, warm, TURN):
                self._tell(f"warm requests {turn} of {warm}")
                for contestant, function in running.items():
                    aws.calls()
                    self._warm(figures[contestant], function, [contestant.event()] * TURN)
                    figures[contestant].calls += aws.calls()
            for contestant, function in running.items():
                figures[contestant].peak_mb = function.peak_mb
        return {contestant.name: found.summary() for contestant, found in figures.items()}

    def strangers(self, contestant: Contestant, aws: FakeAws, people: int, *, warm: int) -> dict[str, float]:
        """Ask `warm` times, each time as another of `people`: nothing kept for one is of use for the next."""
        found = Figures()
        with self._started(contestant, aws) as function:
            _asked(function, contestant.event(people - 1))
            aws.calls()
            step = people // (warm + 1)
            self._warm(found, function, [contestant.event(number * step) for number in range(warm)])
            calls = aws.calls()
        return {
            "warm_ms": round(statistics.median(found.warm_ms), 2),
            "warm_cpu_ms": round(found.cpu_ms / warm, 3),
            "aws_calls": round(calls / warm, 2),
        }

    def _warm(self, found: Figures, function: Function, events: Sequence[bytes]) -> None:
        before = function.cpu_ms
        found.warm_ms += [_asked(function, event) for event in events]
        found.cpu_ms += function.cpu_ms - before

    def _started(self, contestant: Contestant, aws: FakeAws) -> Function:
        log = Path(tempfile.mkstemp(dir=self._folder, prefix=f"{contestant.name}-", suffix=".log")[1])
        environment = {
            **contestant.environment,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_LAMBDA_FUNCTION_NAME": contestant.name,
        }
        return Function(self._runtime, self._built[contestant], contestant.handler, environment, log)


def _asked(function: Function, event: bytes) -> float:
    took, answer = function.invoke(event)
    # A contestant that fails would be fast.
    assert _is_good(answer), answer
    return took


def _is_good(answer: Any) -> bool:
    if answer.get("statusCode") == 204:
        return True
    headers = {
        **answer.get("headers", {}),
        **{name: value[0] for name, value in answer.get("multiValueHeaders", {}).items()},
    }
    return answer.get("statusCode") == 302 and "authToken=" in headers.get("Location", "")


def _zipped_mb(folder: Path) -> float:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        return file.tell() / 1e6
