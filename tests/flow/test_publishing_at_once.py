"""Several who publish into one directory: two runs at once, `rundbrief serve` and a run, many threads."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.app import open_app
from pipeline.errors import Problem
from pipeline.publish.files import taking_turns
from tests.fakes.commands import Project

TOPICS = '[[feeds]]\nname = "themen"\ntitle = "Themen"\neach = "topic"\nlimit = 1\n\n'


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    made = Project.make(tmp_path / "project", capsys)
    made.configure("[[newsletters]]", f"{TOPICS}[[newsletters]]")
    for day in range(1, 20):
        made.write_article(f"Artikel {day}", day)
    made.done("run")
    return made


def contents(project: Project) -> dict[str, str]:
    home = project.directory / "feeds"
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and path.name != ".gone.json"
    }


def publish(project: Project) -> tuple[Problem, ...]:
    """As another process would."""
    with project.app() as app:
        done = [app.publish_feed(name) for name in ("alle", "themen")]
        done.append(app.publish_pages())
        return tuple(problem for one in done for problem in one.problems)


def test_eight_at_once_while_articles_change_leave_what_one_alone_would(project: Project) -> None:
    def change_and_publish(number: int) -> tuple[Problem, ...]:
        app = open_app(project.directory / "config.toml")
        project.write_article(f"Neu {number}", 20 + number % 5)
        (project.directory / "articles" / f"artikel-{number + 1}.md").unlink()
        with app.collecting() as collect:
            collect("artikel")
        app.close()
        return publish(project)

    with ThreadPoolExecutor(8) as pool:
        problems = [problem for some in pool.map(change_and_publish, range(8)) for problem in some]
    assert problems == []
    project.done("run")
    together = contents(project)
    (project.directory / "feeds").rename(project.directory / "elsewhere")
    publish(project)
    assert contents(project) == together


def test_who_publishes_waits_for_who_does_already(project: Project) -> None:
    done = threading.Event()

    def work() -> None:
        assert publish(project) == ()
        done.set()

    with taking_turns(project.directory / "feeds"):
        other = threading.Thread(target=work)
        other.start()
        assert not done.wait(0.3)
    other.join()
    assert done.is_set()


def test_a_directory_that_can_not_be_published_into_is_a_problem_and_no_crash(project: Project) -> None:
    feeds = project.directory / "feeds"
    feeds.rename(project.directory / "elsewhere")
    feeds.write_text("a file", encoding="utf-8")
    result = project("run", "--json")
    assert result.code == 1
    assert {problem["where"] for problem in result.json["problems"]} == {"feeds.alle", "feeds.themen", "feeds"}
