from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.teaser import make_teaser, sentence_ends


def test_the_first_real_paragraph_is_the_teaser() -> None:
    html = (
        "<h2>Vorab</h2><figure><img><figcaption>Ein Bild</figcaption></figure><p>Kurz.</p>"
        "<p>Das ist der <b>erste</b> richtige&nbsp;Absatz &amp; er ist lang genug.</p><p>Der zweite.</p>"
    )
    assert make_teaser(html) == "Das ist der erste richtige Absatz & er ist lang genug."


def test_of_plain_text_it_is_the_first_paragraph() -> None:
    assert make_teaser("A < b\n\nThis is the first paragraph that says\nanything at all.\n\nSecond.") == (
        "This is the first paragraph that says anything at all."
    )


def test_a_short_text_is_better_than_none() -> None:
    assert make_teaser("<p>Kurz.</p>") == "Kurz."
    assert make_teaser("<h2>Nur das</h2><ul><li>eins</li></ul>") == "Nur das eins"
    assert make_teaser("") == ""


def test_a_long_paragraph_ends_with_a_sentence() -> None:
    text = "Der Rat hat z. B. am 3. Mai getagt, so Dr. Muster. " + "Dann kam vieles, das hier nicht mehr steht. " * 9
    assert make_teaser(text, limit=60) == "Der Rat hat z. B. am 3. Mai getagt, so Dr. Muster."


def test_a_long_sentence_ends_at_a_word() -> None:
    teaser = make_teaser("Dieser Satz hat viele Wörter, " * 30, limit=100)
    assert teaser.endswith(" Wörter, Dieser…")
    assert len(teaser) <= 100


def test_one_long_word_is_cut() -> None:
    assert make_teaser("x" * 500, limit=10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Eins. Zwei! Drei? Vier", 4),
        ("„Eins.“ Zwei.", 2),
        ("Am 12. Januar kam Prof. Dr. Muster, z. B. mit dem Rad.", 1),
        ("It costs 4.50 in St. Ives, says Mr. Sample.", 1),
        ("Ob das geht? fragt er.", 1),
    ],
)
def test_abbreviations_and_dates_end_no_sentence(text: str, sentences: int) -> None:
    assert len(sentence_ends(text)) + 1 == sentences


@given(st.text(max_size=500), st.integers(min_value=2, max_value=300))
def test_no_teaser_is_longer_than_its_limit_and_all_are_plain(text: str, limit: int) -> None:
    teaser = make_teaser(text, limit)
    assert len(teaser) <= limit
    assert "\n" not in teaser
