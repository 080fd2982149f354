"""`rundbrief subscribers` and `suppressions`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.fakes.commands import SUBSCRIBERS, Project

LETTER = ("--newsletter", "wochenblick")
IMMEDIATE = (*LETTER, "--cadence", "immediate")


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def addresses(project: Project, *options: str) -> list[str]:
    return [one["address"] for one in project.done("subscribers", "list", *options, "--json").json["subscribers"]]


def test_a_file_is_imported_and_importing_it_again_changes_nothing(project: Project) -> None:
    file = str(project.directory / "subscribers.csv")
    first = project.done("subscribers", "import", file, *IMMEDIATE, "--confirmed", "--json").json
    assert first["imported"] == {"new": 3, "existing": 0, "suppressed": 0, "ended": 0, "barred": 0, "unconfirmed": 0}
    assert "3 were there already" in project.done("subscribers", "import", file, *IMMEDIATE, "--confirmed").out
    assert addresses(project) == ["anna@example.org", "ben@example.com", "chiara@example.net"]
    table = project.done("subscribers").out
    assert "Chiara Müller-Rossi" in table
    assert "ki, praxis" in table


def test_a_rehearsal_counts_and_imports_nobody(project: Project) -> None:
    project.done("subscribers", "add", "anna@example.org", *IMMEDIATE, "--confirmed")
    project.done("suppressions", "add", "ben@example.com")
    file = str(project.directory / "subscribers.csv")
    told = project.done("subscribers", "import", file, *IMMEDIATE, "--confirmed", "--dry-run", "--json").json
    assert {"new": 1, "existing": 1, "suppressed": 1}.items() <= told["imported"].items()
    assert told["dry_run"] is True
    assert addresses(project) == ["anna@example.org"]


def test_rows_with_mistakes_are_named_and_the_others_imported(project: Project) -> None:
    (project.directory / "subscribers.csv").write_text(SUBSCRIBERS + "nobody,,,,\ndora@example.org,,xx-yy,,\n")
    result = project("subscribers", "import", str(project.directory / "subscribers.csv"), *IMMEDIATE, "--confirmed")
    assert result.code == 1
    assert "line 5" in result.err
    assert "line 6" in result.err
    assert "2 rows were left out" in result.out
    assert len(addresses(project)) == 3


def test_a_file_that_is_no_list_or_is_not_there_is_refused(project: Project) -> None:
    (project.directory / "list.csv").write_text("a;b\n1;2\n")
    result = project("subscribers", "import", str(project.directory / "list.csv"), *IMMEDIATE, "--confirmed")
    assert result.code == 1
    assert "email" in result.err
    assert project("subscribers", "import", "nowhere.csv", *IMMEDIATE, "--confirmed").code == 2


def test_a_list_may_come_from_standard_input(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SUBSCRIBERS.encode()), encoding="utf-8"))
    project.done("subscribers", "import", "-", *IMMEDIATE, "--confirmed")
    assert len(addresses(project)) == 3


def test_a_list_of_people_who_have_not_agreed_is_refused_and_it_is_said_why(project: Project) -> None:
    result = project("subscribers", "import", "subscribers.csv", *IMMEDIATE)
    assert result.code == 2
    assert "An import asks nobody" in result.err
    assert addresses(project) == []


def test_one_person_is_asked_by_mail_and_subscribed_once_they_say_yes(project: Project) -> None:
    told = project.done("subscribers", "add", "Dora@example.org", *IMMEDIATE, "--name", "Dora", "--json").json
    assert (told["added"], told["asked"], told["subscriber"]) == (False, True, None)
    assert "is asked by mail" in project.done("subscribers", "add", "dora@example.org", *IMMEDIATE).out
    project.done("run")
    (mail,) = project.messages()
    assert "/confirm/" in mail.read_text(encoding="utf-8").replace("=\n", "")
    assert addresses(project) == []
    project.done("subscribers", "add", "dora@example.org", *IMMEDIATE, "--confirmed", "--consent", "on paper")
    assert project("subscribers", "add", "dora@example.org", *IMMEDIATE).code == 0, "is there, as was wished"
    project.done("subscribers", "unsubscribe", "dora@example.org", *LETTER)
    refused = project("subscribers", "add", "dora@example.org", *IMMEDIATE)
    assert refused.code == 1
    assert "unsubscribed" in refused.err


def test_an_export_of_another_program_is_known_and_its_columns_can_be_mapped(project: Project) -> None:
    file = project.directory / "ghost.csv"
    header = (
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels"
    )
    rows = "1,a@example.org,A,,true,,,2025-01-01,,vip\n2,b@example.org,B,,false,,,2025-01-01,,\n"
    file.write_text(f"{header}\n{rows}3,c@example.org,C,,maybe,,,,,\n", encoding="utf-8")
    command = ("subscribers", "import", str(file), *IMMEDIATE, "--confirmed", "--map", "topics=labels")
    rehearsed = project(*command, "--dry-run")
    assert "This is an export of Ghost." in rehearsed.out
    assert "topics from “labels”" in rehearsed.out
    assert "Not used: id, note" in rehearsed.out
    assert "Would import 1 new subscribers" in rehearsed.out
    result = project(*command, "--json")
    assert result.code == 1
    assert (result.json["origin"], result.json["imported"]["ended"], result.json["left_out"]) == ("Ghost", 1, 1)
    assert addresses(project, "--state", "active") == ["a@example.org"]
    assert addresses(project, "--topic", "VIP", "--state", "active") == ["a@example.org"]
    wrong = project("subscribers", "import", str(file), *IMMEDIATE, "--confirmed", "--map", "mail=email")
    assert wrong.code == 2
    assert "NAME is one of email, name" in wrong.err


def test_topics_that_no_article_has_are_told(project: Project) -> None:
    file = project.directory / "list.csv"
    file.write_text("email,tags\na@example.org,ki;VIP\nb@example.org,KUNDE\n", encoding="utf-8")
    early = project.done("subscribers", "import", str(file), *IMMEDIATE, "--confirmed", "--dry-run").out
    assert "No article" not in early, "nothing was collected yet, so it tells nothing"
    project.done("collect")
    told = project.done("subscribers", "import", str(file), *IMMEDIATE, "--confirmed", "--dry-run").out
    assert "No article has a topic called KUNDE, VIP" in told
    known = project.done(
        "subscribers", "import", str(file), *IMMEDIATE, "--confirmed", "--map", "topics=", "--json"
    ).json
    assert known["unknown_topics"] == []


def test_rows_that_are_left_out_go_to_a_file_and_from_there_back_in(project: Project) -> None:
    file, rejects = project.directory / "list.csv", project.directory / "bad.csv"
    file.write_text(
        'email,name,note\nanna@,=Anna,x\nben@example.com,Ben,y\n"chiara@example.net" z,C\n', encoding="utf-8"
    )
    command = ("--newsletter", "wochenblick", "--cadence", "immediate", "--confirmed", "--rejects", str(rejects))
    assert project("subscribers", "import", str(file), *command).code == 1
    text = rejects.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "email,name,note,line,problem"
    assert "anna@,'=Anna,x,2,“anna@” is no mail address" in text
    assert text.splitlines()[2].endswith(",4,there is text after a closing quotation mark.")
    rejects.write_text(text.replace("anna@,", "anna@example.org,").rpartition('"""chiara')[0], encoding="utf-8")
    project.done("subscribers", "import", str(rejects), *IMMEDIATE, "--confirmed")
    listed = project.done("subscribers", "--json").json["subscribers"]
    assert [(one["address"], one["name"]) for one in listed] == [
        ("ben@example.com", "Ben"),
        ("anna@example.org", "=Anna"),
    ]
    nowhere = ("--rejects", str(project.directory / "no" / "bad.csv"))
    assert project("subscribers", "import", str(file), *IMMEDIATE, "--confirmed", *nowhere).code == 1


