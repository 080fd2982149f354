"""Pictures are fetched as politely and as warily as sources, and become files that web servers can serve."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from pipeline.collect.fetch import Fetcher
from pipeline.collect.hosts import Hosts
from pipeline.collect.pictures.copying import WAITS, Copier, Pictures
from pipeline.collect.pictures.files import remove_files, write_file
from pipeline.domain.pictures import PictureCopy, Wanted
from tests.fakes.feed_server import FeedServer
from tests.fakes.pictures import bomb, jpeg
from tests.fakes.pretended_network import PUBLIC, PretendedNetwork
from tests.fakes.times import START

LIMIT = 400_000


@dataclass
class Notes:
    """What a copier says of its pictures."""

    kept: list[tuple[PictureCopy, int]] = field(default_factory=list)
    failed: list[tuple[str, datetime | None]] = field(default_factory=list)
    postponed: list[datetime] = field(default_factory=list)

    def keep(self, wanted: Wanted, copy: PictureCopy, size: int, now: datetime) -> None:
        self.kept.append((copy, size))

    def fail(self, wanted: Wanted, why: str, retry: datetime | None, now: datetime) -> None:
        self.failed.append((why, retry))

    def postpone(self, wanted: Wanted, until: datetime) -> None:
        self.postponed.append(until)


@dataclass
class Desk:
    server: FeedServer
    network: PretendedNetwork
    copier: Copier
    notes: Notes
    directory: Path

    def url(self, path: str, host: str = "bilder.example") -> str:
        return self.server.url(path, host)

    def copy(self, path: str, *, tries: int = 0, host: str = "bilder.example") -> bool:
        return self.copier.copy(Wanted(1, self.url(path, host), tries), START)

    def files(self) -> list[str]:
        return sorted(str(file.relative_to(self.directory)) for file in self.directory.rglob("*") if file.is_file())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    network = PretendedNetwork(names={"intern.example": [["10.0.0.1"]], "selbst.example": [["127.0.0.1"]]})
    fetcher = Fetcher(
        user_agent="Rundbrief/1 (+https://news.example.org)",
        resolve=network.resolve,
        connect=network.connect,
        hosts=Hosts(spacing=timedelta()),
    )
    notes = Notes()
    pictures = Pictures(directory=tmp_path / "pictures", widths=(720, 1072), quality=80, max_bytes=LIMIT)
    with FeedServer() as server:
        yield Desk(server, network, Copier(pictures, fetcher, notes), notes, pictures.directory)
    fetcher.close()


def test_a_picture_becomes_files_that_a_web_server_can_read(desk: Desk) -> None:
    desk.server.document("/a.jpg", jpeg(), "image/jpeg")
    assert desk.copy("/a.jpg")
    (copy, size), *_ = desk.notes.kept
    assert (copy.url, copy.width, copy.height) == (desk.url("/a.jpg"), 1600, 1200)
    assert [(one.width, one.height) for one in copy.sizes] == [(720, 540), (1072, 804)]
    assert desk.files() == sorted(one.name for one in copy.sizes)
    assert sum((desk.directory / name).stat().st_size for name in desk.files()) == size
    for one in copy.sizes:
        file = desk.directory / one.name
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        with Image.open(file) as picture:
            assert picture.size == (one.width, one.height)


def test_it_says_who_asks_and_what_it_can_read(desk: Desk) -> None:
    desk.server.document("/a.jpg", jpeg(), "image/jpeg")
    desk.copy("/a.jpg")
    headers = desk.server.requests[0].headers
    assert headers["User-Agent"].startswith("Rundbrief/")
    assert headers["Accept"].startswith("image/jpeg")
    assert "Cookie" not in headers
    assert "Referer" not in headers


def test_another_picture_at_the_same_address_gets_other_names(desk: Desk) -> None:
    desk.server.document("/a.jpg", jpeg(800), "image/jpeg")
    desk.copy("/a.jpg")
    desk.copy("/a.jpg")
    assert len(desk.files()) == 2
    desk.server.document("/a.jpg", jpeg(900), "image/jpeg")
    desk.copy("/a.jpg")
    assert len(desk.files()) == 4


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"<!DOCTYPE html><title>Login</title>", "image/jpeg"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (jpeg()[:30_000], "image/jpeg"),
        (bomb(), "image/png"),
        (b"", "image/png"),
    ],
)
def test_what_is_no_picture_is_left_where_it_is_for_good(desk: Desk, body: bytes, media_type: str) -> None:
    desk.server.document("/a", body, media_type)
    assert not desk.copy("/a")
    assert [retry for _, retry in desk.notes.failed] == [None]
    assert not desk.directory.exists()


def test_what_a_server_calls_it_does_not_matter(desk: Desk) -> None:
    desk.server.document("/a", jpeg(), "text/plain")
    assert desk.copy("/a")


def test_of_one_that_is_too_large_no_more_is_read_than_the_limit(desk: Desk) -> None:
    desk.server.bomb("/packed.jpg", 300)
    desk.server.endless("/endless.jpg")
    assert not desk.copy("/packed.jpg")
    assert not desk.copy("/endless.jpg")
    assert [(f"{LIMIT:,}" in why, retry) for why, retry in desk.notes.failed] == [(True, None), (True, None)]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_one_that_is_refused_is_left_for_good(desk: Desk, status: int) -> None:
    desk.server.status("/a.jpg", status)
    assert not desk.copy("/a.jpg")
    assert [retry for _, retry in desk.notes.failed] == [None]


def test_one_that_can_not_be_had_now_is_tried_again_later_and_later_and_then_no_more(desk: Desk) -> None:
    desk.server.status("/a.jpg", 500)
    for tries in range(len(WAITS) + 1):
        assert not desk.copy("/a.jpg", tries=tries)
    assert [retry for _, retry in desk.notes.failed] == [*(START + wait for wait in WAITS), None]


def test_one_that_is_cut_off_on_its_way_is_tried_again(desk: Desk) -> None:
    desk.server.cut_off("/a.jpg", jpeg(), "image/jpeg")
    assert not desk.copy("/a.jpg")
    assert desk.notes.failed[0][1] == START + WAITS[0]


def test_a_host_that_wants_to_be_left_alone_is(desk: Desk) -> None:
    desk.server.status("/a.jpg", 429, {"Retry-After": "7200"})
    desk.server.document("/b.jpg", jpeg(), "image/jpeg")
    assert not desk.copy("/a.jpg")
    assert desk.notes.failed[0][1] == START + timedelta(hours=2)
    assert not desk.copy("/b.jpg")
    assert desk.notes.postponed == [START + timedelta(hours=2)]
    assert len(desk.server.requests) == 1


@pytest.mark.parametrize("host", ["intern.example", "selbst.example", "127.0.0.1", "[::1]", "169.254.169.254"])
def test_what_is_in_private_is_never_made_public(desk: Desk, host: str) -> None:
    desk.server.document("/a.jpg", jpeg(), "image/jpeg")
    assert not desk.copy("/a.jpg", host=host)
    assert desk.notes.failed[0][1] is None
    assert desk.server.requests == []


def test_no_redirect_leads_into_private(desk: Desk) -> None:
    desk.server.document("/secret.jpg", jpeg(), "image/jpeg")
    desk.server.redirect("/a.jpg", desk.url("/secret.jpg", "127.0.0.1"), 302)
    assert not desk.copy("/a.jpg")
    assert [request.path for request in desk.server.requests] == ["/a.jpg"]
    assert set(desk.network.connected) == {PUBLIC}


def test_a_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    write_file(tmp_path / "aa" / "b.jpg", b"one")
    before = (tmp_path / "aa" / "b.jpg").stat()
    write_file(tmp_path / "aa" / "b.jpg", b"one")
    assert (tmp_path / "aa" / "b.jpg").stat().st_ino == before.st_ino
    assert [file.name for file in (tmp_path / "aa").iterdir()] == ["b.jpg"]


def test_files_go_and_directories_that_are_empty_then(tmp_path: Path) -> None:
    write_file(tmp_path / "aa" / "b.jpg", b"one")
    write_file(tmp_path / "aa" / "c.jpg", b"two")
    remove_files(tmp_path, ["aa/b.jpg", "aa/unknown.jpg", "zz/unknown.jpg"])
    assert [file.name for file in (tmp_path / "aa").iterdir()] == ["c.jpg"]
    remove_files(tmp_path, ["aa/c.jpg"])
    assert list(tmp_path.iterdir()) == []
