"""`rundbrief run` is killed at every step, then run again: everyone has each issue once."""

from __future__ import annotations

import json
import mailbox
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from tests.fakes.commands import ARTICLE, CONFIG
from tests.fakes.mailgun_server import Fault, MailgunServer
from tests.fakes.mortal import Mortal

PEOPLE = 6
EVENTS = ("commit", "os.rename", "os.remove")


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    with Mortal() as started:
        yield started


class Project:
    """A project on the disk, seen from outside."""

    def __init__(self, directory: Path, mortal: Mortal, config: str = CONFIG) -> None:
        self.directory = directory
        self.mortal = mortal
        (directory / "articles").mkdir()
        (directory / "templates").mkdir()
        # A language that is given needs no detector, which takes longer to load than all the rest.
        config = config.replace('topics  = ["ki"]\n', 'topics  = ["ki"]\nlanguage = "de"\n', 1)
        (directory / "config.toml").write_text(config, encoding="utf-8")
        rows = "".join(f"person{n:03}@example.org,Person {n:03}\n" for n in range(PEOPLE))
        (directory / "people.csv").write_text(f"email,name\n{rows}", encoding="utf-8")
        self.titles: list[str] = []
        assert self.run("collect") == 0
        importing = ("subscribers", "import", str(directory / "people.csv"))
        assert self.run(*importing, "--newsletter", "wochenblick", "--cadence", "immediate", "--confirmed") == 0

    def run(self, *args: str, **death: object) -> int:
        return self.mortal.run("--config", str(self.directory / "config.toml"), *args, quiet=True, **death)

    def write(self) -> None:
        title = f"Artikel {len(self.titles):03}"
        self.titles.append(title)
        text = ARTICLE.format(title=title, day=len(self.titles) % 28 + 1)
        (self.directory / "articles" / f"{len(self.titles)}.md").write_text(text, encoding="utf-8")

    def messages(self) -> list[Message]:
        return list(mailbox.Maildir(self.directory / "outbox", create=False))

    def check(self) -> None:
        """Everyone got every article exactly once, and what is published is whole."""
        got: Counter[tuple[str, str]] = Counter()
        for message in self.messages():
            text = message.get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]
            got.update((str(message["To"]), title) for title in self.titles if title in text)
        assert set(got.values()) == {1}
        assert len(got) == PEOPLE * len(self.titles)
        feed = json.loads((self.directory / "feeds" / "alle" / "feed.json").read_text(encoding="utf-8"))
        assert {item["title"] for item in feed["items"]} == set(self.titles)


@pytest.fixture
def project(tmp_path: Path, mortal: Mortal) -> Project:
    return Project(tmp_path, mortal)


@pytest.mark.parametrize("event", EVENTS)
def test_a_run_that_is_killed_at_any_step_is_completed_by_the_next(project: Project, event: str) -> None:
    """The nth occurrence of the event in a run with one new article, for every n until a run outlives it."""
    count = 1
    while True:
        project.write()
        code = project.run("run", at=event, count=count)
        assert code in (0, -9)
        assert project.run("run") == 0
        if code == 0:
            break
        count += 1
    project.check()


def test_runs_that_are_killed_at_random_moments_lose_and_repeat_nothing(project: Project) -> None:
    chance = random.Random(20261124)
    for _ in range(20):
        project.write()
        for _ in range(chance.randrange(1, 3)):
            project.run("run", after=chance.uniform(0.0, 0.5))
    assert project.run("run") == 0
    project.check()


class Mailgun:
    """Mailgun in a process of its own, which a killed run doesn't take along."""

    def __init__(self, directory: Path) -> None:
        self.store = directory / "accepted.jsonl"
        command = [sys.executable, "-m", "tests.fakes.mailgun_server", "--store", str(self.store)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()

    def accepted(self) -> Counter[tuple[str, str]]:
        lines = self.store.read_text(encoding="utf-8").splitlines()
        return Counter((row["recipient"], row["tag"]) for row in map(json.loads, lines))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


def test_with_a_provider_whose_log_can_be_asked_nobody_is_mailed_twice_and_nobody_forgotten(
    tmp_path: Path, mortal: Mortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its log can't clear up yet is in doubt, listed, and not mailed again."""
    mailgun = Mailgun(tmp_path)
    try:
        table = f'[providers.outbox]\ntype = "mailgun"\ndomain = "mg.example.org"\nbase_url = "{mailgun.url}"\n'
        table += 'api_key_env = "KEY"\n'
        config = CONFIG.replace('[providers.outbox]\ntype = "outbox"\n', table)
        monkeypatch.setenv("KEY", "key-test")
        with Mortal() as own:
            project = Project(tmp_path, own, config)
            chance = random.Random(4)
            for _ in range(12):
                project.write()
                project.run("run", after=chance.uniform(0.05, 0.5))
            project.run("run")
        accepted = mailgun.accepted()
        assert set(accepted.values()) <= {1}
        people = Counter(recipient for recipient, _ in accepted)
        assert len(set(people.values())) == 1, "all recipients of a batch share its fate"
    finally:
        mailgun.stop()


def test_the_server_that_stands_for_mailgun_can_lose_an_answer() -> None:
    """What the test above relies on."""
    with MailgunServer() as server:
        server.faults.append(Fault(accept=True, cut=True))
        assert server.next_fault() == Fault(accept=True, cut=True)
