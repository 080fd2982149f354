"""Events reach a whole installation: posted to its web server, asked of logs and lists, found in a mailbox."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import config
from pipeline.app import App, open_app
from pipeline.audience.tokens import PREFERENCES, UNSUBSCRIBE
from pipeline.deliver.events.suppression_lists import SendGridLists, SparkPostList
from pipeline.deliver.providers.http_calls import HttpCalls
from pipeline.domain.audience import NewSubscriber, SubscriptionState, SuppressionReason
from pipeline.domain.event import EventCounts, EventKind
from pipeline.domain.issue import IMMEDIATE, IssueKey
from pipeline.domain.ledger import IssueId, SubscriberId
from pipeline.errors import ConfigError, ProviderUnavailable, StoreUnavailable
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.server import WebServer
from pipeline.web.site import Health, WebSite
from pipeline.web.webhooks import LARGEST_POST, WebhookEndpoint
from pipeline.wiring.mail import terms
from tests.fakes.commands import CONFIG, Project
from tests.fakes.imap_server import ImapServer
from tests.fakes.mailing import show, sighting

NEWSLETTER = "wochenblick"
TEMPLATES = Path(__file__).parents[2] / "templates"
SECRETS = {
    "MAILGUN_API_KEY": "key-abc",
    "MAILGUN_SIGNING_KEY": "signing-key",
    "POSTMARK_TOKEN": "token-abc",
    "POSTMARK_SECRET": "correct-horse-battery-staple",
    "MANDRILL_KEY": "mandrill-abc",
    "MANDRILL_WEBHOOK_KEY": "mandrill-webhook",
    "BOUNCES_PASSWORD": 'geheim "\\ wort',
}
PROVIDERS = """
[providers.mailgun]
type = "mailgun"
domain = "mg.example.org"
base_url = "{base_url}"
api_key_env = "MAILGUN_API_KEY"
webhook_secret_env = "MAILGUN_SIGNING_KEY"
poll_events = "5 minutes"

[providers.postmark]
type = "postmark"
base_url = "{base_url}"
api_key_env = "POSTMARK_TOKEN"
webhook_secret_env = "POSTMARK_SECRET"

[providers.mandrill]
type = "mandrill"
api_key_env = "MANDRILL_KEY"
webhook_secret_env = "MANDRILL_WEBHOOK_KEY"

