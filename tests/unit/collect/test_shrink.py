"""Foreign pictures, made to fit mail."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageFile

from pipeline.collect.pictures.isolated import shrink_isolated
from pipeline.collect.pictures.shrink import ANIMATION_LIMIT, shrink
from pipeline.collect.pictures.shrunk import Encoded, NotAPicture, Shrunk
from tests.fakes.pictures import animation, bomb, drawing, encoded, jpeg, photograph, translucent

WIDTHS = (720, 1072)


def made(data: bytes) -> Shrunk:
    return shrink(data, WIDTHS, 80)


def opened(one: Encoded) -> ImageFile.ImageFile:
    picture = Image.open(BytesIO(one.data))
    picture.load()
    assert picture.size == (one.width, one.height)
    return picture


def pixels(found: Shrunk) -> list[tuple[int, int, str]]:
    return [(one.width, one.height, one.ending) for one in found.sizes]


def shade(picture: Image.Image, x: float, y: float) -> tuple[int, int, int]:
    """The mean colour around a point, given as parts of width and height."""
    where = picture.convert("RGB").resize((8, 8), Image.Resampling.BOX)
    found = where.getpixel((int(x * 8), int(y * 8)))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def test_a_photograph_is_made_in_each_width_and_smaller_than_it_was() -> None:
    original = jpeg(3200, 2400)
    found = made(original)
    assert (found.width, found.height) == (3200, 2400)
    assert pixels(found) == [(720, 540, "jpg"), (1072, 804, "jpg")]
    assert all(opened(one).format == "JPEG" for one in found.sizes)
    assert len(found.sizes[-1].data) < len(original) / 2


def test_what_is_not_wider_than_wanted_keeps_its_pixels() -> None:
    assert pixels(made(jpeg(500, 300))) == [(500, 300, "jpg")]
    assert pixels(made(jpeg(900, 300))) == [(720, 240, "jpg"), (900, 300, "jpg")]
    assert pixels(made(jpeg(1072, 300))) == [(720, 201, "jpg"), (1072, 300, "jpg")]


def test_the_same_bytes_give_the_same_copies() -> None:
    assert made(jpeg()) == made(jpeg())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_each_format_that_sources_have_becomes_one_that_every_mail_client_shows(kind: str) -> None:
    found = made(encoded(photograph(1200, 900), kind))
    assert {opened(one).format for one in found.sizes} <= {"JPEG", "PNG"}


def test_a_drawing_stays_sharp_and_a_photograph_in_png_gets_small() -> None:
    assert {one.ending for one in made(encoded(drawing(), "PNG")).sizes} == {"png"}
    assert {one.ending for one in made(encoded(photograph(), "PNG")).sizes} == {"jpg"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_from_a_telephone_is_the_right_way_up(orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = photograph(2000, 1000)
    stored = upright.transpose(turns[orientation]) if orientation in turns else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = made(encoded(stored, "JPEG", quality=95, exif=exif))
    assert (found.width, found.height) == (2000, 1000)
    assert pixels(found) == [(720, 360, "jpg"), (1072, 536, "jpg")]
    for corner in ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)):
        expected, got = shade(upright, *corner), shade(opened(found.sizes[0]), *corner)
        assert all(abs(one - other) < 25 for one, other in zip(expected, got, strict=True)), corner


def test_what_a_camera_says_about_itself_is_gone() -> None:
    original = jpeg(orientation=6)
    assert b"Secret Camera" in original
    for one in made(original).sizes:
        assert b"Secret" not in one.data
        assert not opened(one).getexif()


def test_colours_for_print_become_colours_for_screens() -> None:
    red = Image.new("CMYK", (1200, 400), (0, 255, 255, 0))
    found = opened(made(encoded(red, "JPEG")).sizes[0])
    assert found.mode == "RGB"
    assert shade(found, 0.5, 0.5)[0] > 200
    assert shade(found, 0.5, 0.5)[1] < 60


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "GIF"])
def test_what_is_transparent_stays_so(kind: str) -> None:
    found = made(encoded(translucent(), kind))
    picture = opened(found.sizes[0]).convert("RGBA")
    assert {one.ending for one in found.sizes} == {"png"}
    assert picture.getpixel((2, 2))[3] == 0  # type: ignore[index]
    assert picture.getpixel((picture.width // 2, picture.height // 2))[3] > 250  # type: ignore[index,operator]


def test_transparency_that_nothing_uses_makes_no_large_file() -> None:
    assert {one.ending for one in made(encoded(photograph(mode="RGBA"), "WEBP")).sizes} == {"jpg"}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBX", "CMYK", "YCbCr"])
def test_every_kind_of_pixels_is_understood(mode: str) -> None:
    kind = "PNG" if mode in ("1", "L", "LA", "P", "I;16") else "JPEG"
    if mode == "I;16":
        picture = photograph(900, 600, "L").convert("I").point(lambda value: value * 256).convert("I;16")
    else:
        picture = photograph(900, 600, mode)
    found = opened(made(encoded(picture, kind)).sizes[-1]).convert("L")
    lower, upper = shade(found, 0.8, 0.8)[0], shade(found, 0.8, 0.2)[0]
    assert 60 < lower < 200
    assert upper < lower


def test_a_small_animation_goes_on_moving() -> None:
    original = animation(20)
    found = made(original)
    assert [one.data for one in found.sizes] == [original]
    assert pixels(found) == [(200, 100, "gif")]


def test_of_a_large_animation_the_first_frame_is_taken() -> None:
    original = animation(500, 100, 60) + bytes(ANIMATION_LIMIT)
    found = made(original)
    assert [one.ending for one in found.sizes] == ["png"]
    assert not getattr(opened(found.sizes[0]), "is_animated", False)


def test_of_an_animation_that_few_clients_know_the_first_frame_is_taken() -> None:
    assert {one.ending for one in made(animation(5, kind="WEBP")).sizes} <= {"png", "jpg"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("nothing", b""),
        ("a page", b"<!DOCTYPE html><title>404</title>"),
        ("a drawing with links", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
        ("a truncated photograph", jpeg()[:20_000]),
        ("a truncated drawing", encoded(photograph(), "PNG")[:20_000]),
        ("only a header", encoded(photograph(), "WEBP")[:40]),
        ("another format's name", b"GIF89a" + jpeg()[6:]),
        ("a format that is not read", encoded(photograph(64, 64), "TIFF")),
        ("a bomb", bomb()),
        ("a bomb that is just read by default", bomb(10_000, 9_000)),
    ],
)
@pytest.mark.parametrize("way", [shrink, shrink_isolated])
def test_what_is_no_picture_is_refused_with_the_reason(way: object, name: str, data: bytes) -> None:
    with pytest.raises(NotAPicture) as refused:
        way(data, WIDTHS, 80)  # type: ignore[operator]
    assert str(refused.value).endswith(".")
    assert "Traceback" not in str(refused.value)


def test_a_process_of_its_own_makes_the_same() -> None:
    data = jpeg()
    assert shrink_isolated(data, WIDTHS, 80) == made(data)


def test_that_process_has_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILGUN_API_KEY", "secret")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert shrink_isolated(jpeg(), WIDTHS, 80).width == 1600
