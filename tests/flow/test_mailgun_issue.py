"""An issue to 2,500 subscribers through a server that answers as Mailgun does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fakes.commands import CONFIG, Project
from tests.fakes.mailgun_server import MailgunServer, internal_error, rate_limited

PEOPLE = 2_500


@pytest.fixture
def mailgun() -> MailgunServer:
    return MailgunServer()


@pytest.fixture
def project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, mailgun: MailgunServer
) -> Project:
    monkeypatch.setenv("MAILGUN_API_KEY", mailgun.api_key)
    table = (
        "[providers.outbox]\n"
        'type = "mailgun"\n'
        'domain = "mg.example.org"\n'
        f'base_url = "{mailgun.base_url}"\n'
        'api_key_env = "MAILGUN_API_KEY"\n'
    )
    made = Project.make(tmp_path / "project", capsys, CONFIG.replace('[providers.outbox]\ntype = "outbox"\n', table))
    rows = "".join(f"person{n:04}@example.org,Person {n} Müller\n" for n in range(PEOPLE))
    people = made.directory / "people.csv"
    people.write_text(f"email,name\n{rows}", encoding="utf-8")
    made.done(
        "subscribers", "import", str(people), "--newsletter", "wochenblick", "--cadence", "immediate", "--confirmed"
    )
    return made


def test_everyone_gets_their_own_links_in_three_calls(project: Project, mailgun: MailgunServer) -> None:
    with mailgun:
        (issue,) = project.done("run", "--json").json["mailed"]["issues"]
        assert (issue["audience"], issue["accepted"], issue["state"]) == (PEOPLE, PEOPLE, "finished")
        assert sorted(len(call.recipients) for call in mailgun.calls) == [500, 1000, 1000]
        assert mailgun.requests == 3
        links = set()
        for address, message in mailgun.messages:
            link = str(message["List-Unsubscribe"])
            html = message.get_body(("html",))
            text = message.get_body(("plain",))
            assert html is not None
            assert text is not None
            assert link.strip("<>") in html.get_content()
            assert link.strip("<>") in text.get_content()
            assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            assert f"Person {int(address[6:10])} Müller" in text.get_content()
            links.add(link)
        assert len(links) == PEOPLE


def test_what_is_throttled_waits_and_nobody_is_mailed_twice(project: Project, mailgun: MailgunServer) -> None:
    with mailgun:
        mailgun.faults.append(rate_limited("1 second"))
        (issue,) = project.done("run", "--json").json["mailed"]["issues"]
        assert issue["accepted"] == PEOPLE
        assert set(Counter(mailgun.accepted).values()) == {1}


def test_an_unclear_answer_is_cleared_up_by_the_log(project: Project, mailgun: MailgunServer) -> None:
    with mailgun:
        mailgun.faults.append(internal_error(accept=True))
        (issue,) = project.done("run", "--json").json["mailed"]["issues"]
        assert issue["accepted"] == PEOPLE
        assert set(Counter(mailgun.accepted).values()) == {1}
        assert mailgun.accepted.__len__() == PEOPLE


def test_what_the_log_does_not_show_stays_in_doubt_until_a_person_decides(
    project: Project, mailgun: MailgunServer
) -> None:
    with mailgun:
        mailgun.faults.append(internal_error(accept=False))
        result = project("run", "--json")
        assert result.code == 1
        (issue,) = result.json["mailed"]["issues"]
        assert (issue["accepted"] + issue["in_doubt"], issue["state"]) == (PEOPLE, "open")
        assert [problem["code"] for problem in result.json["problems"]] == ["mail-in-doubt"]
        missing = PEOPLE - len(mailgun.accepted)
        assert issue["in_doubt"] == missing > 0

        assert project("run", "--json").code == 1, "nothing is guessed"
        assert len(mailgun.accepted) == PEOPLE - missing

        project.done("issues", "resolve", str(issue["id"]), "--resend")
        project.done("run")
        assert set(Counter(mailgun.accepted).values()) == {1}
        assert len(mailgun.accepted) == PEOPLE