[providers.post]
type = "smtp"
host = "127.0.0.1"
security = "none"
envelope_from = "bounces@news.example.org"
verp = true
"""


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class House:
    """An installation with an issue for anna and ben."""

    app: App
    clock: Clock
    issue: IssueId = field(default_factory=lambda: IssueId(0))

    def fill(self) -> None:
        store, now = self.app.store, self.clock()
        people = [NewSubscriber(address=f"{name}@example.org") for name in ("anna", "ben")]
        store.subscriptions.add_subscribers(people, NEWSLETTER, IMMEDIATE, confirmed=True, now=now - timedelta(days=1))
        show(store, [sighting("x")], now - timedelta(hours=1))
        self.app.release()
        slot = store.issues.immediate_slot(NEWSLETTER, "Europe/Berlin")
        assert slot is not None
        newsletter = self.app.newsletters[NEWSLETTER]
        key = IssueKey(newsletter=NEWSLETTER, cadence=IMMEDIATE, zone="Europe/Berlin", slot=slot)
        frozen = store.issues.freeze(key, terms(newsletter, self.app.providers(newsletter)), now)
        assert frozen is not None
        self.issue = frozen

    @property
    def ours(self) -> dict[str, str]:
        return {"issue": str(self.app.store.issues.shown([self.issue])[0].uid), "subscriber": str(self.person("anna"))}

    def person(self, name: str) -> int:
        return next(iter(self.app.store.subscriptions.listed(address=f"{name}@example.org"))).subscriber.id

    def suppressed(self, name: str) -> SuppressionReason | None:
        found = self.app.store.subscriptions.suppression(f"{name}@example.org")
        return found.reason if found else None

    @property
    def rates(self) -> EventCounts:
        return self.app.store.events.rates(self.issue)

    @contextmanager
    def served(self) -> Iterator[str]:
        site = WebSite(title="T", url="https://news.example.org", feeds_url="https://news.example.org/feeds")
        app = self.app
        web = create_app(
            site,
            feeds=FeedDocuments(Path("/nonexistent"), site),
            templates=[TEMPLATES],
            choices=app.choices,
            health=lambda: Health(ready=True),
            clock=self.clock,
            webhooks=WebhookEndpoint(app.hearing.webhooks, app.hearing.record, self.clock),
        )
        with WebServer(web, "127.0.0.1", 0) as server:
            yield server.url


Make = Callable[..., House]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    opened: list[App] = []
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    def made(more: str = "", base_url: str = "http://127.0.0.1:9") -> House:
        text = CONFIG.replace('providers = ["outbox"]', 'providers = ["mailgun", "postmark", "mandrill", "post"]')
        text = text.replace('[templates]\ndirectory = "templates"\n', "")
        file = tmp_path / "config.toml"
        file.write_text(text + PROVIDERS.format(base_url=base_url) + more, encoding="utf-8")
        clock = Clock()
        opened.append(open_app(file, clock))
        house = House(opened[-1], clock)
        house.fill()
        return house

    yield made
    for app in opened:
        app.close()


# Webhooks


def mailgun_post(house: House, event: str = "complained", token: str = "t" * 50, **more: Any) -> dict[str, Any]:
    seconds = str(int(house.clock().timestamp()))
    signature = hmac.digest(b"signing-key", f"{seconds}{token}".encode(), "sha256").hex()
    data = {
        "event": event,
        "id": "e1",
        "timestamp": house.clock().timestamp(),
        "recipient": "anna@example.org",
        "user-variables": house.ours,
        **more,
    }
    return {"signature": {"timestamp": seconds, "token": token, "signature": signature}, "event-data": data}


def test_a_complaint_is_posted(make: Make) -> None:
    house = make()
    with house.served() as url:
        answer = requests.post(f"{url}/webhooks/mailgun", json=mailgun_post(house), timeout=5)
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert house.suppressed("anna") is SuppressionReason.COMPLAINT
    assert house.rates.by_kind == {EventKind.COMPLAINED: 1}


def test_a_repetition_changes_nothing_and_one_with_something_else_is_refused(make: Make) -> None:
    house = make()
    first = mailgun_post(house, "delivered")
    forged = {**first, "event-data": {**first["event-data"], "event": "complained", "id": "e2"}}
    with house.served() as url:
        answers = [requests.post(f"{url}/webhooks/mailgun", json=body, timeout=5) for body in (first, first, forged)]
    assert [answer.status_code for answer in answers] == [200, 200, 401]
    assert house.suppressed("anna") is None
    assert house.rates.by_kind == {EventKind.DELIVERED: 1}


def test_all_that_is_not_genuine_gets_the_same_answer(make: Make) -> None:
    house = make()
    good = mailgun_post(house)
    bad = [
        {},
        {"signature": {}},
        {**good, "signature": {**good["signature"], "signature": "0" * 64}},
        {**good, "signature": {**good["signature"], "timestamp": "1"}},
    ]
    with house.served() as url:
        answers = [requests.post(f"{url}/webhooks/mailgun", json=body, timeout=5) for body in bad]
        answers.append(requests.post(f"{url}/webhooks/postmark/wrong", json={"RecordType": "Open"}, timeout=5))
        answers.append(requests.post(f"{url}/webhooks/mandrill", data={"mandrill_events": "[]"}, timeout=5))
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, "Not accepted.\n")}
    assert house.suppressed("anna") is None


def test_a_secret_in_the_address_or_the_login_lets_postmark_in(make: Make) -> None:
    house, secret = make(), SECRETS["POSTMARK_SECRET"]
    bounce = {
        "RecordType": "Bounce",
        "ID": 1,
        "Type": "HardBounce",
        "Email": "anna@example.org",
        "Metadata": house.ours,
    }
    with house.served() as url:
        by_address = requests.post(f"{url}/webhooks/postmark/{secret}", json=bounce, timeout=5)
        by_login = requests.post(f"{url}/webhooks/postmark", json=bounce, auth=("any", secret), timeout=5)
    assert (by_address.status_code, by_login.status_code) == (200, 200)
    assert house.suppressed("anna") is SuppressionReason.HARD_BOUNCE
    assert house.rates.by_kind == {EventKind.HARD_BOUNCE: 1}


def test_mandrill_signs_the_public_address(make: Make) -> None:
    house = make()
    message = {"email": "anna@example.org", "metadata": house.ours}
    events = json.dumps([{"event": "unsub", "_id": "1", "ts": house.clock().timestamp(), "msg": message}])
    signed = f"https://news.example.org/webhooks/mandrillmandrill_events{events}"
    signature = base64.b64encode(hmac.digest(b"mandrill-webhook", signed.encode(), "sha1")).decode()
    with house.served() as url:
        looked = requests.head(f"{url}/webhooks/mandrill", timeout=5)
        headers = {"X-Mandrill-Signature": signature}
        answer = requests.post(f"{url}/webhooks/mandrill", data={"mandrill_events": events}, headers=headers, timeout=5)
    assert (looked.status_code, answer.status_code) == (200, 200)
    anna = next(iter(house.app.store.subscriptions.listed(address="anna@example.org")))
    assert (anna.state, anna.ended_how) == (SubscriptionState.UNSUBSCRIBED, "told by mandrill")
    assert house.suppressed("anna") is None


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/webhooks/post", {"json": {}}, 404),
        ("/webhooks/nobody", {"json": {}}, 404),
        ("/webhooks/mailgun/x/y", {"json": {}}, 404),
        ("/webhooks/mailgun", {"data": "{}", "headers": {"Content-Type": "text/html"}}, 415),
        ("/webhooks/mandrill", {"json": {}}, 415),
        ("/webhooks/mailgun", {"data": b" " * 1_000_001, "headers": {"Content-Type": "application/json"}}, 413),
        (
            "/webhooks/postmark",
            {"data": b" " * (LARGEST_POST + 1), "headers": {"Content-Type": "application/json"}},
            413,
        ),
    ],
)
def test_what_is_no_webhook_or_no_post_of_one(make: Make, path: str, options: Mapping[str, Any], status: int) -> None:
    house = make()
    with house.served() as url:
        assert requests.post(url + path, timeout=10, **options).status_code == status


def test_what_can_not_be_understood_need_not_be_told_again(make: Make) -> None:
    house, secret = make(), SECRETS["POSTMARK_SECRET"]
    nothing = mailgun_post(house)
    del nothing["event-data"]["event"]
    with house.served() as url:
        by_mailgun = requests.post(f"{url}/webhooks/mailgun", json=nothing, timeout=5)
        headers = {"Content-Type": "application/json"}
        by_postmark = requests.post(f"{url}/webhooks/postmark/{secret}", data="[[[", headers=headers, timeout=5)
    # Mailgun ends with 406, Postmark with 403.
    assert (by_mailgun.status_code, by_postmark.status_code) == (406, 403)


def test_while_the_store_is_away_it_is_to_be_told_again(make: Make) -> None:
    house = make()

    def away(*_: object) -> Any:
        raise StoreUnavailable("is full")

    site = WebSite(title="T", url="https://news.example.org", feeds_url="https://news.example.org/feeds")
    web = create_app(
        site,
        feeds=FeedDocuments(Path("/nonexistent"), site),
        templates=[TEMPLATES],
        choices=house.app.choices,
        health=lambda: Health(ready=True),
        clock=house.clock,
        webhooks=WebhookEndpoint(house.app.hearing.webhooks, away, house.clock),
    )
    with WebServer(web, "127.0.0.1", 0) as server:
        answer = requests.post(f"{server.url}/webhooks/mailgun", json=mailgun_post(house), timeout=5)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_a_secret_that_can_be_guessed_is_refused(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SECRETS, "POSTMARK_SECRET", "short")
    monkeypatch.setenv("POSTMARK_SECRET", "short")
    house = make()
    with pytest.raises(ConfigError, match=r"postmark.webhook_secret_env.*16 characters"):
        _ = house.app.hearing.webhooks


# Logs and lists


class Mailgun:
    """Mailgun's log and lists, in pages of two."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.events: list[dict[str, Any]] = []
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[float, float]] = []
        self.broken = False
        server.expect_request(re.compile(r"/v3/mg\.example\.org/.*")).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        assert request.authorization is not None
        assert request.authorization.password == "key-abc"
        if self.broken:
            return Response("{}", status=503)
        what, page = request.path.split("/")[3], int(request.args.get("page", 0))
        items = self.lists.get(what, [])
        if what == "events":
            begin, end = float(request.args["begin"]), float(request.args["end"])
            assert request.args["ascending"] == "yes"
            if page == 0:
                self.asked.append((begin, end))
            items = sorted(
                (one for one in self.events if begin <= one["timestamp"] <= end), key=lambda one: one["timestamp"]
            )
        args = {**request.args, "page": page + 1}
        query = "&".join(f"{name}={value}" for name, value in args.items())
        following = self.server.url_for(f"{request.path}?{query}")
        body = {"items": items[2 * page : 2 * page + 2], "paging": {"next": following}}
        return Response(json.dumps(body), content_type="application/json")


