"""The machine: its clock, its disks, and who may read what is private."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.doctor.examined import Examined
from pipeline.domain.slots import span_text
from pipeline.errors import Problem

_BEHIND = timedelta(minutes=5)
_MB = 1_000_000
_FULL, _NEARLY = 100 * _MB, 1_000 * _MB
_FEW_FILES = 1_000
_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


def clock(now: datetime, seen: datetime | None) -> Examined:
    """Whether the clock is behind ``seen``, the latest time that the store has written down."""
    what = f"clock: {now:%Y-%m-%d %H:%M:%S} UTC"
    if seen is None or seen - now <= _BEHIND:
        return Examined(what=what)
    text = f"is {span_text(seen - now)} behind what the store has seen ({seen:%Y-%m-%d %H:%M} UTC)."
    mend = "Set it, and keep it set (chrony, systemd-timesyncd): until then slots wait."
    return Examined(what=what, problems=(Problem(code="clock-behind", where="clock", what=text, mend=mend),))


def disks(directories: Sequence[tuple[str, Path]]) -> Iterator[Examined]:
    """Room on the disks of these directories; each is named by its key in the configuration."""
    for where, directory in directories:
        there = next(path for path in (directory, *directory.parents) if path.exists())
        free, files = shutil.disk_usage(there).free, os.statvfs(there)
        what = f"disk of {where}: {free // _MB} MB free"
        found: Problem | None = None
        mend = "Make room: what can't be written down is not mailed."
        if free < _NEARLY:
            found = Problem(code="disk-full", where=where, what=f"{free // _MB} MB are free in {there}.", mend=mend)
        elif files.f_files and files.f_favail < _FEW_FILES:
            text = f"{files.f_favail} more files can be made in {there}."
            found = Problem(code="disk-files", where=where, what=text, mend=mend)
        if found is None:
            yield Examined(what=what)
        elif free < _FULL or found.code == "disk-files":
            yield Examined(what=what, problems=(found,))
        else:
            yield Examined(what=what, warnings=(found,))


def private_files(files: Sequence[Path]) -> Iterator[Examined]:
    """Keys and addresses may be read by their owner only."""
    for file in files:
        if not file.exists():
            continue
        what = f"rights of {file}"
        found: tuple[Problem, ...] = ()
        if file.stat().st_mode & _OTHERS:
            text = "can be read by others on this machine."
            found = (Problem(code="file-open", where=str(file), what=text, mend=f"chmod 600 {file}"),)
        is_key = file.suffix == ".key"
        yield Examined(what=what, problems=found if is_key else (), warnings=() if is_key else found)