def test_segments_are_listed_and_exported(project: Project) -> None:
    project.subscribe()
    assert addresses(project, "--language", "en") == ["ben@example.com"]
    assert addresses(project, "--search", "rossi", "--topic", "Praxis", "--cadence", "immediate") == [
        "chiara@example.net"
    ]
    assert addresses(project, "--before", "2020-01-01") == []
    assert len(addresses(project, "--since", "2020-01-01", "--active-since", "2020-01-01", "--not-suppressed")) == 3
    project.done("suppressions", "add", "ben@example.com")
    assert "active, suppressed" in project.done("subscribers", "list", "--suppressed").out
    out = project.done("subscribers", "export", "--suppressed").out
    assert "ben@example.com" in out
    assert ",active,manual," in out
    assert project("subscribers", "list", "--since", "yesterday").code == 2


def test_what_left_here_does_not_come_back_by_our_own_export(project: Project, tmp_path: Path) -> None:
    project.subscribe()
    project.done("subscribers", "unsubscribe", "anna@example.org", *LETTER)
    project.done("suppressions", "add", "ben@example.com", "--reason", "complaint")
    file = tmp_path / "list.csv"
    project.done("subscribers", "export", "--output", str(file))
    other = Project.make(tmp_path / "other", project.capsys)
    other.done("subscribers", "import", str(file), *IMMEDIATE, "--confirmed")
    assert addresses(other, "--state", "active") == ["chiara@example.net"]
    assert addresses(other, "--state", "unsubscribed") == ["anna@example.org"]
    assert other.done("suppressions", "--json").json["suppressions"][0]["reason"] == "complaint"


