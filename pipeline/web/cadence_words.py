"""Cadences as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.catalogues import Words

_ = str  # marks words for the catalogue

_LABELS: Mapping[str, str] = {
    "immediate": _("As soon as there is something new"),
    "hourly": _("Hourly"),
    "daily": _("Daily"),
    "weekdays": _("On weekdays"),
    "weekly": _("Weekly"),
    "biweekly": _("Every two weeks"),
    "monthly": _("Monthly"),
    "quarterly": _("Every three months"),
}


def cadence_label(words: Words, cadence: str) -> str:
    """What a cadence is called; one of the operator's own naming by that name, or as their catalogue translates it."""
    name = _LABELS.get(cadence)
    return words.gettext(name) if name else words.gettext(cadence.replace("-", " ").replace("_", " ").capitalize())


def cadence_labels(words: Words, cadences: Iterable[str]) -> dict[str, str]:
    return {cadence: cadence_label(words, cadence) for cadence in cadences}
