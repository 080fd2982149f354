"""A CSV file's text and records, whatever program wrote it: its encoding, its separator, its damaged lines."""

from __future__ import annotations

import codecs
import csv
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_SAMPLE = 1 << 20
_IN_MEMORY = 8 << 20
_SEPARATORS = ",;\t|"
# A quotation mark that is never closed would swallow the file: no honest record is longer than this.
_LONGEST_RECORD = 50
# Excel's own first line.
_TOLD_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the number of its first line in the file (from 1) and its fields."""

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that no record can be read from, as it is, and why.  Reading goes on with the line after it."""

    line: int
    what: str
    text: str = ""


def open_text(stream: BinaryIO) -> tuple[io.TextIOWrapper, int]:
    """The stream as text in the encoding that it seems to have, and how many lines it has, about.

    Bytes that don't fit the encoding become U+FFFD.

    A byte order mark decides; else UTF-8 if the text holds up as that, else Windows-1252.  A stream that can't be
    rewound is copied to a temporary file first.  The stream is read from its beginning.
    """
    if not stream.seekable():
        spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (closed with the text that wraps it)
        shutil.copyfileobj(stream, spool)
        stream = spool  # type: ignore[assignment]
    stream.seek(0)
    encoding = _encoding(stream)
    stream.seek(0)
    lines = _line_count(stream)
    stream.seek(0)
    return io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=""), lines


def _encoding(stream: BinaryIO) -> str:
    sample = stream.read(_SAMPLE)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return encoding
    # Every second byte of plain letters; a zero here and there is damage.
    even, odd = sample[0:200:2].count(0), sample[1:200:2].count(0)
    if max(even, odd) > max(3 * min(even, odd), len(sample[:200]) // 8):
        return "utf-16-le" if odd > even else "utf-16-be"
    # The whole file is looked at, not only its beginning: the first umlaut may stand on the last line.
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    foreign = broken = 0
    while sample:
        text = decoder.decode(sample)
        if not text.isascii():
            damaged = text.count("\ufffd")
            broken += damaged
            foreign += len(text) - len(text.encode("ascii", "ignore")) - damaged
        sample = stream.read(_SAMPLE)
    return "utf-8" if foreign >= broken else "cp1252"


def _line_count(stream: BinaryIO) -> int:
    count = 0
    while sample := stream.read(_SAMPLE):
        count += sample.count(b"\n")
    return count


def separator_of(header: str) -> str:
    """The separator that divides the header line into most fields; a comma where there is but one field."""
    return max(_SEPARATORS, key=lambda separator: len(next(csv.reader([header], delimiter=separator), ())))


def read_records(text: io.TextIOBase) -> Iterator[Record | Damage]:
    """The records one by one, empty lines left out; the first is the header.  Memory does not grow with the file."""
    lines = _Lines(text)
    first = next(lines, "")
    if told := _TOLD_SEPARATOR.fullmatch(first):
        separator = told[1]
    else:
        separator = separator_of(first)
        lines.push_back()
    lines.begin_record()
    while True:
        # Strict, since the lenient reader makes one silent record of everything after a stray quotation mark.
        reader = csv.reader(lines, delimiter=separator, strict=True)
        try:
            for fields in reader:
                if any(field.strip() for field in fields):
                    yield Record(lines.first, tuple(fields))
                lines.begin_record()
        except csv.Error as error:
            yield Damage(lines.first, _readable(str(error)), lines.line)
            lines.push_back(keep=1)
            lines.begin_record()
        else:
            return


def _readable(error: str) -> str:
    if "expected after" in error:
        return "there is text after a closing quotation mark."
    if "unexpected end" in error or "too long" in error:
        return "a quotation mark is opened and never closed."
    return f"it is damaged ({error})."


class _Lines:
    """The lines of a text, with those of the record that is being read kept so that they can be read again."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._ahead: list[str] = []
        self._record: list[str] = []
        self.first = 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self._record) >= _LONGEST_RECORD:
            message = "too long"
            raise csv.Error(message)
        line = self._ahead.pop() if self._ahead else self._text.readline()
        if not line:
            raise StopIteration
        self._record.append(line)
        return line

    @property
    def line(self) -> str:
        """The first line of what is being read."""
        return self._record[0].rstrip("\r\n") if self._record else ""

    def begin_record(self) -> None:
        """What was read is done with."""
        self.first += len(self._record)
        self._record.clear()

    def push_back(self, keep: int = 0) -> None:
        """Read the lines of this record again, but for the first ``keep``."""
        self._ahead.extend(reversed(self._record[keep:]))
        del self._record[keep:]