def test_what_somebody_chose_is_edited_and_all_about_them_shown(project: Project) -> None:
    project.subscribe()
    project.done("run")
    edited = ("--cadence", "daily", "--topics", "Recht", "--language", "", "--name", "Anna B.")
    told = project.done("subscribers", "edit", "Anna@example.org", *LETTER, *edited, "--json").json
    expected = {
        "cadence": "daily",
        "topics": ["recht"],
        "language": None,
        "timezone": "Europe/Berlin",
        "name": "Anna B.",
    }
    assert told["changed"] is True
    assert expected.items() <= told["subscriber"].items()
    assert "nothing to change" in project.done("subscribers", "edit", "anna@example.org", *LETTER).out
    assert project("subscribers", "edit", "nobody@example.org", *LETTER).code == 2
    project.done("suppressions", "add", "anna@example.org", "--detail", "rang up")
    out = project.done("subscribers", "show", "ANNA@example.org").out
    for told_of in (
        "Anna B.",
        "manual, since",
        "rang up",
        "Imported from subscribers.csv",
        "daily",
        "recht",
        "accepted",
    ):
        assert told_of in out
    known = project.done("subscribers", "show", "anna@example.org", "--json").json["subscriber"]
    assert known["issues"][0]["outcome"] == "accepted"
    assert project("subscribers", "show", "nobody@example.org").code == 1


def test_a_person_is_erased_and_no_list_brings_them_back(project: Project) -> None:
    project.subscribe()
    assert "is deleted" in project.done("subscribers", "erase", "Anna@example.org").out
    assert project("subscribers", "erase", "anna@example.org").code == 1
    file = str(project.directory / "subscribers.csv")
    told = project.done("subscribers", "import", file, *IMMEDIATE, "--confirmed", "--json").json
    assert {"existing": 2, "suppressed": 1}.items() <= told["imported"].items()
    assert addresses(project) == ["ben@example.com", "chiara@example.net"]
    shown = project.done("subscribers", "show", "anna@example.org")
    assert "erased" in shown.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--newsletter", "wochenblik", "--cadence", "daily"), "Did you mean `wochenblick`?"),
        ((*LETTER, "--cadence", "dayly"), "Did you mean `daily`?"),
        (LETTER, "`immediate` or `daily`"),
    ],
)
def test_a_wrong_newsletter_or_cadence_is_told_the_nearest(
    project: Project, options: tuple[str, ...], told: str
) -> None:
    result = project("subscribers", "import", str(project.directory / "subscribers.csv"), *options, "--confirmed")
    assert result.code == 2
    assert told in result.err


def test_one_person_is_added_by_the_rules_of_an_import(project: Project) -> None:
    choice = ("--name", "Dora", "--language", "de_at", "--timezone", "europe/vienna", "--topics", "KI", "--topics", "Ü")
    told = project.done("subscribers", "add", "Dora@Example.org", *IMMEDIATE, *choice, "--confirmed", "--json").json
    assert told["added"] is True
    expected = {"address": "Dora@example.org", "language": "de-AT", "timezone": "Europe/Vienna", "topics": ["ki", "ü"]}
    assert expected.items() <= told["subscriber"].items()
    assert "already" in project.done("subscribers", "add", "dora@example.org", *IMMEDIATE, "--confirmed").out


@pytest.mark.parametrize(
    ("address", "options"),
    [("nobody", ()), ("", ()), ("a@example.org", ("--language", "xx-yy")), ("a@example.org", ("--timezone", "Mars"))],
)
def test_what_no_row_could_say_is_refused(project: Project, address: str, options: tuple[str, ...]) -> None:
    result = project("subscribers", "add", address, *IMMEDIATE, *options, "--confirmed")
    assert result.code == 2
    assert "left out" not in result.err


def test_nobody_is_revived(project: Project) -> None:
    project.subscribe()
    assert "gets no more" in project.done("subscribers", "unsubscribe", "ANNA@example.org", *LETTER).out
    assert "already" in project.done("subscribers", "remove", "anna@example.org", *LETTER).out
    result = project("subscribers", "add", "anna@example.org", *IMMEDIATE, "--confirmed")
    assert result.code == 1
    assert "unsubscribed" in result.err
    assert addresses(project, "--state", "unsubscribed") == ["anna@example.org"]
    project.done("run")
    assert len(project.messages()) == 2


