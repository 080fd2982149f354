from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from pipeline.catalogues import Catalogues, languages
from pipeline.errors import RenderError
from pipeline.render import Renderer
from pipeline.render.words import day, number
from tests.fakes.articles import NOON

ROOT = Path(__file__).parents[2]
LOCALE = ROOT / "templates" / "locale"


def catalogue(name: str) -> Catalog:
    with (LOCALE / name).open("rb") as file:
        return read_po(file)


def ids(messages: Catalog) -> set[object]:
    return {tuple(one.id) if isinstance(one.id, list | tuple) else one.id for one in messages if one.id}


def test_translators_are_given_every_word_that_there_is() -> None:
    with (LOCALE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = {
        message
        for directory in ("templates", "pipeline")
        for _, _, message, _, _ in extract_from_dir(
            ROOT / directory,
            [(pattern.removeprefix(f"{directory}/"), method) for pattern, method in methods if directory in pattern],
            {pattern.removeprefix(f"{directory}/"): value for pattern, value in options.items()},
        )
    }
    assert {message for message in found if message} == ids(catalogue("messages.pot")), "run `make words`"


def test_german_says_all_of_it_and_the_informal_words_only_what_differs() -> None:
    german, informal = catalogue("de.po"), catalogue("de@informal.po")
    assert ids(german) == ids(catalogue("messages.pot"))
    assert all(all(one.string) if isinstance(one.string, tuple) else one.string for one in german if one.id)
    assert ids(informal) < ids(german)
    assert not [one.id for one in informal if one.id and german[one.id].string == one.string]
    assert not [one.id for one in (*german, *informal) if one.fuzzy and one.id]


def test_informal_german_is_without_sie() -> None:
    words = Catalogues([LOCALE], "informal").words("de-AT")
    said = " ".join(words.gettext(str(message)) for message in ids(catalogue("messages.pot")))
    assert " Sie " not in said
    assert words.language == "de"


def test_another_language_is_one_file_in_a_directory_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "pl.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
        "\n"
        'msgid "Hello {name},"\nmsgstr "Dzień dobry {name},"\n\n'
        'msgid "here is a new article:"\nmsgid_plural "here are {count} new articles:"\n'
        'msgstr[0] "oto nowy artykuł:"\nmsgstr[1] "oto {count} nowe artykuły:"\n'
        'msgstr[2] "oto {count} nowych artykułów:"\n',
        encoding="utf-8",
    )
    (tmp_path / "locale" / "en.po").write_text('msgid "Unsubscribe"\nmsgstr "Leave"\n', encoding="utf-8")
    catalogues = Catalogues([tmp_path / "locale", LOCALE])
    polish = catalogues.words("pl-PL")
    plural = "here is a new article:", "here are {count} new articles:"
    assert polish.language == "pl"
    assert polish.greeting("Ola") == "Dzień dobry Ola,"
    assert [polish.ngettext(*plural, count).split()[-1] for count in (1, 3, 5)] == [
        "artykuł:",
        "artykuły:",
        "artykułów:",
    ]
    assert polish.gettext("Unsubscribe") == "Unsubscribe", "what is not translated stays English"
    assert catalogues.words("en-GB").gettext("Unsubscribe") == "Leave"
    assert Renderer([tmp_path, ROOT / "templates"]).greeting("Ola", "pl") == "Dzień dobry Ola,"
    assert languages([tmp_path / "locale", LOCALE]) == ["de", "en", "pl"]


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ('msgid "Hello {name},"\nmsgstr "Hej {nam},"\n', 1, r"no \{nam\}"),
        ('msgid "Help"\nmsgstr "Hjälp"\n\nnonsense\n', 4, "mistake"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_named_with_its_line(
    tmp_path: Path, source: str, line: int, what: str
) -> None:
    (tmp_path / "sv.po").write_text(source, encoding="utf-8")
    with pytest.raises(RenderError, match=what) as caught:
        Catalogues([tmp_path]).words("sv")
    assert caught.value.where.startswith(f"{tmp_path / 'sv.po'}:{line}")


def test_dates_and_numbers_are_those_of_the_language() -> None:
    assert day(NOON, "de-AT", "Europe/Vienna") == "1. März 2026"
    assert [number(1234, language) for language in ("de", "en", "fr")] == ["1.234", "1,234", "1\u202f234"]