@pytest.fixture
def mailgun(httpserver: HTTPServer) -> Mailgun:
    return Mailgun(httpserver)


def test_mailguns_log_is_asked_and_late_events_are_found(make: Make, mailgun: Mailgun) -> None:
    house = make(base_url=mailgun.server.url_for("").rstrip("/"))
    now = house.clock().timestamp()

    def add(id_: str, event: str, seconds: float, **more: Any) -> None:
        whole = mailgun_post(house, event, id=id_, **more)["event-data"]
        mailgun.events.append({**whole, "timestamp": now + seconds})

    add("e1", "delivered", -3)
    add("e2", "opened", -2)
    add("e3", "levitated", -1)
    assert house.app.hearing.listen() == []
    assert house.rates.by_kind == {EventKind.DELIVERED: 1, EventKind.OPENED: 1, EventKind.UNKNOWN: 1}
    # Not yet due: nothing is asked.
    house.app.hearing.listen()
    assert len(mailgun.asked) == 1
    house.clock.now += timedelta(minutes=5)
    add("e4", "complained", -1200)
    house.app.hearing.listen()
    assert house.suppressed("anna") is SuppressionReason.COMPLAINT
    assert mailgun.asked[1][0] == now - 1800
    assert house.rates.by_kind[EventKind.DELIVERED] == 1