def test_unsubscribing_somebody_who_is_not_there_is_a_failure(project: Project) -> None:
    result = project("subscribers", "unsubscribe", "nobody@example.org", *LETTER, "--json")
    assert result.code == 1
    assert result.json["ended"] is False


def test_a_suppressed_address_gets_nothing_until_that_is_lifted(project: Project) -> None:
    project.subscribe()
    project.done("suppressions", "add", "Anna@example.org", "--reason", "complaint", "--detail", "rang up")
    assert "The first reason stays" in project.done("suppressions", "add", "anna@example.org").out
    (one,) = project.done("suppressions", "--json").json["suppressions"]
    assert (one["address"], one["reason"], one["detail"]) == ("anna@example.org", "complaint", "rang up")
    assert "rang up" in project.done("suppressions").out
    refused = project("subscribers", "add", "anna@example.org", *LETTER, "--cadence", "daily", "--confirmed")
    assert refused.code == 1
    assert "suppressed (complaint)" in refused.err
    project.done("run")
    assert len(project.messages()) == 2
    project.done("suppressions", "remove", "anna@example.org")
    assert project("suppressions", "remove", "anna@example.org").code == 1
    assert "No address is suppressed" in project.done("suppressions").out


def test_whom_another_program_mails_no_more_is_suppressed(project: Project) -> None:
    project.subscribe()
    file = project.directory / "gone.csv"
    file.write_text("Empfänger,status\nAnna@example.org,active\nbad@,\nx@example.org,y\n", encoding="utf-8")
    command = ("suppressions", "import", str(file), "--map", "email=Empfänger")
    result = project(*command, "--reason", "hard_bounce", "--json")
    assert result.code == 1
    assert (result.json["listed"], result.json["added"], result.json["left_out"]) == (2, 2, 1)
    assert "line 3" in result.err
    assert "2 addresses get no mail, 0 of them from now on" in project(*command).out
    found = project.done("suppressions", "--json").json["suppressions"]
    assert {(one["address"], one["reason"]) for one in found} == {
        ("anna@example.org", "hard_bounce"),
        ("x@example.org", "hard_bounce"),
    }
    project.done("run")
    assert len(project.messages()) == 2


def test_what_is_exported_can_be_imported(project: Project, tmp_path: Path) -> None:
    project.subscribe()
    project.done("subscribers", "add", "dora@example.org", *IMMEDIATE, "--name", "=1+1", "--confirmed")
    file = tmp_path / "list.csv"
    told = project.done("subscribers", "export", "--newsletter", "wochenblick", "--output", str(file), "--json").json
    assert told["exported"] == 4
    assert "'=1+1" in file.read_text(encoding="utf-8")
    other = Project.make(tmp_path / "other", project.capsys)
    other.done("subscribers", "import", str(file), *IMMEDIATE, "--confirmed")
    listed = other.done("subscribers", "--json").json["subscribers"]
    assert listed[3]["name"] == "=1+1"
    assert listed[2]["topics"] == ["ki", "praxis"]


def test_an_export_goes_to_standard_output(project: Project) -> None:
    project.subscribe()
    out = project.done("subscribers", "export", "--state", "active").out
    assert out.startswith("email,name,")
    assert "Müller-Rossi" in out
    assert project("subscribers", "export", "--json").code == 2
    assert project("subscribers", "export", "--output", str(project.directory / "no" / "list.csv")).code == 1


def test_a_long_list_is_cut_and_says_so(project: Project) -> None:
    project.subscribe()
    told = project.done("subscribers", "--limit", "2")
    assert "2 of 3" in told.out
    assert project.done("subscribers", "--limit", "2", "--json").json["total"] == 3


def test_who_was_asked_and_has_not_confirmed_is_shown_and_can_be_erased(project: Project) -> None:
    project.done("subscribers", "add", "zoe@example.org", *IMMEDIATE, "--name", "Zoe")
    project.done("run")
    assert "NOT CONFIRMED YET" in project.done("subscribers", "show", "Zoe@example.org").out
    (asked,) = project.done("subscribers", "show", "zoe@example.org", "--json").json["unconfirmed"]
    assert {"newsletter": "wochenblick", "cadence": "immediate", "name": "Zoe"}.items() <= asked.items()
    project.done("subscribers", "erase", "Zoe@example.org")
    assert project("subscribers", "show", "zoe@example.org").code == 1
