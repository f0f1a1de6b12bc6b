"""Measures the contestants in turns, so that a machine that slows down affects them all alike."""

import itertools
import json
import math
import statistics
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.aws import Record
from bench.contestants import Contestant
from bench.function import Answer, Code, Function, Runtime
from bench.stub import FakeAws

BATCH = 10
"""Warm requests to one contestant before the next one."""

MIN_TURNS, MIN_BATCHES = 5, 4
"""Starts, and batches of warm requests, of each contestant, at least."""

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


@dataclass(frozen=True, eq=False)
class Setting:
    """One contestant at one port of the stub of AWS."""

    contestant: Contestant
    aws: FakeAws
    cold: bool
    """Whether to measure first answers after a cold start, too."""


class Measurement:
    """Measures all contestants in one run."""

    def __init__(self, runtime: Runtime, built: Mapping[str, Path], folder: Path, progress: Callable[[str], None]):
        """`built`: the code of each contestant, by its name. `folder`: for logs. `progress`: called at each step."""
        self._runtime = runtime
        self._built = built
        self._folder = folder
        self._progress = progress
        self._numbers = itertools.count()

    def run(self, settings: Sequence[Setting], *, turns: int, warm: int) -> dict[Setting, Samples]:
        """Start each of `settings` up to `turns` times, send each up to `warm` requests, and return what was measured.

        They take turns, and so share the times in which the machine is slower. These end as soon as the medians of all
        of them are accurate enough (`ERROR`).
        """
        found: dict[Setting, Samples] = {each: defaultdict(list) for each in settings}
        for turn in range(turns):
            self._progress(f"start {turn + 1} of {turns}")
            # No contestant always follows the same one.
            for each in settings if turn % 2 else reversed(settings):
                self._first(each, found[each])
            if turn + 1 >= MIN_TURNS and _are_accurate(found.values(), "snapshot_ms"):
                break
        with ExitStack() as stack:
            running = {each: stack.enter_context(self._started(each.contestant, each.aws)) for each in settings}
            for each, function in running.items():
                _answer(function, each.contestant)
            for turn in range(0, warm, BATCH):
                self._progress(f"warm requests {turn} of {warm}")
                for each, function in running.items():
                    _warm(function, each.aws, each.contestant, [0] * BATCH, found[each])
                if turn >= BATCH * (MIN_BATCHES - 1) and _are_accurate(found.values(), "warm_ms", "warm_cpu_ms"):
                    break
            for each, function in running.items():
                found[each]["peak_mb"] = [function.peak_mb]
                found[each]["bundle_mb"] = [_zipped_mb(self._built[each.contestant.name])]
        return found

    def measure_distinct_callers(
        self, contestant: Contestant, ports: Mapping[int, FakeAws], *, warm: int
    ) -> dict[int, Samples]:
        """Send `warm` requests to one function for each of `ports`, in turns, each request from a different caller.

        `ports`: by the number of grants, and so of callers. No cache for a caller helps.
        """
        found: dict[int, Samples] = {people: defaultdict(list) for people in ports}
        with ExitStack() as stack:
            running = {people: stack.enter_context(self._started(contestant, aws)) for people, aws in ports.items()}
            for people, function in running.items():
                _answer(function, contestant, people - 1)
            for turn in range(0, warm, BATCH):
                for people, function in running.items():
                    callers = [number * (people // (warm + 1)) for number in range(turn, turn + BATCH)]
                    _warm(function, ports[people], contestant, callers, found[people])
        return found

    def _first(self, setting: Setting, found: Samples) -> None:
        contestant, aws = setting.contestant, setting.aws
        if setting.cold:
            with self._started(contestant, aws) as function:
                found["init_ms"].append(function.init_ms)
                found["first_response_ms"].append(function.init_ms + _answer(function, contestant).wall_ms)
        with self._started(contestant, aws, snapshot=True) as function:
            aws.record()
            answer = _answer(function, contestant)
            record = aws.record()
        found["snapshot_ms"].append(answer.wall_ms)
        found["snapshot_cpu_ms"].append(answer.cpu_ms)
        found["handshake_overlap"].append(record.overlap)
        found["first_aws_calls"].append(len(record.calls))
        _note_calls("first", answer, record, found)

    def _started(self, contestant: Contestant, aws: FakeAws, *, snapshot: bool = False) -> Function:
        environment = {
            **contestant.environment,
            "AWS_LAMBDA_FUNCTION_NAME": contestant.name,
            "BENCH_STUB_PORT": str(aws.port),
            # botocore reads the first, the context that Python's ssl module makes by default the second.
            "AWS_CA_BUNDLE": str(aws.authorities),
            "SSL_CERT_FILE": str(aws.authorities),
        }
        code = Code(self._built[contestant.name], contestant.handler, environment)
        log = self._folder / f"{contestant.name}-{next(self._numbers)}.log"
        return Function(self._runtime, code, log, snapshot=snapshot)


def summary(samples: Samples) -> dict[str, float]:
    """Return the medians of the figures in `DIGITS`, and the smallest times of cold starts.

    What a start takes varies by a third, since other processes of the machine slow it down, and never speed it up. The
    smallest time is the one that repeats (documentation of Python's `timeit`).
    """
    choice = {"init_ms": min, "first_response_ms": min}
    return {
        name: round(choice.get(name, statistics.median)(samples[name]), digits)
        for name, digits in DIGITS.items()
        if name in samples
    }


def calls_of(samples: Samples, answer: str) -> list[tuple[str, float, float]]:
    """Return the AWS calls of an answer (`first` or `warm`), with the medians of their times.

    These are when the call arrived at the stub, and when it was answered, in milliseconds after the event was sent.
    """
    names = [name.removeprefix(f"{answer} ") for name in samples if name.startswith(f"{answer} ")]
    medians = {name: round(statistics.median(samples[f"{answer} {name}"]), 1) for name in names}
    operations = dict.fromkeys(name.partition(" ")[0] for name in names)
    found = [(each, medians[f"{each} arrived"], medians[f"{each} answered"]) for each in operations]
    return sorted(found, key=lambda call: call[1])


def _warm(function: Function, aws: FakeAws, contestant: Contestant, people: Sequence[int], found: Samples) -> None:
    aws.record()
    cpu_before = function.cpu_ms
    for person in people:
        answer = _answer(function, contestant, person)
        found["warm_ms"].append(answer.wall_ms)
        record = aws.record()
        found["aws_calls"].append(len(record.calls))
        _note_calls("warm", answer, record, found)
    found["warm_cpu_ms"].append((function.cpu_ms - cpu_before) / len(people))


def _note_calls(name: str, answer: Answer, record: Record, found: Samples) -> None:
    for operation, arrived, answered in record.calls:
        found[f"{name} {operation} arrived"].append((arrived - answer.started) * 1000)
        found[f"{name} {operation} answered"].append((answered - answer.started) * 1000)


def _answer(function: Function, contestant: Contestant, person: int = 0) -> Answer:
    answer = function.invoke(contestant.event(person))
    assert contestant.expected in json.dumps(answer.response), answer
    return answer


def _are_accurate(samples: Iterable[Samples], *names: str) -> bool:
    """Return whether the medians of the figures with `names` are accurate enough (`ERROR`)."""
    measured = (found[name] for found in samples for name in names if name in found)
    return all(_error(values) <= ERROR * statistics.median(values) for values in measured)


def _error(values: Sequence[float]) -> float:
    """Return the error of the median of `values`: half of the width of its 95 % interval.

    Source: McGill, Tukey and Larsen, "Variations of Box Plots" (1978): 1.57 interquartile ranges over the root of n.
    """
    low, _, high = statistics.quantiles(values, n=4)
    return 1.57 * (high - low) / math.sqrt(len(values))


def _zipped_mb(folder: Path) -> float:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        return file.tell() / 1e6
