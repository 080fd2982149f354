"""The exceptions that Rundbrief raises on purpose.

Each says where the trouble is and how to mend it, so that a command can report it without knowing its type.
A refusal of one recipient is not an exception but an `Outcome` (see `pipeline.domain.ledger`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: ``code`` for machines; ``where``, ``what`` and ``mend`` for people."""

    code: str
    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" {self.mend}" if self.mend else "")


class PipelineError(Exception):
    """The root of all errors of Rundbrief's own.  ``code`` is stable and may be matched by scripts."""

    code = "error"

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend

    @property
    def problem(self) -> Problem:
        return Problem(code=self.code, where=self.where, what=self.what, mend=self.mend)

    def __str__(self) -> str:
        return str(self.problem) if self.where else " ".join(filter(None, (self.what, self.mend)))


class ConfigError(PipelineError):
    """The configuration can't be used.  ``problems`` holds every mistake, each with its key path."""

    code = "config"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class SourceError(PipelineError):
    """A source could not be collected; what was stored from it before stays."""

    code = "source"


class SourceUnavailable(SourceError):
    """No answer, or one that says "later" or "no".

    ``retry_after`` is the wait that the server asked for; ``status`` is its HTTP status, None where it gave none.
    """

    code = "source-unavailable"

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        mend: str = "",
        retry_after: timedelta | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(what, where=where, mend=mend)
        self.retry_after = retry_after
        self.status = status


class SourceGone(SourceError):
    """The server says that the source has ended (410)."""

    code = "source-gone"


class InvalidSource(SourceError):
    """There is an answer, but no articles can be read from it; or it breaks a limit."""

    code = "source-invalid"


class RenderError(PipelineError):
    """A template can't be rendered; ``where`` is its file and line."""

    code = "render"


class PublishError(PipelineError):
    """A feed document can't be built or written; the last good one stays."""

    code = "publish"


class StoreError(PipelineError):
    """The store can't be used."""

    code = "store"


class StoreDamaged(StoreError):
    """The database's file is not what it was written as."""

    code = "store-damaged"


class StoreUnavailable(StoreError):
    """The database does not answer, or can't write: its server is down, its disk is full."""

    code = "store-unavailable"


class SchemaTooNew(StoreError):
    """A newer Rundbrief has migrated this store."""

    code = "store-schema-too-new"


class InstanceFenced(StoreError):
    """The store is not the one that this installation last mailed from: a restored copy could mail again."""

    code = "store-fenced"


class MailingHeld(PipelineError):
    """An operator has put all mailing on hold."""

    code = "mailing-held"


class AlertUntold(PipelineError):
    """Somebody could not be told that something is wrong."""

    code = "alert-untold"


class ProviderError(PipelineError):
    """A mail provider did not take a batch."""

    code = "provider"


class ProviderUnavailable(ProviderError):
    """The batch was surely not accepted; it may be tried again after ``retry_after``."""

    code = "provider-unavailable"

    def __init__(self, what: str, *, where: str = "", mend: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(what, where=where, mend=mend)
        self.retry_after = retry_after


class ProviderRejected(ProviderError):
    """The provider refuses the credentials or the request as such; trying again won't help."""

    code = "provider-rejected"


class SubmissionUncertain(ProviderError):
    """The provider may have accepted the batch: nothing may be sent again until that is known."""

    code = "submission-uncertain"
