"""A Maildir into which a mail server delivers bounces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.deliver.event import Letter

LARGEST_MAIL = 2_000_000


@dataclass(frozen=True, slots=True)
class MaildirMailbox:
    """See `pipeline.deliver.event.Mailbox`.  Mails stay in it, as seen ones."""

    directory: Path

    def unread(self) -> Iterator[Letter]:
        for file in sorted((self.directory / "new").iterdir()):
            # Another process may have been faster.
            with suppress(FileNotFoundError):
                yield Letter(file.name, file.read_bytes() if file.stat().st_size <= LARGEST_MAIL else None)

    def mark_read(self, keys: Sequence[str]) -> None:
        for key in keys:
            with suppress(FileNotFoundError):
                (self.directory / "new" / key).rename(self.directory / "cur" / f"{key.partition(':')[0]}:2,S")

    def close(self) -> None:
        """Nothing is open."""
