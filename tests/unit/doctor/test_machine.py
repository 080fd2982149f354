"""Clock, disks, rights of files; the site's certificate."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from pipeline.doctor.machine import clock, disks, private_files
from pipeline.doctor.site import certificate, site

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
TLS = Path(__file__).parents[2] / "data" / "tls"


def test_a_clock_that_is_behind_what_was_written_down_is_wrong() -> None:
    assert clock(NOW, None).problems == ()
    assert clock(NOW, NOW + timedelta(minutes=4)).problems == ()
    (problem,) = clock(NOW, NOW + timedelta(hours=2)).problems
    assert (problem.code, "2 h behind" in problem.what) == ("clock-behind", True)


def test_disks_are_looked_at_where_a_directory_is_still_to_be_made(tmp_path: Path) -> None:
    (found,) = disks([("store", tmp_path / "not" / "yet")])
    assert found.what.startswith("disk of store: ")


@pytest.mark.parametrize(("mode", "wrong"), [(0o600, False), (0o644, True), (0o660, True)])
def test_a_key_that_others_can_read_is_wrong(tmp_path: Path, mode: int, wrong: bool) -> None:  # noqa: FBT001
    key = tmp_path / "rundbrief.key"
    key.write_bytes(b"k")
    key.chmod(mode)
    (found,) = private_files([key, tmp_path / "missing"])
    assert bool(found.problems) == wrong


@pytest.fixture
def trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(TLS / "authority.pem"))


@pytest.fixture
def https() -> HTTPServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "localhost.pem")
    server = HTTPServer(host="localhost", ssl_context=context)
    server.expect_request("/healthz").respond_with_data("ok\n")
    return server


def test_a_certificate_is_good_until_it_is_nearly_over(https: HTTPServer, trust: ssl.SSLContext) -> None:
    with https:
        assert certificate("localhost", https.port, datetime.now(UTC), trust).problems == ()
        late = datetime(2400, 1, 1, tzinfo=UTC)
        (over,) = certificate("localhost", https.port, late, trust).problems
        assert over.code == "certificate"
        (stranger,) = certificate("localhost", https.port, NOW).problems
        assert "not good" in stranger.what
    (closed,) = certificate("localhost", https.port, NOW, trust).problems
    assert closed.code == "site"


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_site_that_something_else_answers_is_named(https: HTTPServer, trust: ssl.SSLContext) -> None:
    with https:
        url = https.url_for("/").rstrip("/")
        good = [problem.code for one in site(url, datetime.now(UTC), trust) for problem in one.problems]
        assert good == []
        other = [problem.code for one in site(f"{url}/other", datetime.now(UTC), trust) for problem in one.problems]
        assert other == ["site"]
        off = [
            warning.code for one in site(url, datetime.now(UTC) + timedelta(hours=2), trust) for warning in one.warnings
        ]
        assert "clock-off" in off
