"""What a directory of documents shows, and what it does with files that are broken, hidden or elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.collect.source import Collection, SourceState
from pipeline.collect.sources.directory import DirectorySource
from pipeline.domain.article import Author, Content, Enclosure, Picture
from pipeline.errors import InvalidSource, SourceUnavailable

NOW = datetime(2026, 2, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
TEXT = "Ein Titel\n\nEin Text, der lang genug ist, um deutsch zu sein, und der mehr nicht sagt.\n"


def source(path: Path, **options: object) -> DirectorySource:
    return DirectorySource("artikel", path, timezone=BERLIN, **options)  # type: ignore[arg-type]


def collect(path: Path, known: dict[str, str] | None = None, **options: object) -> Collection:
    return source(path, **options).collect(SourceState(), (known or {}).get, NOW)


def write(path: Path, text: str | bytes = TEXT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def only(path: Path, **options: object) -> Content:
    collection = collect(path, **options)
    assert collection.problems == ()
    (sighting,) = collection.sightings
    assert sighting.content is not None
    return sighting.content


def test_documents_of_all_forms_are_collected_from_all_folders_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/b/x.HTML", "A.markdown", "c.htm"):
        write(tmp_path / name)
    for name in (".hidden.txt", ".git/x.txt", "notes.docx", "picture.png", "b.txt.toml", "draft.md~"):
        write(tmp_path / name, "")
    collection = collect(tmp_path)
    assert [sighting.key for sighting in collection.sightings] == [
        "A.markdown",
        "b.txt",
        "c.htm",
        "a/z.md",
        "a/b/x.HTML",
    ]
    assert collection.complete
    assert not collection.problems
    assert collect(tmp_path) == collection


def test_an_unchanged_document_is_not_read_again(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "b.txt")
    first = {sighting.key: sighting.raw_hash for sighting in collect(tmp_path).sightings}
    write(tmp_path / "b.txt", TEXT + "\nMehr.")
    again = {sighting.key: sighting for sighting in collect(tmp_path, first).sightings}
    assert again["a.txt"].content is None
    assert again["a.txt"].raw_hash == first["a.txt"]
    assert again["b.txt"].content is not None
    assert again["b.txt"].raw_hash != first["b.txt"]


def test_an_option_and_a_sidecar_are_part_of_what_was_read(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")

    def raw_hash(**options: object) -> str:
        return collect(tmp_path, **options).sightings[0].raw_hash

    plain = raw_hash()
    write(tmp_path / "a.txt.yaml", "teaser: Neu")
    beside = raw_hash()
    others = {raw_hash(topics=["x"]), raw_hash(language="fr"), raw_hash(base_url="https://example.org/")}
    assert len({plain, beside, *others}) == 5


def test_the_time_of_a_file_does_not_count(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt")
    before = collect(tmp_path)
    os.utime(path, (0, 0))
    assert collect(tmp_path) == before
    assert only(tmp_path).published is None


def test_the_date_in_a_name_is_the_day_in_the_sources_zone(tmp_path: Path) -> None:
    write(tmp_path / "2026-01-31-ein-titel.txt")
    assert only(tmp_path).published == datetime(2026, 1, 30, 23, tzinfo=UTC)


def test_a_date_that_does_not_exist_is_noted_and_left_out(tmp_path: Path) -> None:
    write(tmp_path / "a.md", "---\ndate: 2026-02-31\n---\n# Titel\n\nText.")
    (sighting,) = collect(tmp_path).sightings
    assert sighting.content is not None
    assert sighting.content.published is None
    assert "2026-02-31" in sighting.notes[0]


def test_front_matter_says_everything(tmp_path: Path) -> None:
    write(
        tmp_path / "a.md",
        """---
title: Zwei Flüsse
url: https://example.org/fluesse
language: de_AT
author:
  - Anna Beispiel <anna@example.org>
  - name: Max Muster
    url: https://example.org/max
tags: [Umwelt, Wasser]
category: Reise
description: Kurz gesagt
picture: {url: bild.jpg, alt: Ein Fluss, width: 640, height: 480}
date: 2026-01-31 14:30
lastmod: 2026-02-01T08:00:00+01:00
comments_url: https://example.org/fluesse#kommentare
enclosures:
  - {url: /a.mp3, length: 12345, duration: 61}
