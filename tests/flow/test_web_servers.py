"""The snippets of the manual, in the web servers that they are for."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette
from starlette.routing import Route

from pipeline.web.feeds import FeedDocuments
from pipeline.web.pictures import PictureFiles
from pipeline.web.server import WebServer
from pipeline.web.site import WebSite

MANUAL = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")
BODY = "<feed>" + "Größe " * 4_000 + "</feed>"
NGINX = """
daemon off;
pid {directory}/pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    {snippet}
}}
"""
MEDIA_TYPES = {
    "/feeds/alle/atom.xml": "application/atom+xml; charset=utf-8",
    "/feeds/alle/rss.xml": "application/rss+xml; charset=utf-8",
    "/feeds/alle/feed.json": "application/feed+json; charset=utf-8",
    "/feeds/alle/archive/2026-01/atom.xml": "application/atom+xml; charset=utf-8",
    "/feeds/feeds.opml": "text/x-opml; charset=utf-8",
    "/feeds/alle/": "text/html; charset=utf-8",
    "/feeds/": "text/html; charset=utf-8",
}


def snippet(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", MANUAL, re.DOTALL)
    assert found
    return found[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    directory = tmp_path / "www" / "feeds"
    (directory / "alle" / "archive" / "2026-01").mkdir(parents=True)
    for name in ("atom.xml", "rss.xml", "feed.json", "index.html", "archive/2026-01/atom.xml"):
        (directory / "alle" / name).write_text(BODY, encoding="utf-8")
    (directory / "alle" / ".rundbrief.json").write_text("{}")
    (directory / "alle" / ".atom.xml.tmp").write_text("a draft")
    for name in ("index.html", "feeds.opml", ".gone.json"):
        (directory / name).write_text(BODY, encoding="utf-8")
    return directory


@contextmanager
def running(command: list[str], url: str) -> Iterator[str]:
    with subprocess.Popen(command) as process:
        try:
            end = time.monotonic() + 20
            while not answers(url):
                assert process.poll() is None
                assert time.monotonic() < end
            yield url
        finally:
            process.terminate()


def answers(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        time.sleep(0.05)
        return False
    return True


@contextmanager
def nginx(tmp_path: Path, text: str) -> Iterator[str]:
    port = free_port()
    home = tmp_path / "nginx"
    home.mkdir()
    # As root, its workers are another user's.
    for part in (tmp_path, *tmp_path.parents):
        if not part.stat().st_mode & 0o001:
            part.chmod(0o755)
    listening = text.replace("listen 80;", f"listen 127.0.0.1:{port};")
    (home / "nginx.conf").write_text(NGINX.format(directory=home, snippet=listening))
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert found
    with running([found, "-c", str(home / "nginx.conf"), "-e", "stderr"], f"http://127.0.0.1:{port}") as url:
        yield url


def test_nginx_gives_out_pictures_as_rundbrief_does(tmp_path: Path) -> None:
    name = f"aa/{'b' * 28}-720.jpg"
    directory = tmp_path / "pictures"
    (directory / "aa").mkdir(parents=True)
    (directory / name).write_bytes(b"\xff\xd8 a picture")
    (directory / "aa" / ".x.tmp").write_bytes(b"a draft")
    text = snippet("nginx-static").replace("/srv/rundbrief/pictures/", f"{directory}/")
    app = Starlette(routes=[Route("/pictures/{path:path}", PictureFiles(directory).answer)])
    with nginx(tmp_path, text) as one, WebServer(app, "127.0.0.1", 0, fresh=lambda _name: None) as server:
        for url in (one, server.url):
            answer = requests.get(f"{url}/pictures/{name}", timeout=5)
            assert (answer.status_code, answer.content) == (200, b"\xff\xd8 a picture")
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
            known = {"If-None-Match": answer.headers["ETag"]}
            assert requests.get(f"{url}/pictures/{name}", headers=known, timeout=5).status_code == 304
            assert requests.get(f"{url}/pictures/aa/.x.tmp", timeout=5).status_code == 404


def test_nginx_gives_out_the_files_as_rundbrief_does(tmp_path: Path, feeds: Path) -> None:
    text = snippet("nginx-static").replace("/srv/rundbrief/feeds/", f"{feeds}/")
    with nginx(tmp_path, text) as url:
        for path, media_type in MEDIA_TYPES.items():
            answer = requests.get(url + path, timeout=5)
            assert (path, answer.status_code, answer.headers["Content-Type"]) == (path, 200, media_type)
            assert answer.text == BODY
            assert answer.headers["Cache-Control"] == "max-age=300"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            # A packed form gets a weak tag, which is as good for this.
            assert answer.headers["Content-Encoding"] == "gzip"
            known = {"If-None-Match": answer.headers["ETag"]}
            assert requests.get(url + path, headers=known, timeout=5).status_code == 304
            known = {"If-Modified-Since": answer.headers["Last-Modified"]}
            assert requests.get(url + path, headers=known, timeout=5).status_code == 304
        assert requests.get(f"{url}/feeds/alle/atom.xml", timeout=5).headers["Access-Control-Allow-Origin"] == "*"
        moved = requests.get(f"{url}/feeds/old-name/atom.xml", timeout=5, allow_redirects=False)
        assert (moved.status_code, moved.headers["Location"]) == (
            301,
            f"http://127.0.0.1:{url.rpartition(':')[2]}/feeds/new-name/atom.xml",
        )
        assert requests.get(f"{url}/feeds/finished/rss.xml", timeout=5).status_code == 410
        for hidden in ("alle/.rundbrief.json", "alle/.atom.xml.tmp", ".gone.json", "alle/none.xml", "none/atom.xml"):
            assert (hidden, requests.get(f"{url}/feeds/{hidden}", timeout=5).status_code) == (hidden, 404)
        assert requests.get(f"{url}/", timeout=5).text == BODY


def test_behind_nginx_readers_get_what_rundbrief_says(tmp_path: Path, feeds: Path) -> None:
    site = WebSite(title="Site", url="https://news.example.org", feeds_url="https://news.example.org/feeds")
    documents = FeedDocuments(feeds, site)
    app = Starlette(routes=[Route("/feeds/{path:path}", documents)])
    with WebServer(app, "127.0.0.1", 0, fresh=documents.fresh) as server:
        text = snippet("nginx-proxy").replace("127.0.0.1:8000", server.url.removeprefix("http://"))
        with nginx(tmp_path, text) as url:
            for _ in range(3):
                answer = requests.get(f"{url}/feeds/alle/atom.xml", headers={"Accept-Encoding": "br"}, timeout=5)
                direct = requests.get(f"{server.url}/feeds/alle/atom.xml", headers={"Accept-Encoding": "br"}, timeout=5)
                for name in (
                    "ETag",
                    "Last-Modified",
                    "Content-Type",
                    "Content-Encoding",
                    "Vary",
                    "Cache-Control",
                    "Link",
                ):
                    assert answer.headers[name] == direct.headers[name]
                known = {"If-None-Match": answer.headers["ETag"]}
                assert requests.get(f"{url}/feeds/alle/atom.xml", headers=known, timeout=5).status_code == 304
