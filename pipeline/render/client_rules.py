"""HTML and CSS that widely used mail clients drop, with the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_CAN = "https://www.caniemail.com/features/"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is dropped, by which clients, and the page that shows it."""

    what: str
    clients: str
    evidence: str


_ELEMENTS: Mapping[str, Rule] = {
    "svg": Rule("<svg>", "Gmail, Outlook and Yahoo", f"{_CAN}html-svg/"),
    "video": Rule("<video>", "Gmail and Outlook for Windows", f"{_CAN}html-video/"),
    "audio": Rule("<audio>", "Gmail, Outlook and Yahoo", f"{_CAN}html-audio/"),
    "form": Rule("<form>", "Outlook for Windows and WEB.DE", f"{_CAN}html-form/"),
    "object": Rule("<object>", "Gmail, Outlook and Yahoo", f"{_CAN}html-object/"),
    "link": Rule("<link>", "Gmail, Yahoo and Thunderbird", f"{_CAN}html-link/"),
    "dialog": Rule("<dialog>", "Gmail and Outlook", f"{_CAN}html-dialog/"),
}
_PICTURES: Mapping[str, Rule] = {
    ".svg": Rule("An SVG picture", "Gmail and Outlook for Windows", f"{_CAN}image-svg/"),
    ".webp": Rule("A WebP picture", "Outlook for Windows", f"{_CAN}image-webp/"),
    ".avif": Rule("An AVIF picture", "Outlook for Windows and GMX", f"{_CAN}image-avif/"),
}
_STYLES: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern), Rule(what, clients, f"{_CAN}{page}/"))
    for pattern, what, clients, page in (
        (r"(?:^|;)\s*position\s*:", "`position`", "Gmail and Outlook for Windows", "css-position"),
        (r"display\s*:\s*(?:inline-)?flex", "`display: flex`", "Outlook for Windows and GMX", "css-display-flex"),
        (r"display\s*:\s*(?:inline-)?grid", "`display: grid`", "Outlook for Windows and GMX", "css-display-grid"),
        (r"background(?:-image)?\s*:[^;]*url\(", "A background picture", "Outlook for Windows", "css-background-image"),
        (r"var\(\s*--", "`var()`", "Outlook and Gmail", "css-variables"),
        (r"calc\(", "`calc()`", "Outlook", "css-unit-calc"),
        (r"(?:^|;)\s*(?:animation|transition)[a-z-]*\s*:", "Animation", "Gmail and Outlook", "css-animation"),
        (r"(?:^|;)\s*object-fit\s*:", "`object-fit`", "Outlook for Windows and AOL", "css-object-fit"),
    )
)
_SUSPECT = re.compile(r"position|flex|grid|url\(|var\(|calc\(|animation|transition|object-fit")


def dropped_element(tag: str) -> Rule | None:
    return _ELEMENTS.get(tag)


def dropped_picture(address: str) -> Rule | None:
    path = address.partition("?")[0].lower()
    return next((rule for ending, rule in _PICTURES.items() if path.endswith(ending)), None)


def dropped_styles(style: str) -> Iterator[Rule]:
    if _SUSPECT.search(style):
        yield from (rule for pattern, rule in _STYLES if pattern.search(style))
