"""Everything that a hostile source may do, all of it in one run, beside sources that are good."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.feed_server import FeedServer
from tests.fakes.polling import json_feed, rss
from tests.fakes.pretended_network import PUBLIC

ROOT = Path(__file__).parents[2]
MOST_MEGABYTES = 450
"""Of one process with all of them at once.  One answer may have 20 MB; the interpreter and its libraries need 100."""


def feed(path: str, text: str, start: str = "") -> bytes:
    """A feed of one item with this text as its description, in XML."""
    item = f"<item><title>Titel</title><link>https://x.example{path}</link><description>{text}</description></item>"
    return f'<?xml version="1.0"?>{start}<rss version="2.0"><channel><title>T</title>{item}</channel></rss>'.encode()


@dataclass
class Hostile:
    """A source that does harm: what it puts on the server, and what must come of it.

    ``error`` is in the problem that names it; None where it ends in clean articles.  ``names`` are what its look-ups
    are answered with.
    """

    serve: Callable[[FeedServer, str], object]
    error: str | None = None
    articles: int = 0
    names: dict[str, list[list[str]]] | None = None


LAUGHS = '<!DOCTYPE r [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
EVERY_ATTRIBUTE = "".join(
    f"&lt;{tag} {attribute}=\"javascript:alert('{tag}')\" onclick='alert(1)' style='x:expression(alert(1))'&gt;"
    f"x&lt;/{tag}&gt;"
    for tag in ("a", "img", "div", "svg", "math", "iframe", "form", "input", "video", "object", "p", "table", "base")
    for attribute in ("href", "src", "srcset", "action", "formaction", "data", "poster", "xlink:href", "background")
)


def redirects(server: FeedServer, path: str, times: int) -> None:
    server.redirect(path, f"{path}/1", 302)
    for number in range(1, times):
        server.redirect(f"{path}/{number}", f"{path}/{number + 1}", 302)
    server.document(f"{path}/{times}", feed(path, "x"))


HOSTILE: dict[str, Hostile] = {
    "laughs": Hostile(lambda s, p: s.document(p, feed(p, "&j;", LAUGHS + "]>")), "billion laughs"),
    "quadratic": Hostile(
        lambda s, p: s.document(p, feed(p, "&a;" * 50_000, f'<!DOCTYPE r [<!ENTITY a "{"a" * 50_000}">]>')),
        "entity bomb",
    ),
    "xxe": Hostile(
        lambda s, p: s.document(p, feed(p, "&a;", '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>')),
        "external entity",
    ),
    "remote-dtd": Hostile(lambda s, p: s.document(p, feed(p, "ok", f'<!DOCTYPE r SYSTEM "{s.url("/dtd")}">')), None, 1),
    "levels": Hostile(lambda s, p: s.document(p, feed(p, ("<b>" * 200_000 + "tief" + "</b>" * 200_000))), None, 1),
    "html-levels": Hostile(lambda s, p: s.document(p, feed(p, "&lt;div&gt;" * 200_000 + "tief")), None, 1),
    "json-levels": Hostile(
        lambda s, p: s.document(p, b'{"items":' + b"[" * 200_000, "application/feed+json"), "nested too deeply"
    ),
    "latin-as-utf8": Hostile(lambda s, p: s.document(p, feed(p, "Gr\xfc\xdfe").decode().encode("latin-1")), None, 1),
    "utf16-claim": Hostile(
        lambda s, p: s.document(p, feed(p, "x").replace(b'"1.0"', b'"1.0" encoding="utf-16"')),
        "salvaged 1 entries",
        1,
    ),
    "no-such-encoding": Hostile(
        lambda s, p: s.document(p, feed(p, "x").replace(b'"1.0"', b'"1.0" encoding="klingon"')), None, 1
    ),
    "undefined-encoding": Hostile(
        lambda s, p: s.document(p, feed(p, "x").replace(b'"1.0"', b'"1.0" encoding="undefined"')),
        "salvaged 1 entries",
        1,
    ),
    "controls": Hostile(lambda s, p: s.document(p, feed(p, "a\x00b\x01c\x08d\x1be\x7ff")), None, 1),
    "zeros": Hostile(lambda s, p: s.bomb(p, 2_000), "longer than 20,000,000 bytes"),
    "endless": Hostile(lambda s, p: s.endless(p), "longer than 20,000,000 bytes"),
    "drip": Hostile(lambda s, p: s.drip(p, 1.0), "5 seconds"),
    "drip-headers": Hostile(lambda s, p: s.drip_headers(p, 1.0), "5 seconds"),
    "metadata": Hostile(lambda s, p: s.redirect(p, "http://169.254.169.254/latest/meta-data/", 302), "169.254.169.254"),
    "mapped-metadata": Hostile(
        lambda s, p: s.redirect(p, "http://[::ffff:169.254.169.254]/latest/", 301), "not a public address"
    ),
    "decimal-loopback": Hostile(lambda s, p: s.redirect(p, f"http://2130706433:{s.port}/secret", 302), "127.0.0.1"),
    "octal-loopback": Hostile(lambda s, p: s.redirect(p, f"http://0177.0.0.1:{s.port}/secret", 302), "127.0.0.1"),
    "short-loopback": Hostile(lambda s, p: s.redirect(p, f"http://127.1:{s.port}/secret", 302), "127.0.0.1"),
    "any-address": Hostile(lambda s, p: s.redirect(p, f"http://0.0.0.0:{s.port}/secret", 302), "0.0.0.0"),  # noqa: S104
    "intranet": Hostile(
        lambda s, p: s.redirect(p, f"http://wiki.intern:{s.port}/secret", 302),
        "10.0.0.5",
        names={"wiki.intern": [["10.0.0.5"]]},
    ),
    "rebinding": Hostile(
        lambda s, p: s.redirect(p, s.url("/secret", "rebinding.example"), 302),
        "127.0.0.1",
        names={"rebinding.example": [[PUBLIC], ["127.0.0.1"]]},
    ),
    "file": Hostile(lambda s, p: s.redirect(p, "file:///etc/passwd", 302), "redirects to"),
    "forty-redirects": Hostile(lambda s, p: redirects(s, p, 40), "redirects more than 10 times"),
    "circle": Hostile(lambda s, p: s.redirect(p, p, 301), "redirects more than 10 times"),
    "page": Hostile(
        lambda s, p: s.document(p, b"<!doctype html><html><body>Hallo</body></html>", "text/html"), "web page (HTML)"
    ),
    "page-flood": Hostile(
        lambda s, p: s.document(p, b"<!doctype html><html><body>" + b"<div>x</div>" * 400_000), "web page (HTML)"
    ),
    "tag-flood": Hostile(lambda s, p: s.document(p, feed(p, "<q>x</q>" * 300_000)), None, 1),
    "truncated": Hostile(
        lambda s, p: s.document(p, rss([1, 2, 3], guid="t-{}", link="https://t.example/{}")[:-150]), "cut off", 2
    ),
    "cut-off": Hostile(lambda s, p: s.cut_off(p, feed(p, "x")), "broke off"),
    "attributes": Hostile(
        lambda s, p: s.document(p, feed(p, "<b " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>")),
        "64 attributes",
    ),
    "html-attributes": Hostile(
        lambda s, p: s.document(
            p, feed(p, ("&lt;p " + " ".join(f"a{n}=1" for n in range(100_000)) + "&gt;Text&lt;/p&gt;"))
        ),
        None,
        1,
    ),
    "scripts": Hostile(lambda s, p: s.document(p, feed(p, EVERY_ATTRIBUTE)), None, 1),
    "not-http": Hostile(lambda s, p: s.raw(p, b"SSH-2.0-OpenSSH_9.2\r\n"), "broke off"),
    "too-many-headers": Hostile(
        lambda s, p: s.raw(p, b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n"), "broke off"
    ),
}
GOOD = ("good-0", "good-1", "good-2", "good-json", "good-gzip", "good-slow")


@pytest.fixture(scope="module")
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture(scope="module")
def ran(server: FeedServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one run made of all of them."""
    for number, name in enumerate(GOOD[:3]):
        server.document(f"/{name}", good(number, name))
    server.document("/good-json", json_feed_of("good-json"), "application/feed+json")
    server.compressed("/good-gzip", good(4, "good-gzip"))
    server.slow("/good-slow", good(5, "good-slow"), 1.0)
    server.document("/secret", good(6, "secret"))
    server.document("/dtd", b"<!ENTITY x 'y'>")
    names: dict[str, list[list[str]]] = {}
    for name, hostile in HOSTILE.items():
        hostile.serve(server, f"/{name}")
        names |= hostile.names or {}
    directory = tmp_path_factory.mktemp("hostile")
    sources = "".join(
        f'[[sources]]\nname = "{name}"\ntype = "feed"\nurl = "{server.url(f"/{name}", f"{name}.example")}"\n'
        f'timeout = "5 seconds"\nbacklog = "all"\n'
        for name in [*HOSTILE, *GOOD]
    )
    (directory / "config.toml").write_text(
        '[site]\ntitle = "T"\nurl = "https://news.example.org"\nlanguage = "de"\n'
        f'[[feeds]]\nname = "alle"\ntitle = "Alle"\n{sources}',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "tests.fakes.measured_run", str(directory / "config.toml"), json.dumps(names)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def good(number: int, name: str) -> bytes:
    return rss(range(1, 21), guid=f"{name}-{{}}", link=f"https://{name}.example/{number}/{{}}")


def json_feed_of(name: str) -> bytes:
    return json_feed(range(1, 21)).replace(b"blog.example.org", f"{name}.example".encode())


def of(ran: dict[str, Any], name: str, kind: str) -> list[str]:
    """The texts of problems or notes about a source."""
    return [what for _, where, what in ran[kind] if where.split(",")[0].split(" (")[0] == f"source {name}"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_source_ends_in_a_named_error_or_a_clean_article(ran: dict[str, Any], name: str) -> None:
    hostile = HOSTILE[name]
    problems = of(ran, name, "problems")
    if hostile.error is None:
        assert problems == []
    else:
        assert len(problems) == 1
        assert hostile.error in problems[0]
    texts = [html for source, _, html in ran["articles"] if source == name]
    assert len(texts) == hostile.articles
    for text in texts:
        assert not any(
            bad in text for bad in ("javascript", "onclick", "expression", "<script", "root:", "\x00", "\x01")
        )


@pytest.mark.parametrize("name", GOOD)
def test_the_good_sources_beside_them_are_complete(ran: dict[str, Any], name: str) -> None:
    assert len([source for source, *_ in ran["articles"] if source == name]) == 20
    assert of(ran, name, "problems") == []
    assert ran["errors"][name] is None


def test_nothing_was_connected_to_that_is_not_public(ran: dict[str, Any], server: FeedServer) -> None:
    assert ran["connected"] == [PUBLIC]
    assert server.asked("/secret") == []
    assert server.asked("/dtd") == []
    assert ran["looked_up"].count("rebinding.example") == 2


def test_memory_is_bounded(ran: dict[str, Any]) -> None:
    assert ran["peak_megabytes"] < MOST_MEGABYTES, ran["peak_megabytes"]
