"""Finds leaks of a test module: sockets, transports, files, child processes and threads that outlive it.

Without this check, the garbage collector reports such an object in an unrelated test.
"""

import gc
import io
import os
import re
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]

EXIT_TIMEOUT = 60
"""Seconds to wait for a thread or child process to end, generous for a busy machine."""

MAX_ORIGIN_LINES = 3
"""The number of this project's lines in the origin of an object."""

_CDK_KERNEL = "jsii"
"""The child process of the CDK library. It ends with its parent and cannot be ended before."""

_origins: dict[int | str, str] = {}
"""The origins of sockets, threads and processes (by their id), and of files (by their path)."""


_reported: set[int] = set()
"""The ids of the objects that were reported already."""


def watch_origins() -> None:
    """Record where each object is created, from now on.

    This uses audit hooks, because tracemalloc makes the suite four to fourteen times slower. Python 3.11 has none for
    threads.
    """
    sys.addaudithook(_note)
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        _origins[id(thread)] = _origin(sys._getframe(1))
        start(thread)

    threading.Thread.start = noted  # type: ignore[method-assign]


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.__new__":
        _origins[id(arguments[0])] = _origin(sys._getframe(1))
        _reported.discard(id(arguments[0]))
    elif event == "subprocess.Popen":
        process = next((f for f in _frames(sys._getframe(1)) if f.f_code is _EXECUTE_CHILD), None)
        _origins[id(process.f_locals["self"] if process else None)] = _origin(sys._getframe(1))
    elif event == "open" and isinstance(arguments[0], str):
        _origins[arguments[0]] = _origin(sys._getframe(1))


_EXECUTE_CHILD = subprocess.Popen._execute_child.__code__  # type: ignore[attr-defined]
_ACCEPT = socket.socket.accept.__code__


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _origin(frame: FrameType) -> str:
    """Return the innermost lines of this project that called `frame`, or the innermost line if there is none."""
    lines = []
    for each in _frames(frame):
        if each.f_code is _ACCEPT:
            return f"accepted by the server made at {_origins.get(id(each.f_locals['self']), 'an unknown line')}"
        path = _path(each.f_code.co_filename)
        if path:
            lines.append(f"{path}:{each.f_lineno} in {each.f_code.co_name}")
            if len(lines) == MAX_ORIGIN_LINES:
                break
    return " from ".join(lines) or f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


@cache
def _path(filename: str) -> str | None:
    """Return the path within this project, or None for other files."""
    own = filename.startswith(f"{ROOT}/") and "/.venv/" not in filename and filename != __file__
    return filename.removeprefix(f"{ROOT}/") if own else None


@dataclass(frozen=True)
class Present:
    """The threads, child processes and descriptors that exist at one time."""

    threads: frozenset[int]
    children: frozenset[int]
    descriptors: frozenset[int]

    @classmethod
    def now(cls) -> "Present":
        """Return what exists now."""
        threads = frozenset(id(thread) for thread in threading.enumerate())
        children = frozenset(child.pid for child in psutil.Process().children())
        return cls(threads, children, frozenset(_descriptors()))


def leaks_since(before: Present) -> list[str]:
    """Return a line for each object created since `before` that still exists or was never closed, with its origin."""
    return [*_live_threads(before), *_live_children(before), *_never_closed(), *_open_descriptors(before)]


def _live_threads(before: Present) -> Iterator[str]:
    for thread in threading.enumerate():
        if id(thread) not in before.threads:
            thread.join(EXIT_TIMEOUT)
            if thread.is_alive():
                yield f"{thread!r} still runs, {_made(thread)}"


def _live_children(before: Present) -> Iterator[str]:
    new = [child for child in psutil.Process().children() if child.pid not in before.children]
    _, alive = psutil.wait_procs([child for child in new if not _is_kernel(child)], timeout=EXIT_TIMEOUT)
    for child in alive:
        known = next((each for each in gc.get_objects() if _is_popen(each) and each.pid == child.pid), None)
        yield f"{child!r} still runs, {_made(known)}"


def _is_popen(value: object) -> bool:
    return type(value) is subprocess.Popen


def _is_kernel(child: psutil.Process) -> bool:
    try:
        return any(_CDK_KERNEL in word for word in child.cmdline())
    except psutil.Error:
        return False


def _never_closed() -> Iterator[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gc.collect()
    for each in caught:
        if each.category is ResourceWarning:
            made = getattr(each.source, "_sock", each.source)  # a transport's socket
            if id(made) not in _reported:  # as still open, by the module that left it
                yield f"{each.message}, {_made(made)}"


def _open_descriptors(before: Present) -> Iterator[str]:
    new = {number: what for number, what in _descriptors().items() if number not in before.descriptors}
    if not new:
        return
    owners = {each.fileno(): each for each in gc.get_objects() if _has_descriptor(each)}
    for number, what in new.items():
        if number in owners:
            _reported.add(id(owners[number]))
            yield f"{owners[number]!r} is still open ({what}), {_made(owners[number])}"
        elif not re.match(r"pipe:|/dev/|anon_inode:|socket:", what):
            yield f"{what} is still open, {_origins.get(what, 'made at an unknown line')}"


def _has_descriptor(value: object) -> bool:
    if type(value) is socket.socket:
        return value.fileno() >= 0
    return type(value) is io.FileIO and not value.closed


def _descriptors() -> dict[int, str]:
    """Return this process's open descriptors, and what each leads to as far as the system tells."""
    found = {}
    for name in os.listdir("/dev/fd"):  # noqa: PTH208  Linux and macOS; the listing's own is gone again
        try:
            found[int(name)] = os.readlink(f"/dev/fd/{name}")  # noqa: PTH115
        except OSError:
            try:
                os.fstat(int(name))
            except OSError:
                continue
            found[int(name)] = "unknown"
    return found


def _made(value: object) -> str:
    key = value.name if isinstance(value, io.FileIO) else id(value)
    origin = _origins.get(key)
    if origin is None:
        return "made at an unknown line"
    return origin if origin.startswith("accepted") else f"made at {origin}"
