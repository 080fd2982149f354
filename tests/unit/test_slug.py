from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.slug import slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Künstliche Intelligenz", "kuenstliche-intelligenz"),
        ("KI & Recht", "ki-recht"),
        ("C++", "c-plus-plus"),
        ("Café – “déjà vu”", "cafe-deja-vu"),
        ("L’été", "lete"),
        ("İstanbul", "istanbul"),
        ("ذكاء اصطناعي", "ذكاء-اصطناعي"),
        ("人工知能", "人工知能"),
        ("がんばる", "がんばる"),
        ("कृत्रिम बुद्धि", "कृत्रिम-बुद्धि"),
        ("ИИ", "ии"),
        ("../../etc", "etc"),
        ("🚲", ""),
        (
            "Donaudampfschifffahrtsgesellschaft und noch viel mehr Wörter als nötig",
            "donaudampfschifffahrtsgesellschaft-und-noch-viel-mehr",
        ),
    ],
)
def test_what_people_write_becomes_a_part_of_an_address(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(st.text())
def test_a_part_of_an_address_is_one_name_of_a_file_whatever_was_written(text: str) -> None:
    made = slug(text)
    assert len(made.encode()) <= 255
    assert not set(made) & set("/\\.?#% \0\n")
    assert made == made.strip("-")
