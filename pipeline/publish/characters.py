"""Which characters may stand in a published document."""

from __future__ import annotations

import re

# All but what XML 1.0 (2.2) forbids, and what it and HTML discourage: C1 controls and noncharacters.  A run of what is
# allowed is matched in half the time of a search for what is not.
_ALLOWED = r"\t\n -~\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff"
_PRINTABLE = re.compile(f"[{_ALLOWED}]*+")
_FORBIDDEN = re.compile(f"[^{_ALLOWED}]+")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def printable(text: str) -> str:
    """The text without characters that no XML or HTML document may carry, with Unix line ends."""
    if _PRINTABLE.fullmatch(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("", text)


def one_line(text: str) -> str:
    """The printable text with its white space collapsed."""
    if text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:
        return text  # as most are: of white space only single spaces are printable to Python
    return " ".join(printable(text).split())


def label(text: str) -> str:
    """One line for what formats have no markup for: a name, a topic, a description of a picture.

    Where there are whole elements in it, they were meant as HTML, and their tags are left out; `a < b` stays.
    """
    line = one_line(text)
    return " ".join(_TAG.sub("", line).split()) if "</" in line else line
