"""`rundbrief preview` in other templates and languages, and what preflight says in `preview`, `check` and `run`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.commands import Project

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    made = Project.make(tmp_path / "project", capsys)
    made.subscribe()
    made.done("collect")
    return made


def template(project: Project, name: str, source: str) -> None:
    directory = project.directory / "templates" / "email"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(source, encoding="utf-8")


def preview(project: Project, *options: str) -> list[str]:
    told = project.done(
        *("preview", "wochenblick", "--cadence", "immediate", "--no-open", "--json"),
        *("--directory", str(project.directory / "preview"), *options),
    )
    return [Path(file).read_text("utf-8") for file in told.json["files"][:2]]


def test_a_preview_in_another_template_and_language(project: Project) -> None:
    page, text = preview(project, "--template", "brief", "--language", "en-GB")
    assert "headline-brief" in page
    assert "here are 2 new articles:" in text
    assert '<html lang="en-GB"' in page
    wrong = project("preview", "wochenblick", "--cadence", "immediate", "--template", "breif", "--no-open")
    assert (wrong.code, "breif.html.j2" in wrong.err) == (1, True)
    wrong = project("preview", "wochenblick", "--cadence", "immediate", "--language", "english please", "--no-open")
    assert (wrong.code, "is no language" in wrong.err) == (2, True)


def test_pictures_of_a_preview_are_of_a_phone_and_a_desktop_in_light_and_dark(project: Project) -> None:
    directory = project.directory / "preview"
    options = ("--cadence", "immediate", "--no-open", "--png", "--directory", str(directory))
    told = project.done("preview", "wochenblick", *options)
    taken = {file.stem: file.read_bytes() for file in directory.glob("*.png")}
    assert sorted(taken) == ["issue-desktop", "issue-desktop-dark", "issue-phone", "issue-phone-dark"]
    assert "issue-phone-dark.png" in told.out
    widths = {name: int.from_bytes(data[16:20]) for name, data in taken.items() if data.startswith(PNG)}
    assert widths == {"issue-desktop": 1200, "issue-desktop-dark": 1200, "issue-phone": 640, "issue-phone-dark": 640}
    assert len(set(taken.values())) == 4


def test_an_issue_with_an_error_is_not_mailed_and_what_is_wrong_is_said_everywhere(project: Project) -> None:
    template(project, "base.txt.j2", "{{ mail.subject }}{% block content %}{% endblock %}")
    options = ("--cadence", "immediate", "--no-open", "--directory", str(project.directory / "preview"))
    told = project("preview", "wochenblick", *options)
    assert "error   unsubscribe: text: There is no link to unsubscribe." in told.out
    checked = project("check")
    assert (checked.code, "There is no link to unsubscribe." in checked.err) == (1, True)
    run = project("run", "--json")
    assert run.code == 1
    where = {one["where"] for one in run.json["problems"] if one["code"] == "preflight-unsubscribe"}
    assert where == {"newsletter wochenblick, de, text", "newsletter wochenblick, en, text"}
    assert project.messages() == []


def test_a_warning_is_said_and_keeps_nothing_from_being_mailed_unless_it_is_made_an_error(project: Project) -> None:
    checked = project.done("check")
    assert "warning There is no postal address" in checked.out
    project.configure("[[sources]]", '[preflight]\nerrors = ["postal-address"]\n\n[[sources]]')
    assert project("check").code == 1
    assert project("run").code == 1
    assert project.messages() == []
    project.configure('errors = ["postal-address"]', 'ignore = ["postal-address"]')
    assert "postal address" not in project.done("check").out
    project.done("run")
    assert len(project.messages()) == 3


def test_a_newsletter_has_the_brand_but_for_what_it_says_differently(project: Project) -> None:
    template(project, "style.css", ".button-link { color: {{ brand.accent }} }")
    social = 'social = { Mastodon = "https://m.example/@n" }'
    brand = f'[brand]\naccent = "#b91c1c"\nfooter = "Vom Verlag."\n{social}\n\n'
    project.configure("[[sources]]", f"{brand}[[sources]]")
    page, text = preview(project)
    assert "#b91c1c" in page
    assert "Vom Verlag." in text
    assert "Mastodon: https://m.example/@n" in text
    project.configure("[newsletters.cadences]", '[newsletters.brand]\naccent = "#0f766e"\n\n[newsletters.cadences]')
    page, text = preview(project)
    assert "#0f766e" in page
    assert "#b91c1c" not in page
    assert "Vom Verlag." in text


def test_readers_are_spoken_to_as_the_site_says(project: Project) -> None:
    project.configure("[site]", '[site]\ntone = "informal"')
    _, text = preview(project)
    assert "Hallo Anna Beispiel, hier sind 2 neue Artikel:" in text
    assert "weil du „" in text
