"""Measures the contestants in turns, so that a machine that slows down affects them all alike."""

import itertools
import json
import math
import statistics
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.contestants import Contestant
from bench.function import Answer, Code, Function, Runtime
from bench.stub import FakeAws

BATCH = 10
"""Warm requests to one contestant before the next one."""

MIN_COLD, MIN_BATCHES = 5, 4
"""Cold starts, and batches of warm requests, of each contestant, at least."""

ERROR = 0.04
"""The accepted error of a median, as a share of it. Measuring ends when the errors of all medians are smaller."""

DIGITS = {
    "init_ms": 1,
    "first_response_ms": 1,
    "snapshot_ms": 1,
    "snapshot_cpu_ms": 1,
    "handshake_overlap": 2,
    "warm_ms": 2,
    "warm_cpu_ms": 3,
    "peak_mb": 1,
    "bundle_mb": 2,
    "aws_calls": 2,
    "first_aws_calls": 2,
}
"""The figures of a contestant, each with the number of its decimal places."""

Samples = defaultdict[str, list[float]]
"""The measured values of each figure."""


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

    def run(self, aws: FakeAws, *, cold: int, warm: int, only: Collection[str] = ()) -> dict[str, dict[str, float]]:
        """Start each contestant up to `cold` times, send each up to `warm` requests, and return the figures by name.

        `only`: the names of the contestants to measure; empty for all. They take turns. These end as soon as the
        medians of all of them are accurate enough (`ERROR`).
        """
        measured = [each for each in self._built if not only or each.name in only]
        samples: dict[Contestant, Samples] = {each: defaultdict(list) for each in measured}
        for turn in range(cold):
            self._progress(f"cold start {turn + 1} of {cold}")
            for contestant, found in samples.items():
                self._cold(contestant, aws, found)
            if turn + 1 >= MIN_COLD and _are_accurate(samples.values(), "first_response_ms", "snapshot_ms"):
                break
        with ExitStack() as stack:
            running = {each: stack.enter_context(self._started(each, aws)) for each in samples}
            for contestant, function in running.items():
                _answer(function, contestant.event())
            for turn in range(0, warm, BATCH):
                self._progress(f"warm requests {turn} of {warm}")
                for contestant, function in running.items():
                    _warm(function, aws, [contestant.event()] * BATCH, samples[contestant])
                if turn >= BATCH * (MIN_BATCHES - 1) and _are_accurate(samples.values(), "warm_ms", "warm_cpu_ms"):
                    break
            for contestant, function in running.items():
                samples[contestant]["peak_mb"] = [function.peak_mb]
                samples[contestant]["bundle_mb"] = [_zipped_mb(self._built[contestant])]
        return {contestant.name: _summary(found) for contestant, found in samples.items()}

    def measure_distinct_callers(
        self, contestant: Contestant, aws: FakeAws, people: int, *, warm: int
    ) -> dict[str, float]:
        """Send `warm` requests, each from a different one of `people` callers, so that no cache for a caller helps."""
        found: Samples = defaultdict(list)
        with self._started(contestant, aws) as function:
            _answer(function, contestant.event(people - 1))
            step = people // (warm + 1)
            _warm(function, aws, [contestant.event(number * step) for number in range(warm)], found)
        return _summary(found)

    def _cold(self, contestant: Contestant, aws: FakeAws, found: Samples) -> None:
        with self._started(contestant, aws) as function:
            aws.record()
            found["init_ms"].append(function.init_ms)
            found["first_response_ms"].append(function.init_ms + _answer(function, contestant.event()).wall_ms)
            found["first_aws_calls"].append(aws.record().number)
        with self._started(contestant, aws, snapshot=True) as function:
            aws.record()
            answer = _answer(function, contestant.event())
            found["snapshot_ms"].append(answer.wall_ms)
            found["snapshot_cpu_ms"].append(answer.cpu_ms)
            found["handshake_overlap"].append(aws.record().overlap)

    def _started(self, contestant: Contestant, aws: FakeAws, *, snapshot: bool = False) -> Function:
        environment = {
            **contestant.environment,
            "AWS_LAMBDA_FUNCTION_NAME": contestant.name,
            "BENCH_STUB_PORT": str(aws.port),
            # botocore reads the first, the context that Python's ssl module makes by default the second.
            "AWS_CA_BUNDLE": str(aws.authorities),
            "SSL_CERT_FILE": str(aws.authorities),
        }
        code = Code(self._built[contestant], contestant.handler, environment)
        log = self._folder / f"{contestant.name}-{next(self._numbers)}.log"
        return Function(self._runtime, code, log, snapshot=snapshot)


def _warm(function: Function, aws: FakeAws, events: Sequence[bytes], found: Samples) -> None:
    aws.record()
    cpu_before = function.cpu_ms
    found["warm_ms"] += [_answer(function, event).wall_ms for event in events]
    found["warm_cpu_ms"].append((function.cpu_ms - cpu_before) / len(events))
    found["aws_calls"].append(aws.record().number / len(events))


def _answer(function: Function, event: bytes) -> Answer:
    answer = function.invoke(event)
    # A contestant that fails would be fast. The empty handler alone returns no URL.
    assert answer.response == {"statusCode": 204} or "authToken=" in json.dumps(answer.response), answer
    return answer


def _are_accurate(samples: Iterable[Samples], *names: str) -> bool:
    """Return whether the medians of the figures with `names` are accurate enough (`ERROR`)."""
    return all(_error(found[name]) <= ERROR * statistics.median(found[name]) for found in samples for name in names)


def _error(values: Sequence[float]) -> float:
    """Return the error of the median of `values`: half of the width of its 95 % interval.

    Source: McGill, Tukey and Larsen, "Variations of Box Plots" (1978): 1.57 interquartile ranges over the root of n.
    """
    low, _, high = statistics.quantiles(values, n=4)
    return 1.57 * (high - low) / math.sqrt(len(values))


def _summary(samples: Samples) -> dict[str, float]:
    """Return the mean of the CPU times of warm requests, and the medians of all other figures."""
    average = {"warm_cpu_ms": statistics.mean}
    return {
        name: round(average.get(name, statistics.median)(samples[name]), digits)
        for name, digits in DIGITS.items()
        if name in samples
    }


def _zipped_mb(folder: Path) -> float:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        return file.tell() / 1e6
