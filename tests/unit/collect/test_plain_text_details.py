"""The rules of docs/plain-text.md one by one, and what must hold for any text."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.collect.clean import plain_text
from pipeline.collect.sources.documents.assemble import Defaults
from pipeline.collect.sources.documents.dateline import Dateline, read_dateline
from pipeline.collect.sources.documents.document import InvalidDocument
from pipeline.collect.sources.documents.headline import kicker_topics, looks_like_heading
from pipeline.collect.sources.documents.picture_description import describes_picture
from pipeline.collect.sources.documents.plain_text import parse_plain_text
from pipeline.collect.sources.documents.read import read_document
from pipeline.collect.sources.documents.trailer import split_trailer

PARAGRAPHS = Path(__file__).parents[2] / "data" / "documents" / "paragraphs"
LEAD = "Es beginnt mit einem Satz. Dann folgt ein zweiter, der etwas mehr verrät. So ist es mit Anfängen."
DEFAULTS = Defaults(timezone=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize("paragraph", (PARAGRAPHS / "picture_descriptions.txt").read_text("utf-8").splitlines())
def test_a_scene_in_one_sentence_above_a_lead_is_a_picture_description(paragraph: str) -> None:
    assert describes_picture(paragraph, LEAD)


@pytest.mark.parametrize("paragraph", (PARAGRAPHS / "leads.txt").read_text("utf-8").splitlines())
def test_the_first_sentence_of_an_article_is_none(paragraph: str) -> None:
    assert not describes_picture(paragraph, LEAD)


def test_a_description_needs_a_paragraph_below_it() -> None:
    assert not describes_picture("Ein Hund sitzt im Hintergrund vor einem roten Haus im hellen Licht.", "")


@pytest.mark.parametrize(
    "line",
    [
        "Wie geht es weiter?",
        "Jetzt handeln!",
        "Fazit: KI als neue Säule",
        "Was Meta (noch) braucht",
        "Schneller. Höher. Weiter",
        "„Meta AI Stack“ im Überblick",
        "2026",
        "1. Die Ausgangslage",
        "A bet on cold water",
    ],
)
def test_a_short_line_that_is_no_finished_sentence_looks_like_a_heading(line: str) -> None:
    assert looks_like_heading(line)


@pytest.mark.parametrize(
    "line",
    [
        "Ja.",
        "So weit, so gut.",
        "Drei Punkte sind wichtig:",
        "„Das war mein Fehler!“",
        "„Wir stehen erst am Anfang“",
        "Und dann kam …",
        "https://example.org/quelle",
        "Kontakt: presse@example.org",
        "Foto: Anna Beispiel",
        "Berlin, 12. Januar 2026",
        "– Anna Beispiel",
        "***",
        "Glauben Sie wirklich, dass sich daran in den nächsten Jahren noch irgendetwas ändern wird?",
        "ein Satz " * 20,
    ],
)
def test_other_lines_do_not(line: str) -> None:
    assert not looks_like_heading(line)


@pytest.mark.parametrize(
    ("line", "topics"),
    [
        ("Künstliche Intelligenz", ("Künstliche Intelligenz",)),
        ("Künstliche Intelligenz, Wirtschaft", ("Künstliche Intelligenz", "Wirtschaft")),
        ("KI & Robotik", ("KI & Robotik",)),
        ("AI | Economy | Society", ("AI", "Economy", "Society")),
        ("Politik / Europa", ("Politik", "Europa")),
        ("AC/DC", ("AC/DC",)),
        ("Recht und Gesellschaft", ("Recht und Gesellschaft",)),
        ("Der letzte Toner", ()),
        ("Was nun?", ()),
        ("Metas KI-Zukunft: ein Plan", ()),
        ("Roboter lernen endlich laufen", ()),
    ],
)
def test_a_kicker_is_one_or_more_labels(line: str, topics: tuple[str, ...]) -> None:
    assert kicker_topics(line) == topics


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Von Anna Beispiel", Dateline(authors=("Anna Beispiel",))),
        ("By Jane Doe and John Q. Sample", Dateline(authors=("Jane Doe", "John Q. Sample"))),
        ("By Jane Doe, Staff Writer", Dateline(authors=("Jane Doe",))),
        ("Autorin: Erika Muster", Dateline(authors=("Erika Muster",))),
        ("12. Januar 2026", Dateline(published="12. Januar 2026")),
        ("January 12, 2026", Dateline(published="January 12, 2026")),
        ("Montag, 12.1.2026", Dateline(published="12.1.2026")),
        ("Published on 2026-01-12", Dateline(published="2026-01-12")),
        (
            "Von Anna Beispiel am 12. Januar 2026 um 14:30 Uhr",
            Dateline(authors=("Anna Beispiel",), published="12. Januar 2026 14:30 Uhr"),
        ),
        ("12. Januar 2026 von Anna Beispiel", Dateline(authors=("Anna Beispiel",), published="12. Januar 2026")),
        (
            "January 12, 2026 | Updated: January 13, 2026",
            Dateline(published="January 12, 2026", updated="January 13, 2026"),
        ),
        ("Lesezeit: 5 Minuten", Dateline()),
    ],
)
def test_a_byline_or_date_line_says_who_and_when(line: str, said: Dateline) -> None:
    assert read_dateline(line) == said


@pytest.mark.parametrize(
    "line",
    [
        "Von Mensch und Maschine",
        "Von Berlin lernen",
        "Von Kopf bis Fuß",
        "By design",
        "Die Wahl am 12. Januar 2026",
        "Was sich am 1. Januar 2026 ändert",
        "2026",
    ],
)
def test_a_title_is_no_byline(line: str) -> None:
    assert read_dateline(line) is None


@pytest.mark.parametrize(
    "prompt",
    [
        "Schreibe einen Kommentar",
        "Kommentar verfassen",
        "Antwort hinterlassen",
        "Kommentare",
        "3 Kommentare",
        "Leave a comment",
        "Leave a Reply",
        "Comments (0)",
        "Share this:",
        "Diesen Beitrag teilen",
        "Jetzt Newsletter abonnieren!",
        "Subscribe to our weekly newsletter",
        "Wir verwenden Cookies, um Ihnen das beste Erlebnis zu bieten.",
        "Du musst angemeldet sein, um einen Kommentar abzugeben.",
    ],
)
def test_a_prompt_at_the_end_is_dropped_and_inside_it_is_not(prompt: str) -> None:
    assert split_trailer(["Titel", "", "Ein Text.", "", prompt, ""]) == (["Titel", "", "Ein Text."], (prompt,))
    assert split_trailer([prompt, "", "Ein Text."]) == ([prompt, "", "Ein Text."], ())


@pytest.mark.parametrize(
    "last",
    [
        "Diskutieren Sie mit unserer Community: Chance? Nutzen Sie die Kommentare, um Ihre Perspektive zu teilen!",
        "Teilen Sie Ihre Meinung.",
        "Share the load.",
        "Facebook",
        "Die Kommentare zum Urteil fielen scharf aus.",
    ],
)
def test_a_last_line_with_something_to_say_stays(last: str) -> None:
    lines = ["Titel", "", "Ein Text.", "", last]
    assert split_trailer(lines) == (lines, ())


def test_the_end_of_a_wrapped_sentence_is_no_prompt() -> None:
    lines = ["Titel", "", "Am meisten Arbeit machen der Redaktion auch in diesem Jahr die", "Kommentare"]
    assert split_trailer(lines) == (lines, ())


TITLED = "KI\n\nAlter Titel: so hieß er\n\nEin Lead mit Sätzen. Noch einer davon.\n\nTeil\n\nText hier."


def test_a_sidecar_replaces_the_title_of_the_text() -> None:
    document = parse_plain_text(TITLED.removeprefix("KI\n\n"), {"title": "Neu"}, replaces_title=True)
    assert "Alter Titel" not in document.html


def test_front_matter_with_a_title_stands_above_a_text_without_one() -> None:
    document = parse_plain_text("Einleitung\n\nText, der bleibt.", {"title": "Neu"}, replaces_title=False)
    assert document.html == "<h2>Einleitung</h2>\n<p>Text, der bleibt.</p>"


def test_front_matter_above_a_whole_article_replaces_its_title() -> None:
    document = parse_plain_text(TITLED, {"title": "Neu"}, replaces_title=False)
    assert document.html.startswith("<p>Ein Lead")
    assert document.found["topics"] == ("KI",)
    assert document.dropped == ("Alter Titel: so hieß er",)


SCENE = "Titel des Artikels\n\nEin Hund sitzt vor einem roten Haus im hellen Licht.\n\nDer Lead. Er hat zwei Sätze.\n"


def test_a_picture_description_can_be_turned_off_and_on() -> None:
    assert parse_plain_text(SCENE).found["picture"].alt.startswith("Ein Hund")  # type: ignore[union-attr]
    assert "Ein Hund" in parse_plain_text(SCENE, {"picture_description": False}).html
    plain = SCENE.replace("Ein Hund sitzt vor einem roten Haus im hellen Licht", "Der Minister will sparen")
    assert "Der Minister" in parse_plain_text(plain).html
    assert "Der Minister" not in parse_plain_text(plain, {"picture_description": True}).html
    assert "Der Minister" not in parse_plain_text(plain, {"picture_description": "Der Minister will sparen."}).html


def test_numbers_keep_their_values_in_lists() -> None:
    html = parse_plain_text("Titel\n\nEin Text.\n\n3. drei\n4. vier\n7. sieben\n8. acht").html
    assert '<ol start="3"><li>drei</li><li>vier</li><li value="7">sieben</li><li>acht</li></ol>' in html


def test_a_number_or_a_dash_alone_is_no_list() -> None:
    html = parse_plain_text("Titel\n\nEin Text.\n\n12. Januar war der Tag.\n\n– sagte er.").html
    assert "<li>" not in html
    assert "12. Januar war" in html


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


LINES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "",
            "",
            "",
            " ",
            "Künstliche Intelligenz",
            "KI, Wirtschaft",
            "Ein Titel: mit Zusatz",
            "Wie weiter?",
            "Von Anna Beispiel",
            "12. Januar 2026",
            "Foto: dpa",
            "Ein Hund sitzt vor einem roten Haus im hellen Licht.",
            "Das ist ein Absatz. Er hat zwei Sätze, und der zweite ist so lang, dass er über zwei Zeilen geht",
            "  • Punkt: Text",
            "- Punkt",
            "    - tiefer",
            "1. eins",
            "2. zwei",
            "***",
            "Tags: A, B",
            "https://example.org/x",
            "Schreibe einen Kommentar",
            "Teilen",
            "X",
        ]
    ),
)


@given(st.lists(LINES, max_size=14).map("\n".join))
@settings(max_examples=300, deadline=None)
def test_no_word_of_any_text_is_lost(text: str) -> None:
    document = parse_plain_text(text)
    found = document.found
    picture = found.get("picture")
    kept = " ".join(
        [
            found.get("title", ""),
            *found.get("topics", ()),
            picture.alt if picture else "",
            plain_text(document.html),
            *document.dropped,
        ]
    )
    # Numbers of lists become their markup.
    markers = {word for line in text.splitlines() for word in words(line)[:1] if word.isdigit()}
    cleaned = plain_text(f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>")
    assert (
        set(words(cleaned)) - set(words(plain_text(f"<p>{kept.replace('&', '&amp;').replace('<', '&lt;')}</p>")))
        <= markers
    )


@given(
    st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)),
    st.sampled_from(["a.txt", "a.md", "a.html"]),
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_an_article_or_a_problem(data: bytes, name: str) -> None:
    problem = None
    read = None
    try:
        read = read_document(name, data, None, DEFAULTS)
    except InvalidDocument as error:
        problem = error.problem
    assert (problem and problem.what and problem.mend) or (read and read[0].title)
