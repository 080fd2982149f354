from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config, load
from pipeline.domain.colour import READABLE, contrast
from pipeline.errors import ConfigError

SITE = '[site]\ntitle = "T"\nurl = "https://news.example.org"\n'
LETTER = '[[newsletters]]\nname = "n"\ntitle = "N"\nfrom = "n@news.example.org"\ncadences = { immediate = true }\n'


def read(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, {})


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return [str(problem).partition("config.toml:")[2] for problem in caught.value.problems]


def test_without_a_brand_there_is_one(tmp_path: Path) -> None:
    brand = read(tmp_path, SITE + LETTER).newsletters[0].brand
    assert contrast(brand.accent, "#ffffff") >= READABLE
    assert contrast(brand.on_dark, "#1b1e22") >= READABLE


@pytest.mark.parametrize("accent", ["#000000", "#0b57d0", "#b91c1c", "#14532d", "#4a044e"])
def test_an_accent_is_made_light_enough_for_a_dark_screen(tmp_path: Path, accent: str) -> None:
    brand = read(tmp_path, f'{SITE}[brand]\naccent = "{accent.upper()}"').brand
    assert brand.accent == accent
    assert READABLE <= contrast(brand.on_dark, "#1b1e22") < READABLE + 0.5


def test_colours_that_cannot_be_read_are_named_with_their_contrast(tmp_path: Path) -> None:
    colours = {"accent": "#fa0", "accent_dark": "#333333", "background": "#888888", "background_dark": "#777777"}
    text = "\n".join(f'{key} = "{colour}"' for key, colour in colours.items())
    found = mistakes(tmp_path, f"{SITE}[brand]\n{text}\n")
    assert [one.partition(": it needs 4.5")[0] for one in found] == [
        "5 brand.accent: #ffaa00 has a contrast of 1.9 with white",
        "6 brand.accent_dark: #333333 has a contrast of 1.3 with the dark sheet, #1b1e22",
        "7 brand.background: #888888 has a contrast of 1.7 with the foot's grey, #5c6570",
        "8 brand.background_dark: #777777 has a contrast of 1.9 with the foot's grey, #a3abb4",
    ]
    assert found[0].endswith("it needs 4.5 to be read. Take a darker one.")


def test_mistakes_in_a_brand_are_said_once_and_where_they_are(tmp_path: Path) -> None:
    brand = '[brand]\naccent = "red"\nfonts = "x; } body {"\n'
    logo = '[brand.logo]\nurl = "https://a.example/l.png"\nwidht = 4\nheight = 4\n'
    text = SITE + brand + logo + LETTER
    assert mistakes(tmp_path, text) == [
        '5 brand.accent: "red" is no colour. Write # and six digits from 0 to f, for example `#0b57d0`.',
        "6 brand.fonts: can't be a list of fonts. Write names with commas between, in '…' where they have a space.",
        "7 brand.logo.width: is missing.",
        "9 brand.logo.widht: There is no key `widht` here. Did you mean `width`?",
    ]


def test_a_newsletters_own_mistake_is_said_at_the_newsletter(tmp_path: Path) -> None:
    text = f'{SITE}[brand]\nfooter = "F"\n{LETTER}[newsletters.brand]\nacent = "#000"\n'
    (found,) = mistakes(tmp_path, text)
    assert found == "12 newsletters[0].brand.acent: There is no key `acent` here. Did you mean `accent`?"


def test_codes_of_preflight_are_known(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, f'{SITE}[preflight]\nignore = ["alt-misssing"]')
    assert found.endswith('preflight.ignore[0]: "alt-misssing" can\'t be. Did you mean `alt-missing`?')
