"""A foreign picture made to fit mail: the right way up, in sRGB, as JPEG or PNG.

What comes out is made anew of pixels, so that nothing else of a foreign file (where the photograph was taken, what
hides behind it) is served under our name.  Only small animations are kept as they are.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO

from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from pipeline.collect.pictures.shrunk import Encoded, NotAPicture, Shrunk

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
"""What is read; SVG is a document with links and scripts, and no picture in the eyes of most mail clients."""

MOST_PIXELS = 50_000_000
ANIMATION_LIMIT = 1_000_000
"""How many bytes an animated GIF may have to stay as it is; of others the first frame is taken."""

_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
# PNG keeps letters and lines sharp; a photograph is many times larger in it.
_WORTH_IT = 2


def shrink(data: bytes, widths: Sequence[int], quality: int) -> Shrunk:
    """Make it as wide as each of ``widths`` where it is wider, and once as it is where it isn't.

    ``quality`` is JPEG's, 1 to 95.  The same bytes give the same sizes.  Raises `NotAPicture`.
    """
    try:
        with warnings.catch_warnings():
            # Oddities in metadata; what matters is checked below.
            warnings.simplefilter("ignore")
            return _shrink(data, sorted(set(widths)), quality)
    except NotAPicture:
        raise
    except UnidentifiedImageError as error:
        raise NotAPicture("It is none of JPEG, PNG, GIF, WebP and AVIF.") from error
    except (Image.DecompressionBombError, MemoryError) as error:
        raise NotAPicture("It has too many pixels.") from error
    # Pillow's readers raise whatever a broken file brings them to.
    except Exception as error:
        raise NotAPicture(f"It can't be read: {str(error) or type(error).__name__}.") from error


def _shrink(data: bytes, widths: Sequence[int], quality: int) -> Shrunk:
    with Image.open(BytesIO(data), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise NotAPicture(f"It has {opened.width:,} × {opened.height:,} pixels; {MOST_PIXELS:,} are read at most.")
        kind, animated = opened.format or "", bool(getattr(opened, "is_animated", False))
        if kind == "GIF" and animated and len(data) <= ANIMATION_LIMIT and opened.width <= widths[-1]:
            opened.load()
            return Shrunk(opened.width, opened.height, (Encoded(opened.width, opened.height, "gif", data),))
        upright = _is_upright(opened)
        natural = opened.size if upright else opened.size[::-1]
        if kind == "JPEG":
            # It decodes to a fraction: a large photograph then takes a fraction of the memory.
            wanted = (widths[-1], max(1, natural[1] * widths[-1] // natural[0]))
            opened.draft(None, wanted if upright else wanted[::-1])
        opened.load()
        picture = _plain(ImageOps.exif_transpose(opened))
    lossless = kind in ("PNG", "GIF")
    targets = [width for width in widths if width < natural[0]]
    if len(targets) < len(widths):
        targets.append(natural[0])
    return Shrunk(*natural, tuple(_encoded(picture, width, natural, quality, lossless=lossless) for width in targets))


def _is_upright(picture: ImageFile.ImageFile) -> bool:
    """Whether its rows are rows when it is looked at (EXIF orientations 5 to 8 lie on their side)."""
    with suppress(Exception):  # metadata that can't be read turns nothing
        return picture.getexif().get(0x0112, 1) not in (5, 6, 7, 8)
    return True


def _plain(picture: Image.Image) -> Image.Image:
    """In RGB (sRGB), or RGBA where some of it is transparent."""
    if picture.mode in _SIXTEEN_BITS:
        picture = _eight_bits(picture)
    transparent = picture.has_transparency_data
    profile = picture.info.get("icc_profile")
    if profile and not transparent and picture.mode in ("RGB", "CMYK", "L"):
        with suppress(Exception):  # a broken profile: the numbers are taken as they are
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
    if not transparent:
        return picture.convert("RGB")
    converted = picture.convert("RGBA")
    lowest, _ = converted.getchannel("A").getextrema()
    return converted if lowest != 255 else converted.convert("RGB")  # noqa: PLR2004 - opaque after all


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow would cut off what is above 255."""
    if picture.mode == "F":
        return picture.convert("L")
    return picture.convert("I").point(lambda value: value / 256).convert("L")


def _encoded(picture: Image.Image, width: int, natural: tuple[int, int], quality: int, *, lossless: bool) -> Encoded:
    height = max(1, round(natural[1] * width / natural[0]))
    sized = picture if picture.size == (width, height) else picture.resize((width, height), Image.Resampling.LANCZOS)
    if sized.mode == "RGBA":
        return Encoded(width, height, "png", _bytes(sized, "PNG"))
    photograph = _bytes(sized, "JPEG", quality=quality, optimize=True, progressive=True)
    # To look for the smallest PNG takes a photograph seconds, and it isn't one that stays a PNG.
    if lossless and len(_bytes(sized, "PNG")) <= _WORTH_IT * len(photograph):
        return Encoded(width, height, "png", _bytes(sized, "PNG", optimize=True))
    return Encoded(width, height, "jpg", photograph)


def _bytes(picture: Image.Image, kind: str, **options: object) -> bytes:
    # A copy without what the original says about itself.
    picture.info.clear()
    written = BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()
