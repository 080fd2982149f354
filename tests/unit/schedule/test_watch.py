from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pipeline.schedule.watch import DirectoryWatch, traces


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    (folder / "below").mkdir(parents=True)
    (folder / "a.md").write_text("# A\n")
    return folder


def watching(directory: Path, *, every: float = 60) -> tuple[DirectoryWatch, list[str]]:
    calls: list[str] = []
    return DirectoryWatch([(directory, lambda: calls.append("called"))], every=every), calls


def test_a_change_is_acted_on_once_it_has_come_to_rest(directory: Path) -> None:
    watch, calls = watching(directory)
    watch.look()
    watch.look()
    assert calls == ["called"], "at the start everything is new"
    watch.look()
    assert len(calls) == 1
    file = directory / "below" / "b.md"
    file.write_text("# B")
    watch.look()
    file.write_text("# B, and more is being written")
    watch.look()
    assert len(calls) == 1, "it is still being written"
    watch.look()
    assert len(calls) == 2
    file.unlink()
    watch.look()
    watch.look()
    assert len(calls) == 3


@pytest.mark.parametrize("change", ["content", "rename", "sidecar", "mode", "link"])
def test_each_kind_of_change_is_noticed(directory: Path, change: str) -> None:
    file = directory / "a.md"
    before = traces(directory)
    assert traces(directory) == before
    match change:
        case "content":
            times = file.stat()
            file.write_text("# B\n")
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        case "rename":
            file.rename(directory / "b.md")
        case "sidecar":
            (directory / "a.md.toml").write_text("draft = true\n")
        case "mode":
            file.chmod(0o200)
        case "link":
            (directory / "c.md").symlink_to("nowhere")
    assert traces(directory) != before


def test_hidden_folders_and_a_directory_that_is_not_there_are_no_change(directory: Path) -> None:
    before = traces(directory)
    (directory / ".git").mkdir()
    (directory / ".git" / "index").write_text("x")
    (directory / "below" / ".b.md.swp").write_text("an editor is at work")
    assert traces(directory) == before
    assert traces(directory / "nowhere") == traces(directory / "nowhere")


def test_an_action_that_fails_ends_neither_the_watch_nor_the_others(directory: Path) -> None:
    calls: list[str] = []

    def fail() -> None:
        calls.append("failed")
        raise RuntimeError

    watch = DirectoryWatch([(directory, fail), (directory, lambda: calls.append("called"))])
    watch.look()
    watch.look()
    (directory / "b.md").write_text("# B\n")
    watch.look()
    watch.look()
    assert calls == ["failed", "called", "failed", "called"]


def test_it_looks_by_itself_until_it_is_stopped(directory: Path) -> None:
    called = threading.Event()
    watch = DirectoryWatch([(directory, called.set)], every=0.01)
    watch.start()
    assert called.wait(20)
    watch.stop()
    called.clear()
    (directory / "b.md").write_text("# B\n")
    watch.look()
    watch.look()
    assert not called.is_set()
    watch.stop()
