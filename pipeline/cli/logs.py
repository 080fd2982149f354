"""Log lines: on standard error, readable, or one JSON object each with RUNDBRIEF_LOG=json."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from pipeline.excerpts import keep_line

if TYPE_CHECKING:
    from structlog.typing import Processor

FORMAT = "RUNDBRIEF_LOG"
LEVEL = "RUNDBRIEF_LOG_LEVEL"
_BELOW_WARNING = ("debug", "info")


class _StandardError:
    """Standard error as it is at the time of writing."""

    def msg(self, message: str) -> None:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()

    log = debug = info = warning = warn = error = critical = exception = fatal = failure = msg


class _Factory:
    def __call__(self, *_arguments: Any) -> _StandardError:  # noqa: ANN401  (structlog passes what a caller gave)
        return _StandardError()


def configure_logs(*, chatty: bool = False) -> None:
    """Set structlog up, and lead the warnings of libraries that use `logging` the same way.

    On a terminal, where bars show how far a command is, lines below a warning are left out, unless it is ``chatty`` or
    the environment names a level.
    """
    level = logging.getLevelNamesMapping().get(os.environ.get(LEVEL, "").upper(), logging.INFO)
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        keep_line,
        *([] if chatty or LEVEL in os.environ else [_unless_on_terminal]),
    ]
    after = _rendering()
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Factory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after], foreign_pre_chain=before
    )
    handler = _Handler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler, *(other for other in root.handlers if not isinstance(other, _Handler))]
    root.setLevel(max(level, logging.WARNING))


def _unless_on_terminal(_logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if method in _BELOW_WARNING and sys.stderr.isatty():
        raise structlog.DropEvent
    return event


def _rendering() -> Sequence[Processor]:
    # No local variables in tracebacks: they may hold a secret or an address.
    if os.environ.get(FORMAT) == "json":
        traceback = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(traceback),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain, pad_event_to=24)]


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _StandardError().msg(self.format(record))
