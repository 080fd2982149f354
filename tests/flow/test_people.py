"""People at the pages: they sign up, confirm, choose, leave and come back; and so do those who mean them harm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from pipeline.audience.tokens import CONFIRM, PREFERENCES, PRIVATE_FEED, UNSUBSCRIBE, TokenKeys
from pipeline.domain.audience import SubscriptionState, SuppressionReason
from pipeline.web.preferences import LARGEST_FORM as LARGEST_PREFERENCES
from pipeline.web.sign_up import LARGEST_FORM
from tests.fakes.audience_house import CONFIG, SITE, House, body, html_part, open_house

ANNA = "anna@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path / "house") as opened:
        yield opened


def heading(html: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert found
    return found[1].strip()


def state(house: House, address: str = ANNA) -> SubscriptionState | None:
    found = next(iter(house.app.store.subscriptions.listed(address=address)), None)
    return found.state if found else None


# From the page to the mailbox and back


def test_the_way_of_a_subscriber(house: House) -> None:
    page = house.get("/newsletters/weekly/", headers={"Accept-Language": "de"})
    assert heading(page.text) == "KI-Wochenblick"
    assert "Was die Woche brachte." in page.text
    thanks = house.sign_up(ANNA, name="Anna", headers={"Accept-Language": "de"})
    assert heading(thanks.text) == "Bitte sehen Sie in Ihr Postfach"
    house.work()
    (mail,) = house.mails(ANNA)
    assert mail["Auto-Submitted"] == "auto-generated"
    link = house.link("confirm", mail)
    assert heading(house.get(link).text) == "„KI-Wochenblick“ abonnieren?"
    assert state(house) is None
    assert heading(house.post(link, {}).text) == "Sie sind angemeldet"
    assert state(house) is SubscriptionState.ACTIVE
    assert heading(house.post(link, {}).text) == "Sie sind angemeldet"
    assert heading(house.get(link).text) == "Sie sind angemeldet"
    house.work()
    (_, welcome) = house.mails(ANNA)
    assert "Anna" in body(welcome)
    assert "One-Click" in str(welcome["List-Unsubscribe-Post"])

    house.write("Neues")
    house.run()
    (issue,) = house.mails(ANNA, "Neues")
    assert issue["List-Archive"] == f"<{SITE}/archive/weekly/>"
    preferences = house.link("preferences", issue)
    assert "KI-Wochenblick" in heading(house.get(preferences).text)
    leave = house.link("unsubscribe", issue)
    assert house.post(leave, ONE_CLICK).status_code == 200
    assert state(house) is SubscriptionState.UNSUBSCRIBED
    house.work()
    (goodbye,) = house.mails(ANNA, "abgemeldet")
    back = house.link("unsubscribe", goodbye)
    house.post(back, {"action": "undo"})
    assert state(house) is SubscriptionState.ACTIVE
    assert heading(house.get(link).text) == "Sie sind angemeldet"


def test_a_scanner_that_follows_every_link_changes_nothing(house: House) -> None:
    house.subscribed()
    house.write("Neues")
    house.run()
    house.sign_up("ben@example.org")
    house.work()
    links = {link for mail in house.mails() for link in re.findall(rf"{SITE}[^\s<>\"]*", mail.as_string() + body(mail))}
    assert {link.split("/")[3] for link in links if link.count("/") > 2} >= {"confirm", "unsubscribe", "preferences"}
    before = house.everything()
    for link in sorted(links):
        for method in ("GET", "HEAD", "OPTIONS"):
            house.get(link, method)
    assert house.everything() == before


def test_whoever_is_known_and_whoever_is_not_get_the_same_answer_for_the_same_work(house: House) -> None:
    house.subscribed()
    house.app.store.subscriptions.suppress("gone@example.org", SuppressionReason.COMPLAINT, "", house.now)
    answers: dict[str, tuple[object, ...]] = {}
    for address in (ANNA, "ben0@example.org", "gone@example.org"):
        form = {"email": address, "cadence": "daily", **house.challenge()}
        statements: list[str] = []
        listen = lambda *given, statements=statements: statements.append(given[2])  # noqa: E731
        event.listen(house.app.store.engine, "before_cursor_execute", listen)
        answer = house.post("/newsletters/weekly/", form)
        event.remove(house.app.store.engine, "before_cursor_execute", listen)
        headers = {k: v for k, v in answer.headers.items() if k not in ("date", "content-length")}
        answers[address] = (answer.status_code, headers, answer.text.replace(address, "X"), tuple(statements))
    assert len(set(map(repr, answers.values()))) == 1
    (answer, *_) = answers.values()
    assert not [one for one in answer[3] if "SELECT" in one], "nothing is looked up"  # type: ignore[attr-defined]


def test_without_script_a_form_is_taken_that_lay_for_some_seconds(house: House) -> None:
    page = house.get("/newsletters/weekly/").text
    challenge = re.search(r'name="challenge" value="([^"]+)"', page)
    assert challenge
    form = {"email": ANNA, "cadence": "daily", "topic": ["KI", "Recht"], "challenge": challenge[1], "work": ""}
    step = house.post("/newsletters/weekly/", form, headers={"Accept-Language": "en"})
    assert heading(step.text) == "One more step"
    house.work()
    assert house.mails() == []
    kept = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', step.text)
    assert ("topic", "KI") in kept
    assert ("topic", "Recht") in kept
    house.pass_time(seconds=5)
    thanks = house.get("/newsletters/weekly/", "POST", data=kept)
    assert thanks.status_code == 200
    house.work()
    assert len(house.mails(ANNA)) == 1
    again = house.get("/newsletters/weekly/", "POST", data=kept)
    assert "challenge" in again.text, "each challenge counts once"


def test_a_form_on_another_site_needs_no_more_than_an_address(house: House) -> None:
    headers = {"Origin": "https://blog.example.net", "Sec-Fetch-Site": "cross-site"}
    step = house.post("/newsletters/weekly/", {"email": ANNA}, headers=headers)
    assert step.status_code == 200
    kept = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', step.text)
    house.pass_time(seconds=5)
    assert house.get("/newsletters/weekly/", "POST", data=kept).ok
    house.work()
    assert len(house.mails(ANNA)) == 1


def test_a_script_on_another_site_gets_the_answer_as_json(house: House) -> None:
    headers = {"Accept": "application/json", "Accept-Language": "en", "Origin": "https://blog.example.net"}
    answer = house.sign_up(ANNA, headers=headers)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["ok"] is True
    assert ANNA in answer.json()["text"]
    wrong = house.sign_up("anna@", headers=headers)
    assert (wrong.status_code, wrong.json()["ok"]) == (400, False)
    again = house.post("/newsletters/weekly/", {"email": ANNA, "challenge": "x"}, headers=headers)
    assert (again.status_code, again.json()["again"]) == (409, True)
    script = house.get("/newsletters/sign-up.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert house.get("/newsletters/sign-up.js", headers={"If-None-Match": script.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("typed", ["", "anna", "anna@", "anna@example.org\r\nBcc: b@example.org", "<script>@x", "é@é"])
def test_what_is_no_address_comes_back_with_the_form(house: House, typed: str) -> None:
    answer = house.sign_up(typed, name='Anna "<b>"')
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "<script>@" not in answer.text
    assert "Anna &#34;&lt;b&gt;&#34;" in answer.text
    house.work()
    assert house.mails() == []


def test_who_fills_in_what_people_do_not_see_is_thanked_and_forgotten(house: House) -> None:
    before = house.everything()
    answer = house.sign_up(ANNA, website="https://spam.example.net")
    assert heading(answer.text) == heading(house.sign_up("ben@example.org").text)
    house.work()
    assert [mail["To"] for mail in house.mails()] == ["ben@example.org"]
    assert before != house.everything()


def test_internationalised_and_plus_addresses_are_themselves(house: House) -> None:
    for typed in ("post@müller.de", "anna+news@example.org"):
        assert house.sign_up(typed).ok
    house.work()
    assert sorted(str(mail["To"]) for mail in house.mails()) == ["anna+news@example.org", "post@xn--mller-kva.de"]
    answer = house.sign_up("post@xn--mller-kva.de")
    assert "post@müller.de" in answer.text, "people see their domain as they write it"


def test_a_network_has_so_many_turns_and_without_work_fewer(house: House) -> None:
    def codes(count: int, network: str, **fields: str) -> list[int]:
        headers = {"X-Forwarded-For": network}
        return [
            house.post("/newsletters/weekly/", {"email": f"p{n}@example.org", **fields}, headers=headers).status_code
            for n in range(count)
        ]

    assert codes(61, "8.8.8.8") == [200] * 60 + [429]
    assert codes(1, "8.8.8.99") == [429]
    assert codes(1, "9.9.9.9") == [200]
    old = [house.challenge()["challenge"] for _ in range(21)]
    house.pass_time(seconds=5)
    headers = {"X-Forwarded-For": "7.7.7.7"}
    found = [
        house.post("/newsletters/weekly/", {"email": f"q{n}@example.org", "challenge": one}, headers=headers)
        for n, one in enumerate(old)
    ]
    assert [answer.status_code for answer in found] == [200] * 20 + [429]
    assert int(found[-1].headers["retry-after"]) > 0


def test_a_body_that_is_too_large_is_not_read(house: House) -> None:
    assert house.post("/newsletters/weekly/", {"email": "x" * LARGEST_FORM}).status_code == 413
    assert house.post("/preferences/x", {"name": "x" * LARGEST_PREFERENCES}).status_code == 413
    assert house.post("/confirm/x", {"x": "x" * 2_000}).status_code == 413


def test_a_newsletter_that_is_closed_has_no_page(house: House) -> None:
    assert house.get("/newsletters/closed/").status_code == 404
    assert house.post("/newsletters/closed/", {"email": ANNA}).status_code == 404
    assert house.get("/newsletters/other/").status_code == 404
    index = house.get("/newsletters/").text
    assert "KI-Wochenblick" in index
    assert "Für Mitglieder" not in index
    assert house.get("/newsletters/weekly").headers["location"] == "weekly/"


# Names that would be more than names


@pytest.mark.parametrize(
    "name",
    [
        "Anna\r\nBcc: ben@example.org",
        "Anna\nSubject: Gewinn",
        "{{ 7 * 7 }} {% raw %} ${7*7} %recipient.x% __SUBST_unsubscribe_url__ *|EMAIL|*",
        '"><script>alert(1)</script>',
        "=?utf-8?q?Bcc=3A?= ben@example.org",
    ],
)
def test_a_name_stays_a_name_in_mail_and_on_pages(house: House, name: str) -> None:
    one = house.subscribed(name=name)
    house.write("Neues")
    house.run()
    for mail in house.mails(ANNA):
        assert mail["Bcc"] is None
        assert len(mail.get_all("Subject", [])) == 1
        assert "49" not in body(mail).splitlines()[3]
        assert "<script>" not in html_part(mail)
        assert "__SUBST_unsubscribe_url__" not in str(mail["List-Unsubscribe"])
    page = house.get(f"/preferences/{house.token('preferences', one)}").text
    assert "<script>alert" not in page
    assert (
        "script" not in house.get(f"/preferences/{house.token('preferences', one)}").headers["content-security-policy"]
    )


def test_what_somebody_writes_into_a_form_is_not_mailed_to_a_stranger(house: House) -> None:
    house.sign_up("stranger@example.org", name="Buy at https://spam.example.net")
    house.work()
    (mail,) = house.mails("stranger@")
    assert "spam" not in mail.as_string()
    assert "spam" not in body(mail)


# Links


def test_links_that_were_forged_altered_or_are_for_something_else_do_nothing(house: House) -> None:
    one = house.subscribed()
    keys = house.app.keys
    before = house.everything()
    good = {
        "confirm": keys.make(CONFIRM, 1),
        "preferences": keys.make(PREFERENCES, one.id),
        "unsubscribe": keys.make(UNSUBSCRIBE, one.id),
    }
    foreign = TokenKeys(b"f" * 32)
    for page, token in good.items():
        others = [value for name, value in good.items() if name != page]
        altered = [token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :] for i in range(len(token))]
        forged = [foreign.make(purpose, one.id) for purpose in (CONFIRM, PREFERENCES, UNSUBSCRIBE, PRIVATE_FEED)]
        for wrong in (*others, *altered, *forged, token + "A", token[:-1], "x" * 4000, "é", "%00", "..%2f..", " "):
            answer = house.post(f"/{page}/{wrong}", {"action": "erase", "sure": "yes"})
            assert answer.status_code in (404, 405), wrong
    assert house.everything() == before


def test_a_confirmation_comes_too_late_after_a_week(house: House) -> None:
    house.sign_up(ANNA)
    house.work()
    (mail,) = house.mails(ANNA)
    house.pass_time(days=8)
    assert house.get(house.link("confirm", mail)).status_code == 404
    assert house.post(house.link("confirm", mail), {}).status_code == 404
    house.work()
    assert house.post(house.link("confirm", mail), {}).status_code == 404
    assert state(house) is None


def test_a_confirmation_of_before_brings_nobody_back(house: House) -> None:
    one = house.subscribed()
    confirm = house.link("confirm", house.mails(ANNA)[0])
    house.post(f"/unsubscribe/{house.token('unsubscribe', one)}", {})
    assert house.post(confirm, {}).status_code == 404
    assert state(house) is SubscriptionState.UNSUBSCRIBED


def test_no_page_of_another_site_presses_our_buttons(house: House) -> None:
    one = house.subscribed()
    house.sign_up("ben@example.org")
    house.work()
    from_elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.net"}
    confirm = house.link("confirm", house.mails("ben@")[0])
    before = house.everything()
    assert house.post(confirm, {}, headers=from_elsewhere).status_code == 403
    preferences = f"/preferences/{house.token('preferences', one)}"
    for action in ("save", "pause", "move", "feed", "data", "erase"):
        form = {"action": action, "sure": "yes", "email": "evil@example.net", "until": "2026-12-01"}
        answer = house.post(preferences, form, headers=from_elsewhere)
        assert answer.status_code == 403
        assert "known_since" not in answer.text
    leave = f"/unsubscribe/{house.token('unsubscribe', one)}"
    assert house.post(leave, {"action": "unsubscribe"}, headers=from_elsewhere).ok
    assert house.post(confirm, {}, headers={"Origin": "https://evil.example.net"}).status_code == 403
    assert house.everything() == before
    # A mail program in a browser may be on another site: RFC 8058 has no more to show than the link.
    assert house.post(leave, ONE_CLICK, headers=from_elsewhere).ok
    assert state(house) is SubscriptionState.UNSUBSCRIBED


def test_our_own_pages_send_no_referrer_and_still_count(house: House) -> None:
    house.sign_up(ANNA)
    house.work()
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert house.post(house.link("confirm", house.mails(ANNA)[0]), {}, headers=headers).ok
    assert state(house) is SubscriptionState.ACTIVE


def test_neither_addresses_nor_links_get_into_the_log(house: House) -> None:
    with capture_logs() as logs:
        one = house.subscribed()
        preferences = f"/preferences/{house.token('preferences', one)}"
        house.post(preferences, {"action": "save", "name": "Anna"})
        house.post(preferences, {"action": "move", "email": "anna@new.example.org"})
        house.post(f"/unsubscribe/{house.token('unsubscribe', one)}", {})
        house.post(preferences, {"action": "erase", "sure": "yes"})
    assert len(logs) >= 4
    said = repr(logs).lower()
    assert "anna" not in said
    assert house.token("preferences", one).lower() not in said


def test_pages_of_people_are_kept_by_nobody_and_run_nothing(house: House) -> None:
    one = house.subscribed()
    for path in (
        f"/preferences/{house.token('preferences', one)}",
        f"/unsubscribe/{house.token('unsubscribe', one)}",
        house.link("confirm", house.mails(ANNA)[0]),
        "/confirm/nonsense",
    ):
        headers = house.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["strict-transport-security"]
        assert "noindex" in headers["x-robots-tag"]
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    policy = house.get("/newsletters/weekly/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


# Preferences


def test_what_is_saved_counts(house: House) -> None:
    one = house.subscribed()
    page = f"/preferences/{house.token('preferences', one)}"
    form = {
        "action": "save",
        "cadence": "weekly",
        "topic": "Recht",
        "name": "Änne",
        "language": "en",
        "timezone": "Europe/Dublin",
    }
    answer = house.post(page, form)
    assert 'role="status"' in answer.text
    changed = next(iter(house.app.store.subscriptions.listed(address=ANNA)))
    assert (changed.cadence, changed.topics, changed.language, changed.timezone, changed.subscriber.name) == (
        "weekly",
        ("recht",),
        "en",
        "Europe/Dublin",
        "Änne",
    )
    assert '<html lang="en"' in house.get(page).text


def test_a_pause_lasts_until_the_day_that_was_chosen(house: House) -> None:
    one = house.subscribed()
    page = f"/preferences/{house.token('preferences', one)}"
    for wrong in ("", "2026-11-24", "2020-01-01", "2029-01-01", "tomorrow"):
        assert house.post(page, {"action": "pause", "until": wrong}).status_code == 400
        assert state(house) is SubscriptionState.ACTIVE
    assert "1. Dezember 2026" in house.post(page, {"action": "pause", "until": "2026-12-01"}).text
    house.write("Währenddessen")
    house.run()
    assert house.mails(ANNA, "Währenddessen") == []
    house.pass_time(days=7)
    house.write("Danach")
    house.run()
    assert state(house) is SubscriptionState.ACTIVE
    (mail,) = house.mails(ANNA, "Danach")
    assert "Währenddessen" not in body(mail)


def test_a_new_address_is_asked_first(house: House) -> None:
    one = house.subscribed()
    page = f"/preferences/{house.token('preferences', one)}"
    for wrong in ("nonsense", "anna@mailinator.com", "postmaster@example.org"):
        assert house.post(page, {"action": "move", "email": wrong}).status_code == 400
    assert "anna@new.example.org" in house.post(page, {"action": "move", "email": "anna@new.example.org"}).text
    house.work()
    (mail,) = house.mails("anna@new.example.org")
    assert state(house) is SubscriptionState.ACTIVE
    assert house.post(house.link("confirm", mail), {}).ok
    assert state(house) is None
    assert state(house, "anna@new.example.org") is SubscriptionState.ACTIVE
    codes = [house.post(page, {"action": "move", "email": f"x{n}@example.org"}).status_code for n in range(3)]
    assert codes == [200, 200, 400], "strangers are not written to without end"


def test_one_gets_all_that_is_known_and_can_have_it_deleted(house: House) -> None:
    one = house.subscribed(name="Anna")
    page = f"/preferences/{house.token('preferences', one)}"
    data = house.post(page, {"action": "data"})
    assert data.headers["content-disposition"] == 'attachment; filename="weekly.json"'
    told = json.loads(data.content)
    assert told["address"] == ANNA
    assert told["consents"][0]["words"].startswith("„KI-Wochenblick“ soll")
    assert house.post(page, {"action": "erase"}).status_code == 400
    assert state(house) is SubscriptionState.ACTIVE
    assert house.post(page, {"action": "erase", "sure": "yes"}).ok
    assert house.get(page).status_code == 404
    assert ANNA not in repr(house.everything())
    leave = f"/unsubscribe/{house.token('unsubscribe', one)}"
    assert house.post(leave, ONE_CLICK).status_code == 200, "they get nothing, which is what is asked for"
    house.write("Neues")
    house.run()
    assert house.mails(ANNA, "Neues") == []


def test_a_private_feed_has_what_its_reader_chose_and_ends_for_good(house: House) -> None:
    one = house.subscribed(topic="Recht")
    house.write("Über KI", "KI")
    house.write("Über Recht", "Recht")
    house.write("Über Sport", "Sport")
    house.run()
    page = f"/preferences/{house.token('preferences', one)}"
    address = re.search(rf"{SITE}(/private/\S+)/atom.xml", house.post(page, {"action": "feed"}).text)
    assert address
    feed = house.get(f"{address[1]}/atom.xml")
    parsed = feedparser.parse(feed.content)
    assert not parsed.bozo
    assert [entry.title for entry in parsed.entries] == ["Über Recht"]
    assert feed.headers["cache-control"].startswith("private")
    assert "noindex" in feed.headers["x-robots-tag"]
    assert "access-control-allow-origin" not in feed.headers
    etag = feed.headers["etag"]
    assert house.get(f"{address[1]}/atom.xml", headers={"If-None-Match": etag}).status_code == 304
    assert feedparser.parse(house.get(f"{address[1]}/rss.xml").content).entries[0].title == "Über Recht"
    assert house.get(f"{address[1]}/feed.json").json()["items"][0]["title"] == "Über Recht"
    assert house.get(f"{address[1]}/index.html").status_code == 404
    house.write("Noch mehr Recht", "Recht")
    house.run()
    assert house.get(f"{address[1]}/atom.xml", headers={"If-None-Match": etag}).status_code == 200
    house.post(page, {"action": "no feed"})
    assert house.get(f"{address[1]}/atom.xml").status_code == 410
    assert house.get("/private/AAAA/atom.xml").status_code == 404


# Leaving


def test_less_mail_is_offered_instead_of_leaving(house: House) -> None:
    one = house.subscribed()
    leave = f"/unsubscribe/{house.token('unsubscribe', one)}"
    page = house.get(leave, headers={"Accept-Language": "en"}).text
    assert re.findall(r'name="cadence" value="(\w+)"', page) == ["daily", "weekly"]
    assert (
        "It comes less often now"
        in house.post(leave, {"action": "less", "cadence": "weekly"}, headers={"Accept-Language": "en"}).text
    )
    changed = next(iter(house.app.store.subscriptions.listed(address=ANNA)))
    assert (changed.cadence, changed.state) == ("weekly", SubscriptionState.ACTIVE)
    assert "24. Dezember 2026" in house.post(leave, {"action": "pause"}).text
    assert state(house) is SubscriptionState.PAUSED


@pytest.mark.parametrize(
    "form", [{"action": "less", "cadence": "immediate"}, {"action": "less"}, {"action": "what"}, {}]
)
def test_what_cannot_be_understood_on_the_way_out_leads_out(house: House, form: dict[str, str]) -> None:
    one = house.subscribed()
    house.post(f"/unsubscribe/{house.token('unsubscribe', one)}", form)
    assert state(house) is SubscriptionState.UNSUBSCRIBED


# Past issues


def test_past_issues_can_be_read_without_anything_of_a_reader(house: House) -> None:
    house.subscribed(name="Anna")
    house.subscribed("ben@example.org", "quiet")
    house.write("Neues")
    house.run()
    (mail,) = house.mails(ANNA, "Neues")
    shown = house.get(house.link("archive", mail))
    assert shown.status_code == 200
    assert "Neues" in shown.text
    for personal in ("Anna", "unsubscribe/", "preferences/", "SUBST"):
        assert personal not in shown.text
    assert "x-robots-tag" not in shown.headers
    assert f'<link rel="canonical" href="{SITE}{house.link("archive", mail)}">' in shown.text
    index = house.get("/archive/weekly/")
    assert house.link("archive", mail).rpartition("/")[2] in index.text
    feed = feedparser.parse(house.get("/archive/weekly/atom.xml").content)
    assert [entry.link.removeprefix(SITE) for entry in feed.entries] == [house.link("archive", mail)]

    (quiet,) = house.mails("ben@", "Neues")
    assert quiet["List-Archive"] is None
    unlisted = house.get(house.link("archive", quiet))
    assert "noindex" in unlisted.headers["x-robots-tag"]
    assert house.get("/archive/quiet/").status_code == 404
    assert house.get("/archive/quiet/atom.xml").status_code == 404
    assert house.get(house.link("archive", quiet).replace("quiet", "weekly")).status_code == 404
    assert house.get("/archive/closed/").status_code == 404


def test_a_newsletter_without_an_archive_says_nothing_of_one(tmp_path: Path) -> None:
    config = CONFIG.replace("goodbye     = true", 'goodbye     = true\narchive     = "off"')
    with open_house(tmp_path / "house", config) as house:
        house.subscribed()
        house.write("Neues")
        house.run()
        (mail,) = house.mails(ANNA, "Neues")
        assert "/archive/" not in body(mail)
        assert mail["List-Archive"] is None


def test_who_left_long_ago_is_deleted_where_the_operator_says_so(tmp_path: Path) -> None:
    config = CONFIG.replace("[[sources]]", '[retention]\nunsubscribed = "30 days"\n\n[[sources]]', 1)
    with open_house(tmp_path / "house", config) as house:
        one = house.subscribed()
        house.subscribed("ben@example.org")
        leave = f"/unsubscribe/{house.token('unsubscribe', one)}"
        house.post(leave, ONE_CLICK)
        house.pass_time(days=29)
        house.work()
        house.post(leave, {"action": "undo"})
        assert state(house) is SubscriptionState.ACTIVE, "they may take it back until then"
        house.post(leave, ONE_CLICK)
        house.pass_time(days=31)
        house.work()
        assert state(house) is None
        assert house.post(leave, ONE_CLICK).status_code == 200, "their link works on"
        suppressed = house.app.store.subscriptions.suppression(ANNA)
        assert suppressed is not None
        assert suppressed.reason is SuppressionReason.ERASED
        assert [one.subscriber.address for one in house.app.store.subscriptions.listed()] == ["ben@example.org"]