def test_what_was_posted_and_is_in_the_log_too_counts_once(make: Make, mailgun: Mailgun) -> None:
    house = make(base_url=mailgun.server.url_for("").rstrip("/"))
    posted = mailgun_post(house, "delivered")
    mailgun.events.append(posted["event-data"])
    with house.served() as url:
        requests.post(f"{url}/webhooks/mailgun", json=posted, timeout=5)
    house.app.hearing.listen()
    with house.app.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one() == 1


def test_a_log_that_does_not_answer_is_a_problem_and_is_asked_again(make: Make, mailgun: Mailgun) -> None:
    house = make(base_url=mailgun.server.url_for("").rstrip("/"))
    mailgun.broken = True
    (problem,) = house.app.hearing.listen()
    assert problem.where == "log of mailgun"
    mailgun.broken = False
    mailgun.events.append(mailgun_post(house, "complained")["event-data"])
    house.clock.now += timedelta(minutes=5)
    assert house.app.hearing.listen() == []
    assert house.suppressed("anna") is SuppressionReason.COMPLAINT


def test_a_providers_own_lists_are_taken_over(make: Make, mailgun: Mailgun) -> None:
    house = make(base_url=mailgun.server.url_for("").rstrip("/"))
    mailgun.lists = {
        "bounces": [{"address": f"{n}@example.org", "code": "550", "error": "unknown"} for n in range(5)],
        "complaints": [{"address": "Anna@example.org"}],
        "unsubscribes": [
            {"address": "ben@example.org", "tags": ["weekly"]},
            {"address": "x@example.org", "tags": ["*"]},
        ],
    }
    assert house.app.hearing.take_over_list("mailgun") == (7, 7)
    assert house.app.hearing.take_over_list("mailgun") == (7, 0)
    assert house.suppressed("anna") is SuppressionReason.COMPLAINT
    assert house.suppressed("ben") is None
    assert house.suppressed("4") is SuppressionReason.HARD_BOUNCE
    assert house.app.hearing.take_over_list("mandrill") is None


