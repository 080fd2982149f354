"""Pictures as sources have them, well made and hostile."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from random import Random
from typing import Any

from PIL import Image, ImageDraw

ORIENTATION = 0x0112


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    written = BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def photograph(width: int = 1600, height: int = 1200, mode: str = "RGB") -> Image.Image:
    """Something with as many shades as a photograph; its left half is redder, its upper half darker."""
    grain = (max(1, width // 8), max(1, height // 8))
    noise = Random(1).randbytes(grain[0] * grain[1])
    shades = Image.frombytes("L", grain, noise).point(lambda value: value // 3 + 90)
    picture = shades.convert("RGB").resize((width, height))
    left = Image.new("RGB", (width // 2, height), (200, 40, 40))
    picture.paste(Image.blend(picture.crop((0, 0, width // 2, height)), left, 0.7), (0, 0))
    upper = Image.new("RGB", (width, height // 2), (0, 0, 0))
    picture.paste(Image.blend(picture.crop((0, 0, width, height // 2)), upper, 0.6), (0, 0))
    return picture.convert(mode)


def jpeg(width: int = 1600, height: int = 1200, *, mode: str = "RGB", orientation: int = 1, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "Secret Camera 3000"
    return encoded(photograph(width, height, mode), "JPEG", quality=90, exif=exif, **options)


def drawing(width: int = 1600, height: int = 800) -> Image.Image:
    """Lines and letters on white."""
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    for x in range(0, width, 40):
        draw.line((x, 0, x // 2, height), fill="black", width=2)
    draw.text((20, 20), "Umsatz 2026", fill="navy")
    return picture


def translucent(width: int = 1200, height: int = 600) -> Image.Image:
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((100, 100, width - 100, height - 100), fill=(10, 90, 200, 255))
    return picture


def animation(frames: int = 10, width: int = 200, height: int = 100, kind: str = "GIF") -> bytes:
    pictures = [Image.new("P", (width, height), number % 256) for number in range(frames)]
    for number, picture in enumerate(pictures):
        picture.putpalette([value for shade in range(256) for value in (shade, (shade * 7) % 256, 120)])
        picture.putpixel((number % width, 0), 255)
    if kind == "GIF":
        return encoded(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=40, loop=0)
    colourful: Sequence[Image.Image] = [one.convert("RGB") for one in pictures]
    return encoded(colourful[0], kind, save_all=True, append_images=colourful[1:], duration=40)


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few kilobytes that says it has billions of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(3_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
