"""The bytes of a document as text."""

from __future__ import annotations

import codecs
import re
import unicodedata

from pipeline.collect.sources.documents.document import InvalidDocument

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_META_WITHIN = 2048
_RIGHT_TO_WRONG = 4
_AS_BROWSERS_DO = {"ascii": "cp1252", "iso8859-1": "cp1252"}


def decode_document(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, its lines ended by a line feed, in NFC, and notes on how it was read.

    By its byte order mark; else as UTF-8; else by the charset that an HTML document names; else as UTF-8 without a few
    wrong bytes, or as Windows-1252, each with a note.  Raises `InvalidDocument` for what is not text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _text(_strict(data[len(mark) :], encoding)), ()
    if b"\0" in data:
        raise _binary()
    try:
        return _text(data.decode("utf-8")), ()
    except UnicodeDecodeError:
        pass
    if (named := _META_CHARSET.search(data[:_META_WITHIN])) and (charset := _known(named[1].decode("ascii"))):
        try:
            return _text(data.decode(charset)), ()
        except (UnicodeError, ValueError):
            pass
    if (mended := _nearly_utf8(data)) is not None:
        return _text(mended), ("A few of its bytes are not UTF-8; they were left out.",)
    note = "It is not UTF-8; it was read as Windows-1252. Save it as UTF-8 if letters are wrong."
    # The five bytes that Windows-1252 leaves open are C1 control characters, which cleaning drops.
    return _text("".join(map(_WINDOWS_1252.__getitem__, data))), (note,)


_WINDOWS_1252 = [bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(256)]


def _nearly_utf8(data: bytes) -> str | None:
    """The text without the bytes that are wrong, if most of its letters beyond ASCII are right as UTF-8."""
    text = data.decode("utf-8", "ignore")
    right = sum(not letter.isascii() for letter in text)
    wrong = len(data) - len(text.encode())
    return text if right > wrong * _RIGHT_TO_WRONG else None


def _binary() -> InvalidDocument:
    return InvalidDocument("It is not a text: it has NUL bytes.", mend="Save it as UTF-8 text, or move it out of here.")


def _strict(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        what = f"Its first bytes say that it is {encoding.upper()}, but it is not: {error.reason}."
        raise InvalidDocument(what, mend="Save it as UTF-8.") from error
    if "\0" in text:
        raise _binary()
    return text


def _known(charset: str) -> str | None:
    """Python's name of a charset for text, or None."""
    try:
        name = codecs.lookup(charset).name
        "".encode(name)
    except (LookupError, ValueError):
        return None
    return _AS_BROWSERS_DO.get(name, name)


def _text(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff"))