def test_postmarks_list_is_taken_over(make: Make, httpserver: HTTPServer) -> None:
    house = make(base_url=httpserver.url_for("").rstrip("/"))

    def dump(request: Request) -> Response:
        assert request.headers["X-Postmark-Server-Token"] == "token-abc"
        why = request.args["SuppressionReason"]
        address = {"HardBounce": "anna", "SpamComplaint": "ben", "ManualSuppression": "x"}[why]
        item = {"EmailAddress": f"{address}@example.org", "SuppressionReason": why, "Origin": "Recipient"}
        return Response(json.dumps({"Suppressions": [item]}), content_type="application/json")

    httpserver.expect_request("/message-streams/broadcast/suppressions/dump").respond_with_handler(dump)
    assert house.app.hearing.take_over_list("postmark") == (3, 3)
    assert house.suppressed("ben") is SuppressionReason.COMPLAINT
    assert house.suppressed("x") is SuppressionReason.UNSUBSCRIBED


def test_a_list_that_can_not_be_read_whole_changes_nothing(make: Make, mailgun: Mailgun) -> None:
    house = make(base_url=mailgun.server.url_for("").rstrip("/"))
    mailgun.broken = True
    with pytest.raises(ProviderUnavailable):
        house.app.hearing.take_over_list("mailgun")
    assert house.app.store.subscriptions.suppressions() == []


# The mailbox


def bounce_for(house: House, name: str, text: str = "550 5.1.1 User unknown", to: str | None = None) -> bytes:
    verp = house.app.hearing.verp("post")
    assert verp is not None
    address = to or verp.sender(house.issue, SubscriberId(house.person(name)))
    return (
        f"Delivered-To: {address}\r\nTo: {address}\r\nSubject: Undelivered\r\n"
        f"Date: {house.clock():%a, %d %b %Y %H:%M:%S} +0000\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {name}@elsewhere.example\r\nAction: failed\r\nStatus: 5.0.0\r\n"
        f"Diagnostic-Code: smtp; {text}\r\n\r\n--b--\r\n"
    ).encode()


def test_a_bounce_in_a_maildir_suppresses_whom_it_is_about(make: Make, tmp_path: Path) -> None:
    house = make('\n[bounces]\nmaildir = "Bounces"\n', base_url="http://127.0.0.1:9")
    box = tmp_path / "Bounces"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    (box / "new" / "1.host").write_bytes(bounce_for(house, "anna"))
    (box / "new" / "2.host").write_bytes(bounce_for(house, "ben", to="bounces+b-aeadqmbqgaydambqga@news.example.org"))
    (box / "new" / "3.host").write_bytes(b"Subject: Hello\r\n\r\nHow are you?\r\n")
    (box / "new" / "4.host").write_bytes(b"x" * 3_000_000)
    house.app.hearing.listen()
    assert house.suppressed("anna") is SuppressionReason.HARD_BOUNCE
    assert house.suppressed("ben") is None
    assert list((box / "new").iterdir()) == []
    assert sorted(file.name for file in (box / "cur").iterdir()) == [f"{n}.host:2,S" for n in (1, 2, 3, 4)]


