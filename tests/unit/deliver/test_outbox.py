from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.deliver import mime
from pipeline.deliver.provider import Shape
from pipeline.deliver.providers.outbox import OutboxProvider
from pipeline.domain.ledger import OutcomeKind
from pipeline.domain.message import placeholder
from pipeline.errors import ProviderUnavailable
from tests.fakes.mailings import ISSUE, a_batch, a_message, a_recipient

PROJECT = Path(__file__).parents[3]
SUBMIT = """
import sys
from pathlib import Path
from pipeline.deliver.providers.outbox import OutboxProvider
from tests.fakes.mailings import a_batch, a_message, a_recipient
OutboxProvider("outbox", Path(sys.argv[1])).submit(a_batch(*map(a_recipient, range(12))), a_message())
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def outbox(directory: Path) -> OutboxProvider:
    return OutboxProvider("outbox", directory)


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (directory / "new").iterdir()}


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_message_is_the_built_one_with_the_line_ends_of_a_local_mailbox(
    outbox: OutboxProvider, directory: Path
) -> None:
    batch = a_batch(a_recipient(1))
    outbox.submit(batch, a_message())
    ((name, content),) = files(directory).items()
    assert content == mime.build(a_message(), a_recipient(1), batch).replace(b"\r\n", b"\n")
    assert name == f"1795417200.{ISSUE}-1.rundbrief"
    assert not list((directory / "tmp").iterdir())


def test_it_takes_whole_messages_and_knows_them_for_good(outbox: OutboxProvider) -> None:
    capabilities = outbox.capabilities
    assert (capabilities.shape, capabilities.max_batch) == (Shape.MESSAGES, 500)
    assert capabilities.key_life == timedelta.max


def test_a_batch_that_is_handed_over_again_is_accepted_and_not_written_again(
    outbox: OutboxProvider, directory: Path
) -> None:
    first = outbox.submit(a_batch(), a_message())
    before = {path.name: path.stat().st_ino for path in (directory / "new").iterdir()}
    again = OutboxProvider("outbox", directory).submit(a_batch(attempt=2, sequence=5), a_message())
    assert {path.name: path.stat().st_ino for path in (directory / "new").iterdir()} == before
    assert again == first


def test_a_message_that_a_mail_reader_has_moved_and_flagged_is_not_written_again(
    outbox: OutboxProvider, directory: Path
) -> None:
    outbox.submit(a_batch(), a_message())
    for path in (directory / "new").iterdir():
        path.rename(directory / "cur" / f"{path.name}:2,S")
    outcomes = outbox.submit(a_batch(attempt=2), a_message())
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
    assert not files(directory)


def test_a_test_delivery_is_another_message_than_the_issues(outbox: OutboxProvider, directory: Path) -> None:
    outbox.submit(a_batch(a_recipient(1), test=True), a_message())
    outbox.submit(a_batch(a_recipient(1)), a_message())
    assert len(files(directory)) == 2


@pytest.mark.parametrize(
    ("moment", "in_place"),
    [("fsync:signal=KILL:when=1", 0), ("rename:signal=KILL:when=1", 0), ("rename:signal=KILL:when=7", 6)],
)
def test_a_kill_at_any_moment_leaves_no_half_message_and_the_next_attempt_no_duplicate(
    outbox: OutboxProvider, directory: Path, moment: str, in_place: int
) -> None:
    killed = subprocess.run(
        [
            "strace",
            "-f",
            "-qq",
            "-o",
            os.devnull,
            "-e",
            f"inject={moment}",
            sys.executable,
            "-B",
            "-c",
            SUBMIT,
            directory,
        ],
        cwd=PROJECT,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert in_place <= len(files(directory)) <= in_place + 1  # the call that was killed may have been carried out
    assert len(files(directory)) + len(list((directory / "tmp").iterdir())) == 12
    batch, message = a_batch(*map(a_recipient, range(12))), a_message()
    whole = {mime.build(message, recipient, batch).replace(b"\r\n", b"\n") for recipient in batch.recipients}
    assert set(files(directory).values()) < whole
    outcomes = outbox.submit(batch, message)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 12
    assert sorted(files(directory).values()) == sorted(whole)


def test_what_killed_processes_left_is_cleared_away_after_a_day_and_a_half(
    outbox: OutboxProvider, directory: Path
) -> None:
    (directory / "tmp").mkdir(parents=True)
    old, fresh = directory / "tmp" / "old.1", directory / "tmp" / "fresh.2"
    old.touch()
    fresh.touch()
    os.utime(old, (0, 0))
    outbox.submit(a_batch(), a_message())
    assert not old.exists()
    assert fresh.exists()


def test_a_directory_that_cannot_be_written_is_named_with_its_key(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outbox = OutboxProvider("local", tmp_path / "file" / "outbox")
    with pytest.raises(ProviderUnavailable) as caught:
        outbox.submit(a_batch(), a_message())
    assert caught.value.where == "providers.local.directory"
    assert str(tmp_path / "file" / "outbox") in caught.value.what
    assert "Not a directory" in caught.value.what
    assert caught.value.mend


def test_when_there_is_no_room_left_what_was_written_counts_and_the_rest_waits(
    outbox: OutboxProvider, directory: Path
) -> None:
    message = a_message(text=placeholder("note"))
    recipients = [
        a_recipient(number, fields={**a_recipient(number).fields, "note": "x" * (300_000 if number == 3 else 10)})
        for number in range(1, 5)
    ]
    batch = a_batch(*recipients)
    with files_no_larger_than(100_000):
        outcomes = outbox.submit(batch, message)
    assert [outcome.kind for outcome in outcomes] == [
        OutcomeKind.ACCEPTED,
        OutcomeKind.ACCEPTED,
        OutcomeKind.DEFERRED,
        OutcomeKind.DEFERRED,
    ]
    assert "File too large" in outcomes[2].reason
    assert len(files(directory)) == 2
    assert not list((directory / "tmp").iterdir())
    outcomes = outbox.submit(batch, message)
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
    assert len(files(directory)) == 4


def test_when_there_is_no_room_at_all_nothing_is_accepted(outbox: OutboxProvider, directory: Path) -> None:
    with files_no_larger_than(10), pytest.raises(ProviderUnavailable):
        outbox.submit(a_batch(), a_message())
    assert not files(directory)
