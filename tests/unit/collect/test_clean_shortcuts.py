"""What saves time in cleaning changes nothing of what comes out."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from html import unescape

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.collect.clean import clean_html, xml_text
from pipeline.collect.sources.feed_document import numbered_entities
from pipeline.collect.sources.feed_entry import RawEntry, RawText
from pipeline.collect.sources.feed_hazards import refuse_hazards
from pipeline.collect.teaser import make_teaser
from pipeline.domain.article import Author
from pipeline.domain.resemblance import letters

ODD = st.sampled_from(
    [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA1)), "\r\n", "\ufdd0", "\ufeff", "\ufffd", "\uffff"]
)
ODDER = st.sampled_from(["\ud800", "\udfff", "\U0001f600", "\U0001fffe", "\U0010ffff", "ä", "“", "\u2028"])
TEXT = st.lists(st.one_of(ODD, ODDER, st.text(max_size=8)), max_size=8).map("".join)


def xml_text_at_length(text: str) -> str:
    """Character by character, but for two halves of one."""
    mended = []
    for character in text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore"):
        code = ord(character)
        if code in (0x0B, 0x0C):
            mended.append(" ")
        elif 0x80 <= code < 0xA0:
            mended.append(bytes([code]).decode("cp1252", "ignore"))
        elif code in (9, 10, 13) or (
            code >= 0x20
            and code != 0x7F
            and not 0xD800 <= code < 0xE000
            and not 0xFDD0 <= code < 0xFDF0
            and code not in (0xFEFF, 0xFFFD)
            and code & 0xFFFE != 0xFFFE
        ):
            mended.append(character)
    return re.sub("\r\n?", "\n", "".join(mended))


@given(TEXT)
@settings(max_examples=500)
def test_text_that_looks_harmless_is_what_it_would_be_without_looking(text: str) -> None:
    assert xml_text(text) == xml_text_at_length(text)


@given(TEXT)
@example("Straße & <b>Größe</b>, „Maß“ – 2 µm² ﬁ ß_ŉ")
def test_the_letters_of_a_text_are_its_letters_and_digits(text: str) -> None:
    # Without what a generator appends: nothing that is drawn here looks like that.
    plain = " ".join(unescape(re.sub(r"<[^<>]*>", " ", text)).split())
    expected = "".join(re.findall(r"\w+", unicodedata.normalize("NFKC", plain).casefold()))
    if "…" not in plain and "..." not in plain:
        assert letters(text) == expected


def test_threads_that_clean_at_once_keep_their_own_addresses() -> None:
    page = "".join(f'<p><a href="{number}">Text {number}</a></p>' for number in range(50))

    def clean(site: int) -> set[str]:
        html = clean_html(page, f"https://site{site}.example/")
        return set(re.findall(r"https://site\d+\.example/", html))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(clean, range(64))) == [{f"https://site{site}.example/"} for site in range(64)]


def test_what_is_left_empty_by_cleaning_is_empty() -> None:
    assert clean_html("<script>alert(1)</script>", None) == ""


def test_a_teaser_is_the_first_paragraph_that_says_something_outside_of_captions_and_tables() -> None:
    words = "Ein Absatz, der lang genug ist, um etwas zu sagen, steht hier."
    figure = f"<figure><p>{words} Bild</p></figure><aside><p>{words} Rand</p></aside>"
    table = f"<table><tr><td><p>{words} Zelle</p></td></tr></table>"
    assert make_teaser(f"<p>Kurz.</p>{figure}{table}<p>{words}</p><p>{words} Später</p>") == words
    assert make_teaser(f"<p>Kurz.</p>{figure}<p>Auch kurz.</p>") == "Kurz."


def test_the_digest_of_an_entry_is_that_of_all_its_fields() -> None:
    entry = RawEntry(id="1", title=RawText(value="Größe"), authors=(Author(name="Anna"),), topics=("ki",))
    assert entry.digest() == hashlib.sha256(json.dumps(asdict(entry), sort_keys=True).encode()).hexdigest()


def test_html_s_named_entities_become_numbers_and_xml_s_stay() -> None:
    assert numbered_entities(b"&amp;&lt;&gt;&quot;&apos;&nbsp;&unknown;&ampx;") == (
        b"&amp;&lt;&gt;&quot;&apos;&#160;&unknown;&ampx;"
    )


def test_equals_signs_in_a_text_are_no_attributes() -> None:
    refuse_hazards(b"<rss><channel><item><title>" + b"a = b " * 500 + b"</title></item></channel></rss>", "")
