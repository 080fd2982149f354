from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.collect.language import detect_language

GERMAN = "Die Stadt plant einen neuen Radweg am Fluss, der im Sommer fertig sein soll."
ENGLISH = "The city plans a new bike path along the river, which should open in summer."
FRENCH = "La ville prévoit une nouvelle piste cyclable le long de la rivière."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (GERMAN, "de"),
        (ENGLISH, "en"),
        (GERMAN * 20, "de"),
        (ENGLISH * 20, "en"),
        ("Marktdynamiken und Vergleich mit Wettbewerbern", "de"),
        ("Three questions for the boss", "en"),
        ("Das Update bringt Open Source, Cloud und Machine Learning in die Apps der Startups.", "de"),
    ],
)
def test_german_and_english_are_told_apart(text: str, language: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "KI", "AI", "Hallo", "12345 67890 12345 67890", "😀" * 40, "https://x.y/" * 3])
def test_too_little_text_has_no_language(text: str) -> None:
    assert detect_language(text) is None


@pytest.mark.parametrize(
    "text",
    [
        FRENCH,
        FRENCH * 20,
        "De stad plant een nieuw fietspad langs de rivier dat in de zomer klaar is. " * 10,
        "La ciudad planea un nuevo carril bici junto al río que estará listo en verano. " * 10,
        "Byen planlægger en ny cykelsti langs åen, som skal åbne til sommer. " * 10,
        "Die stad beplan 'n nuwe fietspad langs die rivier wat in die somer gereed sal wees. " * 10,
    ],
)
def test_another_language_is_not_the_nearest_candidate(text: str) -> None:
    assert detect_language(text) is None


def test_without_candidates_any_language_is_told() -> None:
    assert detect_language(FRENCH, ()) == "fr"
    assert detect_language(FRENCH, ("fr", "en")) == "fr"
    assert detect_language(GERMAN * 20, ("en", "fr")) is None


def test_an_article_in_german_or_english_needs_no_model() -> None:
    code = (
        "import sys; from pipeline.collect.language import detect_language as d; "
        f"print(d({GERMAN * 10!r}), d({ENGLISH * 10!r}), 'py3langid' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.split() == ["de", "en", "False"]
