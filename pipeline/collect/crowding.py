"""HTML elements with thousands of attributes, for which libxml2 takes quadratic time while it builds a tree."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

MOST_ATTRIBUTES = 1_000
_SMALL = 20_000
"""So many characters are read in milliseconds, whatever stands in them."""


class _CrowdedError(Exception):
    """There is one."""


class _Counter:
    """A target that keeps nothing: libxml2's tokeniser alone is linear."""

    def start(self, tag: str, attrib: Mapping[str, str]) -> None:  # noqa: ARG002 - as lxml calls it
        if len(attrib) > MOST_ATTRIBUTES:
            raise _CrowdedError

    def close(self) -> None:
        pass


def is_crowded(markup: str | bytes) -> bool:
    """Whether an element of this HTML has more than `MOST_ATTRIBUTES`: a tree must not be made of it."""
    if len(markup) <= _SMALL:
        return False
    # The stubs want more of a target than lxml calls.
    parser = etree.HTMLParser(target=_Counter(), encoding="utf-8", no_network=True)  # type: ignore[arg-type]
    try:
        etree.fromstring(markup.encode("utf-8", "replace") if isinstance(markup, str) else markup, parser)
    except _CrowdedError:
        return True
    except (etree.XMLSyntaxError, ValueError):
        pass
    return False
