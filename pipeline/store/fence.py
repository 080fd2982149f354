"""The instance fence: a restored copy of the store must not mail again what was mailed after it was made.

The store counts its generations, one more with each batch that is about to be submitted; a file beside the store
knows the last one.  A copy that is older than the file is fenced.
"""

from __future__ import annotations

import fcntl
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select, update

from pipeline.errors import InstanceFenced
from pipeline.store.database import reading, sqlite_file, writing
from pipeline.store.statements import insert_new
from pipeline.store.tables import instance

_RAISED = (
    update(instance)
    .where(instance.c.held_since.is_(None))
    .values(generation=instance.c.generation + 1)
    .returning(instance.c.uid, instance.c.generation)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """The fence of one store; ``file`` is on this machine."""

    engine: Engine
    file: Path

    def check(self) -> None:
        """Raise InstanceFenced unless this is the store that this installation last mailed from."""
        # The file first: another process may raise both in between, the store before the file.
        known = self._read()
        with reading(self.engine) as tx:
            row = tx.execute(select(instance.c.uid, instance.c.generation)).one()
        if known is None:
            if row.generation and sqlite_file(self.engine):
                self._refuse("was mailed from elsewhere: there is no fence file beside it.")
            return
        uid, generation = known
        if (restored := self._restored()) is not None:
            self._refuse(f"was restored from a backup of {restored}.")
        if uid != row.uid:
            self._refuse("is another store than the one that this installation mailed from.")
        if generation > row.generation:
            self._refuse(
                f"is an older copy: it stands at generation {row.generation}, mailing went on to {generation}."
            )

    def raise_(self, tx: Connection) -> tuple[uuid.UUID, int] | None:
        """Count one generation more, in the caller's transaction.  `note` is called once that is committed.

        None while mailing is on hold: then the caller rolls back, and submits nothing.
        """
        row = tx.execute(_RAISED).one_or_none()
        return None if row is None else (row.uid, row.generation)

    def note(self, uid: uuid.UUID, generation: int) -> None:
        """Write a generation into the file, unless it knows a later one of this store."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_name(f"{self.file.name}.lock").open("wb") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            known = self._read()
            if known is None or known[0] != uid or known[1] < generation:
                self._write({"instance": str(uid), "generation": generation})

    def close_(self, uid: uuid.UUID, generation: int, backup: str) -> None:
        """Refuse the store that is about to be restored, until a person accepts it.  ``backup`` is when it was made."""
        try:
            known = self._read()
        except InstanceFenced:
            known = None
        if known and known[0] == uid:
            generation = max(generation, known[1])
        self._write({"instance": str(uid), "generation": generation, "restored": backup})

    def lost(self) -> int | None:
        """How many generations this installation's mailing went on after the store; None where that isn't known."""
        try:
            known = self._read()
        except InstanceFenced:
            return None
        with reading(self.engine) as tx:
            row = tx.execute(select(instance.c.uid, instance.c.generation)).one()
        return max(0, known[1] - row.generation) if known and known[0] == row.uid else None

    def open_(self) -> None:
        """Accept this store from now on, by an operator's decision."""
        try:
            known = self._read()
        except InstanceFenced:
            known = None
            self.file.unlink()
        with writing(self.engine) as tx:
            row = tx.execute(select(instance.c.uid, instance.c.generation)).one()
            generation = max(row.generation, known[1] if known else 0) + 1
            tx.execute(update(instance).values(generation=generation))
        self._write({"instance": str(row.uid), "generation": generation})

    def _write(self, known: Mapping[str, object]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_name(f"{self.file.name}.tmp")
        draft.write_text(json.dumps(known) + "\n", encoding="utf-8")
        draft.replace(self.file)

    def _restored(self) -> str | None:
        """When the backup was made that this store was restored from, if nobody has accepted it since."""
        restored: str | None = json.loads(self.file.read_text(encoding="utf-8")).get("restored")
        return restored

    def _read(self) -> tuple[uuid.UUID, int] | None:
        try:
            given = json.loads(self.file.read_text(encoding="utf-8"))
            return uuid.UUID(given["instance"]), int(given["generation"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            what = f"can't be checked: {self.file} is damaged."
            raise InstanceFenced(what, where="store", mend="See `rundbrief unfence`.") from error

    def _refuse(self, what: str) -> None:
        mend = "Nothing is mailed from it. If it is the right one, say so with `rundbrief unfence`."
        raise InstanceFenced(what, where=f"store ({self.file})", mend=mend)


def ensure_instance(engine: Engine, now: datetime) -> tuple[uuid.UUID, datetime]:
    """The store's name and when it was made; both are given at its first opening."""
    known = select(instance.c.uid, instance.c.created_at)
    with reading(engine) as tx:
        row = tx.execute(known).one_or_none()
    if row is None:
        with writing(engine) as tx:
            fresh = insert_new(tx, instance).values(id=1, uid=uuid.uuid4(), created_at=now)
            tx.execute(fresh.on_conflict_do_nothing())
            row = tx.execute(known).one()
    return row.uid, row.created_at
