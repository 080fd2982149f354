"""The pages for people, in a browser: on a phone and on a desktop, in light and dark, in German and English."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_httpserver import HTTPServer

from pipeline.domain.audience import SubscriptionState
from tests.fakes.audience_house import CONFIG, SITE, House, open_house

ANNA = "anna@example.org"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(element => {
  const box = element.getBoundingClientRect();
  return box.width && box.right > innerWidth + 0.5 && !element.closest('.skip, .trap, pre, .preheader');
}).map(element => element.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    config = CONFIG.replace('["KI", "Recht"]', f'["KI", "{LONG}"]')
    with open_house(tmp_path / "house", config) as opened:
        yield opened


def opened(browser: Browser, **options: Any) -> tuple[BrowserContext, Page, list[str]]:
    context = browser.new_context(locale="de-DE", **options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return context, page, complaints


def test_every_page_fits_and_is_accessible(browser: Browser, house: House) -> None:
    anna = house.subscribed(name="Anna")
    house.write("Neues")
    house.run()
    house.sign_up("ben@example.org")
    house.work()
    (issue,) = house.mails(ANNA, "Neues")
    preferences = f"/preferences/{house.token('preferences', anna)}"
    house.post(preferences, {"action": "feed"})
    paths = {
        "newsletters": "/newsletters/",
        "sign-up": "/newsletters/weekly/",
        "confirm": house.link("confirm", house.mails("ben@")[0]),
        "confirmed": house.link("confirm", house.mails(ANNA)[0]),
        "too late": "/confirm/nonsense",
        "preferences": preferences,
        "unsubscribe": house.link("unsubscribe", issue),
        "archive": "/archive/weekly/",
        "issue": house.link("archive", issue),
    }
    found: dict[str, Any] = {}
    for locale in ("de-DE", "en-GB"):
        context = browser.new_context(locale=locale)
        page = context.new_page()
        for name, path in paths.items():
            page.goto(house.url + path, wait_until="load")
            page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
            for width in (320, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                    where = f"{name} {locale} {width} {scheme}"
                    found |= {f"{where} {text}": text for text in page.evaluate(OVERFLOWING)}
                    if locale == "de-DE":  # the other language has the same elements
                        for one in Axe().run(page).response["violations"]:
                            found[f"{where} {one['id']}"] = [node["html"] for node in one["nodes"]]
        context.close()
    assert found == {}


def test_answers_to_forms_fit_and_are_accessible(browser: Browser, house: House) -> None:
    context, page, _ = opened(browser, viewport={"width": 320, "height": 700})
    found: dict[str, Any] = {}

    def look(name: str) -> None:
        found.update({f"{name} {text}": text for text in page.evaluate(OVERFLOWING)})
        for one in Axe().run(page).response["violations"]:
            found[f"{name} {one['id']}"] = [node["html"] for node in one["nodes"]]

    page.goto(f"{house.url}/newsletters/weekly/")
    page.fill("#email", f"anna@{LONG.lower()[:40]}.example")
    page.evaluate("document.querySelector('form').noValidate = true")
    page.fill("#email", "anna@")
    page.click("button")
    assert page.locator("[role=alert]").count() == 1
    look("a wrong address")
    page.fill("#email", ANNA)
    page.click("button")
    page.wait_for_selector("h1:has-text('Postfach')")
    look("thanks")
    one = house.subscribed("ben@example.org")
    page.goto(f"{house.url}/preferences/{house.token('preferences', one)}")
    page.click("text=Speichern")
    assert page.locator("[role=status]").count() == 1
    look("saved")
    page.goto(f"{house.url}/unsubscribe/{house.token('unsubscribe', one)}")
    page.click("text=30 Tage")
    look("a pause")
    page.goto(f"{house.url}/preferences/{house.token('preferences', one)}")
    look("preferences in a pause")
    context.close()
    assert found == {}


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_way_of_a_subscriber(browser: Browser, house: House, script: bool) -> None:  # noqa: FBT001
    context, page, complaints = opened(browser, java_script_enabled=script, viewport={"width": 390, "height": 800})
    page.goto(f"{house.url}/newsletters/weekly/")
    page.fill("#email", ANNA)
    page.fill("#name", "Anna")
    page.check("text=Sobald es etwas Neues gibt")
    page.check("input[value=KI]")
    if not script:
        house.pass_time(seconds=5)
    page.click("button")
    page.wait_for_selector("h1:has-text('Postfach')")
    house.work()

    def go(link: str) -> None:
        page.goto(house.url + link)

    go(house.link("confirm", house.mails(ANNA)[0]))
    page.click("text=Ja, bestätigen")
    assert page.inner_text("h1") == "Sie sind angemeldet"
    page.click("text=Themen und Häufigkeit")
    assert page.is_checked("text=Sobald es etwas Neues gibt")
    page.fill("#name", "Änne")
    page.click("text=Speichern")
    assert "Gespeichert" in page.inner_text("[role=status]")
    page.click("text=Als Feed lesen")
    feed = page.locator("code").first.inner_text().removeprefix(SITE)
    house.write("Neues")
    house.run()
    assert "Neues" in house.get(feed).text
    (issue,) = house.mails(ANNA, "Neues")
    go(house.link("archive", issue))
    assert "Neues" in page.inner_text("h1, h2")
    go(house.link("unsubscribe", issue))
    page.locator("button").first.press("Enter")
    assert page.inner_text("h1") == "Sie sind abgemeldet"
    page.locator("button").press("Enter")
    assert page.inner_text("h1") == "Sie sind wieder angemeldet"
    go(house.link("preferences", issue))
    page.click("summary")
    page.check("text=Ja, ich bin sicher")
    page.click("button.danger")
    assert page.inner_text("h1") == "Alles ist gelöscht"
    assert list(house.app.store.subscriptions.listed(address=ANNA)) == []
    context.close()
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []


def test_who_is_too_quick_without_script_presses_once_more(browser: Browser, house: House) -> None:
    context, page, _ = opened(browser, java_script_enabled=False)
    page.goto(f"{house.url}/newsletters/weekly/")
    page.fill("#email", ANNA)
    page.click("button")
    assert page.inner_text("h1") == "Noch ein Schritt"
    assert "4 Sekunden" in page.inner_text("main")
    house.pass_time(seconds=5)
    page.click("button")
    assert "Postfach" in page.inner_text("h1")
    context.close()


BLOG = """<!DOCTYPE html><html lang="en"><title>A blog</title><body>
<form action="{url}/newsletters/weekly/" method="post" {attribute}>
<label>E-mail <input name="email" type="email" required></label> <button>Sign up</button></form>
{script}</body></html>"""


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "plain"])
def test_a_form_on_another_site(
    browser: Browser,
    house: House,
    httpserver: HTTPServer,
    inline: bool,  # noqa: FBT001
) -> None:
    script = f'<script src="{house.url}/newsletters/sign-up.js" defer></script>' if inline else ""
    blog = BLOG.format(url=house.url, attribute='data-rundbrief="inline"' if inline else "", script=script)
    httpserver.expect_request("/favicon.ico").respond_with_data(status=404)
    httpserver.expect_request("/").respond_with_data(blog, content_type="text/html")
    context, page, complaints = opened(browser)
    page.goto(httpserver.url_for("/"))
    page.fill("input[name=email]", ANNA)
    page.click("button")
    if inline:
        page.wait_for_selector("[role=status]:has-text('Postfach')")
        assert page.url == httpserver.url_for("/")
        assert page.input_value("input[name=email]") == ""
    else:
        # Ours does the work now, in the reader's browser; one press more shows that there is a reader.
        assert page.inner_text("h1") == "Noch ein Schritt"
        page.click("button")
        page.wait_for_selector("h1:has-text('Postfach')")
    house.work()
    assert len(house.mails(ANNA)) == 1
    context.close()
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []


def test_pages_load_nothing_but_what_is_ours(browser: Browser, house: House) -> None:
    one = house.subscribed()
    context, page, _ = opened(browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/newsletters/weekly/", f"/preferences/{house.token('preferences', one)}"):
        page.goto(house.url + path, wait_until="networkidle")
    assert [url for url in asked if not url.startswith(house.url)] == []
    assert len([url for url in asked if re.search(r"\.(js|css|png|woff)", url)]) == 1
    assert context.cookies() == []
    context.close()
    assert one.state is SubscriptionState.ACTIVE