def test_a_bounce_that_is_read_again_after_a_crash_counts_once(make: Make, tmp_path: Path) -> None:
    house = make('\n[bounces]\nmaildir = "Bounces"\n')
    box = tmp_path / "Bounces"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    bounce = bounce_for(house, "anna", "452 4.2.2 full")
    for _ in range(2):
        (box / "new" / "1.host").write_bytes(bounce)
        house.app.hearing.listen()
        house.clock.now += timedelta(minutes=5)
    with house.app.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one() == 1
    assert house.rates.by_kind == {EventKind.SOFT_BOUNCE: 1}


IMAP = """
[bounces]
imap = "127.0.0.1:{port}"
security = "none"
username = "bounces"
password_env = "BOUNCES_PASSWORD"
"""


def test_a_mailbox_on_a_server_is_read(make: Make) -> None:
    with ImapServer().running() as server:
        house = make(IMAP.format(port=server.port))
        server.add(bounce_for(house, "anna"))
        server.add(b"Subject: Hello\r\n\r\nHow are you?\r\n")
        server.add(b"x" * 3_000_000)
        problems = house.app.hearing.listen()
        assert [problem.where for problem in problems] == ["log of mailgun"]
        assert house.suppressed("anna") is SuppressionReason.HARD_BOUNCE
        assert server.seen == {1, 2, 3}
        assert server.selected == [b'"INBOX"']


def test_a_mail_ends_the_subscription_whose_link_it_has_in_its_subject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOUNCES_PASSWORD", SECRETS["BOUNCES_PASSWORD"])
    (tmp_path / "articles").mkdir()
    letter = 'unsubscribe_mailto = "leave@news.example.org"\n[newsletters.cadences]'
    text = CONFIG.replace("[newsletters.cadences]", letter)
    with ImapServer().running() as server:
        (tmp_path / "config.toml").write_text(text + IMAP.format(port=server.port), encoding="utf-8")
        app = open_app(tmp_path / "config.toml")
        people = [NewSubscriber(address=f"{name}@example.org") for name in ("anna", "ben")]
        app.store.subscriptions.add_subscribers(people, NEWSLETTER, IMMEDIATE, confirmed=True, now=app.clock())
        anna, ben = app.store.subscriptions.listed()
        link = "https://news.example.org/unsubscribe/"
        for token in (app.keys.make(UNSUBSCRIBE, anna.id), app.keys.make(PREFERENCES, ben.id), "forged"):
            server.add(f"From: ben@example.org\r\nSubject: unsubscribe:\r\n {link}{token}\r\n\r\n".encode())
        server.add(b"From: ben@example.org\r\nSubject: unsubscribe\r\n\r\nplease\r\n")
        assert app.hearing.listen() == []
        assert server.seen == {1, 2, 3, 4}
        found = [(one.state, one.ended_how) for one in app.store.subscriptions.listed()]
        assert found == [(SubscriptionState.UNSUBSCRIBED, "mail"), (SubscriptionState.ACTIVE, None)]
        app.close()