layout: post
---
# Zwei Flüsse

[mehr](weiter) ![Karte](/karte.png)
""",
    )
    (sighting,) = collect(tmp_path, topics=["ki"]).sightings
    assert sighting.content == Content(
        title="Zwei Flüsse",
        html='<p><a href="https://example.org/weiter">mehr</a>'
        ' <img src="https://example.org/karte.png" alt="Karte"></p>',
        teaser="Kurz gesagt",
        url="https://example.org/fluesse",
        language="de-AT",
        authors=(
            Author(name="Anna Beispiel", email="anna@example.org"),
            Author(name="Max Muster", url="https://example.org/max"),
        ),
        topics=("Umwelt", "Wasser", "Reise", "ki"),
        picture=Picture(url="https://example.org/bild.jpg", alt="Ein Fluss", width=640, height=480),
        enclosures=(Enclosure(url="https://example.org/a.mp3", media_type="audio/mpeg", length=12345, duration=61),),
        published=datetime(2026, 1, 31, 13, 30, tzinfo=UTC),
        updated=datetime(2026, 2, 1, 7, tzinfo=UTC),
        comments_url="https://example.org/fluesse#kommentare",
    )
    assert len(sighting.notes) == 1
    assert "layout" in sighting.notes[0]


def test_a_value_that_looks_like_something_else_stays_what_was_written(tmp_path: Path) -> None:
    write(tmp_path / "a.md", "---\ntitle: 2026\nlanguage: no\ntags: [on, 1.0, 1_000]\n---\nTekst.")
    content = only(tmp_path)
    assert (content.title, content.language, content.topics) == ("2026", "no", ("on", "1.0", "1_000"))


def test_toml_front_matter_is_read_too(tmp_path: Path) -> None:
    write(tmp_path / "a.md", '+++\ntitle = "Zwei"\ndate = 2026-01-31T14:30:00+01:00\ntags = ["a"]\n+++\nText.')
    content = only(tmp_path)
    assert (content.title, content.topics) == ("Zwei", ("a",))
    assert content.published == datetime(2026, 1, 31, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "written"),
    [("a.txt.toml", 'title = "Aus dem Sidecar"\ntags = ["C"]'), ("a.txt.yaml", "title: Aus dem Sidecar\ntags: C")],
)
def test_a_sidecar_overrides_front_matter_which_overrides_the_text(tmp_path: Path, name: str, written: str) -> None:
    write(
        tmp_path / "a.txt",
        "---\nteaser: Aus dem Kopf\ntags: B\ntitle: Kopf\n---\nKultur\n\nDer Titel: im Text\n\nEin Satz. Noch einer.",
    )
    write(tmp_path / name, written)
    content = only(tmp_path, topics=["D"])
    assert content.title == "Aus dem Sidecar"
    assert content.teaser == "Aus dem Kopf"
    assert content.topics == ("C", "D")
    assert content.html == "<p>Ein Satz. Noch einer.</p>"


def test_an_empty_value_turns_off_what_was_found(tmp_path: Path) -> None:
    scene = "Ein Hund sitzt vor einem roten Haus im hellen Licht."
    write(tmp_path / "2026-01-31.txt", f"Kultur\n\nEin Titel: ganz kurz\n\n{scene}\n\nEin Satz. Noch einer.")
    assert only(tmp_path).picture == Picture(url=None, alt=scene)
    write(tmp_path / "2026-01-31.txt.toml", 'picture_description = ""\ntopics = []\nteaser = ""\npublished = ""')
    content = only(tmp_path)
    assert scene in content.html
    assert (content.picture, content.topics, content.teaser, content.published) == (None, (), "", None)


def test_a_picture_takes_the_description_that_was_found(tmp_path: Path) -> None:
    scene = "Ein Hund sitzt vor einem roten Haus im hellen Licht."
    write(tmp_path / "a.txt", f"Kultur\n\nEin Titel: ganz kurz\n\n{scene}\n\nEin Satz. Noch einer.")
    write(tmp_path / "a.txt.toml", 'picture = "https://example.org/hund.jpg"')
    assert only(tmp_path).picture == Picture(url="https://example.org/hund.jpg", alt=scene)


def test_a_draft_is_not_shown_and_not_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    known = {sighting.key: sighting.raw_hash for sighting in collect(tmp_path).sightings}
    write(tmp_path / "a.txt", f"---\ndraft: true\n---\n{TEXT}")
    collection = collect(tmp_path, known)
    assert (collection.sightings, collection.failed, collection.problems) == ((), frozenset(), ())
    assert collection.complete


def test_relative_links_resolve_against_the_sources_base_and_else_keep_their_text(tmp_path: Path) -> None:
    write(tmp_path / "reise" / "a.md", "# Titel\n\n[mehr](b.html) ![Karte](karte.png) [Ziel](#ziel)")
    assert only(tmp_path).html == "<p>mehr  Ziel</p>"
    html = only(tmp_path, base_url="https://example.org/texte").html
    assert 'href="https://example.org/texte/reise/b.html"' in html
    assert 'src="https://example.org/texte/reise/karte.png"' in html


def test_the_sources_language_counts_only_where_the_text_does_not_tell(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "Das ist ein deutscher Titel\n\nUnd das ist ein deutscher Text dazu, nicht sehr lang.")
    write(tmp_path / "b.txt", "4711\n\n0815")
    contents = [sighting.content for sighting in collect(tmp_path, language="en").sightings]
    assert [content.language for content in contents if content] == ["de", "en"]


BROKEN = {
    "yaml.md": ("---\ntitle: Ein Titel: mit Doppelpunkt\n---\nText", "quotes"),
    "open.md": ("---\ntitle: Ein Titel\n\nText", "line of ---"),
    "toml.md": ("+++\ntitle = Ein Titel\n+++\nText", "quotes"),
    "url.md": ("---\nurl: /hier\n---\nText", "in full"),
    "language.md": ("---\nlanguage: Deutsch\n---\nText", '"de"'),
    "list.md": ("---\ntitle: [a, b]\n---\nText", "one text"),
    "draft.md": ("---\ndraft: vielleicht\n---\nText", "true or false"),
    "author.md": ("---\nauthor: {email: a@example.org}\n---\nText", "name"),
    "width.md": ("---\npicture: {url: https://example.org/a, width: breit}\n---\nText", "digits"),
    "deep.md": (f"---\na: {'[' * 5000}\n---\nText", ""),
    "bomb.md": ("---\na: &a [x]\nb: &b [*a, *a]\ndraft: *b\n---\nText", "true or false"),
    "bomb2.md": ("---\na: &a [x]\nb: &b [*a, *a]\ntitle: *b\n---\nText", "one text"),
    "empty.txt": ("", "title"),
    "blank.html": ("<html></html>", "title"),
    "binary.txt": (b"PK\x03\x04\x00\x00", "UTF-8"),
    "utf16.txt": (b"\xff\xfea\x00b", "UTF-8"),
    "large.txt": (b"a " * 60_000, "Split"),
    "nested.html": ("<div>" * 400 + "Text", "wrapped"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_named_with_its_mend_and_costs_no_other(tmp_path: Path, name: str) -> None:
    written, mend = BROKEN[name]
    write(tmp_path / "gut.txt")
    path = write(tmp_path / name, written)
    collection = collect(tmp_path, max_bytes=100_000)
    (problem,) = collection.problems
    assert problem.where == str(path)
    assert mend in problem.mend
    assert collection.failed == {name}
    assert [sighting.key for sighting in collection.sightings] == ["gut.txt"]
    assert collection.complete


def test_two_sidecars_are_a_problem(tmp_path: Path) -> None:
    for name in ("a.txt", "a.txt.toml", "a.txt.yaml"):
        write(tmp_path / name, "")
    assert "a.txt.toml, a.txt.yaml" in collect(tmp_path).problems[0].what


def test_a_broken_sidecar_names_itself(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "a.txt.toml", "title = Ohne Anführungszeichen")
    assert "a.txt.toml" in collect(tmp_path).problems[0].what


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (TEXT.replace("Text", "Täxt").encode("utf-8-sig"), False),
        (TEXT.replace("Text", "Täxt").encode("utf-16"), False),
        (TEXT.replace("Text", "Täxt").encode("cp1252"), True),
        (TEXT.replace("Text", "Ta\u0308xt").encode(), False),
        (TEXT.replace("Text", "Täxt").replace("\n", "\r\n").encode(), False),
    ],
)
def test_texts_in_other_encodings_are_read(tmp_path: Path, data: bytes, note: bool) -> None:  # noqa: FBT001
    write(tmp_path / "a.txt", data)
    (sighting,) = collect(tmp_path).sightings
    assert sighting.content is not None
    assert sighting.content.title == "Ein Titel"
    assert "Ein Täxt, der" in sighting.content.html
    assert bool(sighting.notes) is note


def test_a_link_out_of_the_directory_is_refused(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "secret.txt").parent
    root = write(tmp_path / "root" / "gut.txt").parent
    (root / "file.txt").symlink_to(outside / "secret.txt")
    (root / "folder").symlink_to(outside)
    (root / "gut.txt.toml").symlink_to(outside / "secret.txt")
    (root / "picture.png").symlink_to(outside / "secret.txt")
    collection = collect(root)
    assert collection.sightings == ()
    assert collection.failed == {"file.txt", "gut.txt"}
    assert not collection.complete
    assert len(collection.problems) == 3
    assert "secret" not in " ".join(map(str, collection.problems))


def test_links_inside_show_no_document_twice(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.txt")
    (tmp_path / "y.txt").symlink_to(tmp_path / "a" / "x.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    collection = collect(tmp_path)
    assert [sighting.key for sighting in collection.sightings] == ["a/x.txt"]
    assert not collection.problems


def test_a_mounted_config_map_is_read_through_its_links(tmp_path: Path) -> None:
    write(tmp_path / "..2026_01_31" / "x.txt")
    (tmp_path / "..data").symlink_to("..2026_01_31")
    (tmp_path / "x.txt").symlink_to("..data/x.txt")
    assert [sighting.key for sighting in collect(tmp_path).sightings] == ["x.txt"]


def test_a_named_pipe_does_not_stop_the_collection(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    collection = collect(tmp_path)
    assert "not a file" in collection.problems[0].what
    assert collection.failed == {"a.txt"}


def test_a_name_that_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.txt", "wb") as file:  # noqa: PTH123 - Path has no bytes
        file.write(b"x")
    (problem,) = collect(tmp_path).problems
    assert problem.where.endswith("\\xff.txt")


def test_a_directory_that_is_missing_or_a_file_is_named_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="no directory") as missing:
        collect(tmp_path / "fehlt")
    assert missing.value.mend
    with pytest.raises(InvalidSource, match="not a directory"):
        collect(write(tmp_path / "a.txt"))


def test_an_empty_directory_shows_nothing_and_is_complete(tmp_path: Path) -> None:
    collection = collect(tmp_path)
    assert (collection.sightings, collection.complete) == ((), True)


@contextmanager
def ordinary_user(path: Path) -> Iterator[None]:
    """Root may read everything, so what a test with rights does is done as somebody else."""
    if os.geteuid() != 0:
        yield
        return
    for folder in path.parents:
        if folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_directory_without_rights_is_unavailable(tmp_path: Path) -> None:
    root = write(tmp_path / "root" / "a.txt").parent
    root.chmod(0)
    with ordinary_user(root), pytest.raises(SourceUnavailable, match="may not be read") as error:
        collect(root)
    assert str(root) in str(error.value)
    assert "chmod" in error.value.mend
    root.chmod(0o700)


def test_a_file_without_rights_is_named_and_the_others_are_there(tmp_path: Path) -> None:
    root = write(tmp_path / "root" / "a.txt").parent
    write(root / "b.txt").chmod(0)
    with ordinary_user(root / "a.txt"):
        collection = collect(root)
    assert [sighting.key for sighting in collection.sightings] == ["a.txt"]
    assert collection.failed == {"b.txt"}
    assert collection.problems[0].where == str(root / "b.txt")
    assert collection.complete


def test_a_folder_without_rights_withdraws_nothing(tmp_path: Path) -> None:
    root = write(tmp_path / "root" / "a.txt").parent
    write(root / "zu" / "b.txt").parent.chmod(0)
    with ordinary_user(root / "a.txt"):
        collection = collect(root)
    (root / "zu").chmod(0o700)
    assert [sighting.key for sighting in collection.sightings] == ["a.txt"]
    assert collection.problems[0].where == str(root / "zu")
    assert not collection.complete
