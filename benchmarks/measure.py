"""Measures time and peak memory of a piece of work in a process of its own."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """``seconds`` are of the wall clock, ``cpu`` of this process.

    ``peak`` is the process's peak memory in MB, ``megabytes`` what of it came with the work.  ``result`` is what the
    work returned.
    """

    seconds: float
    cpu: float
    megabytes: float
    peak: float
    result: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: ours, the peer's in the same run, and what we set ourselves."""

    work: str
    ours: str
    peer: str = ""
    goal: str = ""


def _peak() -> int:
    """The peak of this process's resident memory in kB; getrusage would count the parent's, before exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def _worker(pipe: Connection, work: Callable[..., Any], args: Sequence[object]) -> None:
    before = _peak()
    started, cpu = time.perf_counter(), time.process_time()
    result = work(*args)
    after = _peak()
    pipe.send(
        Measured(
            seconds=time.perf_counter() - started,
            cpu=time.process_time() - cpu,
            megabytes=(after - before) / 1024,
            peak=after / 1024,
            result=result,
        )
    )


def measure(work: Callable[..., Any], *args: object) -> Measured:
    """Do the work once in a fresh process.  Its imports count, unless it did them when this module was imported."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_worker, args=(there, work, args))
    process.start()
    there.close()
    measured: Measured = here.recv()
    process.join()
    return measured


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| work | Rundbrief | beside it, in the same run | goal |", "|---|---|---|---|"]
    lines += [f"| {row.work} | {row.ours} | {row.peer} | {row.goal} |" for row in rows]
    return "\n".join(lines) + "\n"