def test_a_mailbox_that_does_not_let_us_in_is_a_problem(make: Make) -> None:
    with ImapServer(password="another").running() as server:
        house = make(IMAP.format(port=server.port))
        problems = {problem.where: problem.what for problem in house.app.hearing.listen()}
    assert "AUTHENTICATIONFAILED" in problems["bounces"]
    house.clock.now += timedelta(minutes=5)
    assert {problem.where for problem in house.app.hearing.listen()} == {"bounces", "log of mailgun"}


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ('\n[bounces]\nmaildir = "x"\nimap = "mail.example.org"\n', "can't stand beside"),
        ('\n[bounces]\nimap = "mail.example.org"\n', "needs `username`"),
    ],
)
def test_a_mailbox_that_can_not_be_meant_so_is_a_mistake(make: Make, more: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        make(more)


def test_a_mailbox_without_signed_addresses_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(CONFIG + '\n[bounces]\nmaildir = "x"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="could be told apart"):
        config.load(file, {})


def test_sendgrids_lists_are_taken_over_page_by_page(httpserver: HTTPServer) -> None:
    bounces = [{"email": f"{n}@example.org", "status": "5.1.1", "reason": "unknown"} for n in range(700)]
    others = {
        "invalid_emails": [{"email": "x@example.org", "reason": "no domain"}],
        "spam_reports": [],
        "unsubscribes": [],
    }

    def listed(request: Request) -> Response:
        assert request.headers["Authorization"] == "Bearer key"
        kind, offset = request.path.rpartition("/")[2], int(request.args["offset"])
        items = others.get(kind, bounces)
        return Response(
            json.dumps(items[offset : offset + int(request.args["limit"])]), content_type="application/json"
        )

    httpserver.expect_request(re.compile("/v3/suppression/.*")).respond_with_handler(listed)
    calls = HttpCalls(where="providers.sendgrid", timeout=timedelta(seconds=5), headers={"Authorization": "Bearer key"})
    lists = SendGridLists(where="providers.sendgrid", base_url=httpserver.url_for("").rstrip("/"), calls=calls)
    found = list(lists.read())
    lists.close()
    assert len(found) == 701
    assert {one.reason for one in found} == {SuppressionReason.HARD_BOUNCE}


def test_sparkposts_list_is_read_page_by_page_and_without_who_left_one_list_only(httpserver: HTTPServer) -> None:
    pages = {
        "initial": [
            {"recipient": "anna@example.org", "source": "Spam Complaint", "type": "non_transactional"},
            {"recipient": "ben@example.org", "source": "List Unsubscribe", "list_id": "weekly.example.org"},
        ],
        "b2": [{"recipient": "x@example.org", "source": "Bounce Rule", "description": "550 unknown"}],
    }

    def listed(request: Request) -> Response:
        assert request.headers["Authorization"] == "key"
        cursor = request.args["cursor"]
        links = [{"rel": "next", "href": "/api/v1/suppression-list?cursor=b2"}] if cursor == "initial" else []
        return Response(json.dumps({"results": pages[cursor], "links": links}), content_type="application/json")

    httpserver.expect_request("/api/v1/suppression-list").respond_with_handler(listed)
    calls = HttpCalls(where="providers.x", timeout=timedelta(seconds=5), headers={"Authorization": "key"})
    lists = SparkPostList(where="providers.x", base_url=httpserver.url_for("").rstrip("/"), calls=calls)
    found = [(one.address, one.reason) for one in lists.read()]
    lists.close()
    assert found == [
        ("anna@example.org", SuppressionReason.COMPLAINT),
        ("x@example.org", SuppressionReason.HARD_BOUNCE),
    ]


def test_lists_are_taken_over_by_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, mailgun: Mailgun
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    mailgun.lists = {"bounces": [{"address": "anna@example.org", "code": "550"}]}
    text = CONFIG.replace('providers = ["outbox"]', 'providers = ["mailgun"]')
    project = Project.make(
        tmp_path / "p", capsys, text + PROVIDERS.format(base_url=mailgun.server.url_for("").rstrip("/"))
    )
    assert project.done("suppressions", "sync", "mailgun", "--json").json == {
        "provider": "mailgun",
        "listed": 1,
        "added": 1,
    }
    assert "hard bounce" in project.done("suppressions").out
    assert project("suppressions", "sync", "outbox").code == 2
    assert project("suppressions", "sync", "nobody").code == 2
