from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.errors import PublishError
from pipeline.publish.files import Sink, remove_file, replace_file

ROOT = Path(__file__).parents[3]


def writing(data: bytes, chunk: int = 1000) -> Callable[[Sink], None]:
    def write(sink: Sink) -> None:
        for start in range(0, len(data), chunk):
            sink.write(data[start : start + chunk])

    return write


def snapshot(directory: Path) -> dict[str, tuple[int, int, int]]:
    """Everything in a directory, itself included: whatever is touched changes one of these."""
    paths = [directory, *directory.iterdir()]
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns, path.stat().st_size) for path in paths}


def test_a_new_file_is_written_with_its_directories(tmp_path: Path) -> None:
    assert replace_file(tmp_path / "a" / "b" / "file", writing(b"new"))
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"new"


def test_equal_content_touches_neither_the_file_nor_its_directory(tmp_path: Path) -> None:
    data = os.urandom(10_000)
    replace_file(tmp_path / "file", writing(data))
    before = snapshot(tmp_path)
    assert not replace_file(tmp_path / "file", writing(data, chunk=777))
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a" * 5000, b"a" * 4999),
        (b"a" * 4999, b"a" * 5000),
        (b"a" * 5000, b"a" * 2500 + b"b" + b"a" * 2499),
        (b"b" + b"a" * 4999, b"a" * 5000),
        (b"a" * 5000, b""),
        (b"", b"a"),
    ],
    ids=["shorter", "longer", "middle", "first", "emptied", "filled"],
)
def test_different_content_replaces_the_file(tmp_path: Path, old: bytes, new: bytes) -> None:
    replace_file(tmp_path / "file", writing(old))
    assert replace_file(tmp_path / "file", writing(new))
    assert (tmp_path / "file").read_bytes() == new
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_empty_document_makes_an_empty_file(tmp_path: Path) -> None:
    assert replace_file(tmp_path / "file", writing(b""))
    assert not replace_file(tmp_path / "file", writing(b""))


def test_a_check_sees_the_whole_and_its_refusal_keeps_the_old_file(tmp_path: Path) -> None:
    replace_file(tmp_path / "file", writing(b"same then old"))

    def refuse(document: BinaryIO) -> None:
        assert document.read() == b"same then new"
        raise PublishError("no")

    with pytest.raises(PublishError):
        replace_file(tmp_path / "file", writing(b"same then new", chunk=5), refuse)
    assert (tmp_path / "file").read_bytes() == b"same then old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_error_while_writing_keeps_the_old_file_and_leaves_nothing(tmp_path: Path) -> None:
    replace_file(tmp_path / "file", writing(b"old"))

    def fail(sink: Sink) -> None:
        sink.write(b"new")
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        replace_file(tmp_path / "file", fail)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_mode_is_readable_for_all_less_the_umask(tmp_path: Path) -> None:
    for umask, mode in ((0o022, 0o644), (0o027, 0o640), (0o000, 0o644)):
        before = os.umask(umask)
        try:
            replace_file(tmp_path / f"{mode}-{umask}", writing(b"x"))
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / f"{mode}-{umask}").stat().st_mode) == mode


def test_what_a_killed_process_left_is_overwritten_and_gone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, writing(b"old"))
    program = (
        "import os, signal, sys; from pathlib import Path; from pipeline.publish.files import replace_file\n"
        "def write(sink):\n"
        "    sink.write(b'half' * 100_000)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "replace_file(Path(sys.argv[1]), write)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
    assert replace_file(path, writing(b"new"))
    assert path.read_bytes() == b"new"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_reader_never_sees_a_half_written_or_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    versions = [bytes([letter]) * 200_000 for letter in b"ab"]
    replace_file(path, writing(versions[0], chunk=10_000))
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(40):
        replace_file(path, writing(versions[turn % 2], chunk=10_000))
    done.set()
    reader.join()
    assert seen <= set(versions)


def test_threads_that_write_the_same_file_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "file"
    versions = [bytes([letter]) * 50_000 for letter in b"abcdefgh"]
    errors: list[BaseException] = []

    def work(data: bytes) -> None:
        try:
            for _ in range(10):
                replace_file(path, writing(data))
        except BaseException as error:  # noqa: BLE001  whatever it is, the test must see it
            errors.append(error)

    threads = [threading.Thread(target=work, args=(data,)) for data in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert path.read_bytes() in versions
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_removing_says_whether_there_was_a_file(tmp_path: Path) -> None:
    replace_file(tmp_path / "file", writing(b"x"))
    (tmp_path / ".file.tmp").write_bytes(b"left behind")
    assert remove_file(tmp_path / "file")
    assert not remove_file(tmp_path / "file")
    assert not list(tmp_path.iterdir())
