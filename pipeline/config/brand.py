"""[brand]: how mail looks.  A newsletter may differ in some of it: [newsletters.brand]."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from pipeline.config.colours import Colour
from pipeline.config.mistake import mistake
from pipeline.config.table import Table
from pipeline.config.values import Frozen, Text, Url
from pipeline.domain.colour import READABLE, contrast, lightened

SHEET = "#ffffff"
"""What articles stand on, in light and in dark; templates/email/style.css and dark.css have the same."""
SHEET_DARK = "#1b1e22"
INK = "#5c6570"
"""The faintest text around the sheet, in light and in dark."""
INK_DARK = "#a3abb4"

# A font's name can't end the declaration it stands in.
_FONTS = re.compile(r"[\w ,'\-]+")


def _fonts(value: str) -> str:
    if not _FONTS.fullmatch(value):
        raise mistake("can't be a list of fonts.", "Write names with commas between, in '…' where they have a space.")
    return value


def _readable(other: str, on: str, mend: str) -> Callable[[str | None], str | None]:
    """A colour must have a contrast of 4.5 with that other one."""

    def check(chosen: str | None) -> str | None:
        if chosen and (found := contrast(chosen, other)) < READABLE:
            raise mistake(f"{chosen} has a contrast of {found:.1f} with {on}: it needs 4.5 to be read.", mend)
        return chosen

    return check


Fonts = Annotated[Text, AfterValidator(_fonts)]


class Logo(Table):
    """[brand.logo]: a picture that stands for the publication."""

    url: Url
    """The address of the picture (PNG or JPEG; Outlook and Gmail show no SVG)."""

    width: Annotated[int, Field(ge=1, le=536)]
    """Its width in pixels as it is shown; the file best has twice as many."""

    height: Annotated[int, Field(ge=1, le=400)]
    """Its height in pixels as it is shown."""

    alt: str = ""
    """What stands in its place where pictures aren't shown; if absent, the title of the newsletter."""

    url_dark: Url | None = None
    """The address of another picture of the same size, for readers whose screen is dark."""


class Brand(Table):
    """[brand]: how mail looks, and what its foot says."""

    accent: Annotated[Colour, AfterValidator(_readable(SHEET, "white", "Take a darker one."))] = "#0b57d0"
    """The colour of links and buttons; it needs a contrast of 4.5 with white."""

    accent_dark: Annotated[
        Colour | None, AfterValidator(_readable(SHEET_DARK, "the dark sheet, #1b1e22", "Take a lighter one, or none."))
    ] = None
    """The same for readers whose screen is dark; if absent, `accent` made light enough."""

    background: Annotated[Colour, AfterValidator(_readable(INK, "the foot's grey, #5c6570", "Take a lighter one."))] = (
        "#f3f4f2"
    )
    """The ground around the sheet."""

    background_dark: Annotated[
        Colour, AfterValidator(_readable(INK_DARK, "the foot's grey, #a3abb4", "Take a darker one."))
    ] = "#101214"
    """The same for readers whose screen is dark."""

    fonts: Fonts = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
    """The fonts of texts, as CSS lists them; mail clients have only those of their system."""

    heading_fonts: Fonts | None = None
    """The fonts of titles and headings; if absent, `fonts`."""

    logo: Logo | None = None
    """The picture at the top; one about as wide as high stands beside the title, a wider one instead of it."""

    footer: str = ""
    """A text at the foot; each line is a paragraph."""

    postal_address: str = ""
    """Where the publisher lives: the law of many countries wants it in every newsletter."""

    social: Annotated[Mapping[Text, Url], *Frozen] = Field(default_factory=dict)
    """Links at the foot, by what they are called: `Mastodon = "https://…"`."""

    @property
    def on_dark(self) -> str:
        """The accent on a dark ground."""
        return self.accent_dark or lightened(self.accent, SHEET_DARK)
