"""Colours as ``#rrggbb``, and whether one can be read on another (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

READABLE = 4.5
"""The contrast that text needs."""

_STEPS = 100


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lightened(colour: str, ground: str) -> str:
    """The colour, mixed with as little white as makes it readable on a dark ground."""
    for step in range(_STEPS + 1):
        mixed = "#" + "".join(f"{round(one + (255 - one) * step / _STEPS):02x}" for one in _channels(colour))
        if contrast(mixed, ground) >= READABLE:
            return mixed
    return "#ffffff"


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 -- sRGB
        for value in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
