"""The pages for people who sign up, choose and leave, and for those who read what went out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import Route

from pipeline.audience.preferences import Preferences
from pipeline.web.archive import ArchivePages, Past, WriteFeed
from pipeline.web.confirm import Confirming, ConfirmPages
from pipeline.web.pages import Pages
from pipeline.web.preferences import LARGEST_FORM as LARGEST_PREFERENCES
from pipeline.web.preferences import PreferencesPages
from pipeline.web.private_feed import FeedMaker, PrivateFeedPages
from pipeline.web.script import Script
from pipeline.web.sign_up import LARGEST_FORM as LARGEST_SIGN_UP
from pipeline.web.sign_up import SignUpDesk, SignUpPages
from pipeline.web.site import Clock, WebSite

LARGEST_CONFIRMATION = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What these pages need."""

    sign_up: SignUpDesk
    confirming: Confirming
    preferences: Preferences
    feeds: FeedMaker
    past: Past
    write_feed: WriteFeed


def people_routes(
    site: WebSite, pages: Pages, audience: Audience, templates: Sequence[Path], clock: Clock
) -> list[Route]:
    """Which address is answered by what."""
    sign_up = SignUpPages(site, pages, audience.sign_up, clock)
    confirm = ConfirmPages(site, pages, audience.confirming, clock)
    preferences = PreferencesPages(site, pages, audience.preferences, clock)
    archive = ArchivePages(site, pages, audience.past, audience.write_feed)
    private = PrivateFeedPages(site, audience.preferences, audience.feeds)
    return [
        Route("/newsletters/", sign_up.index),
        Route("/newsletters/sign-up.js", Script(templates, site).answer),
        Route("/newsletters/{newsletter}", sign_up.slashless),
        Route("/newsletters/{newsletter}/", sign_up.show),
        Route("/newsletters/{newsletter}/", sign_up.post, methods=["POST"], max_body_size=LARGEST_SIGN_UP),
        Route("/newsletters/{newsletter}/challenge", sign_up.challenge),
        Route("/confirm/{token}", confirm.show),
        Route("/confirm/{token}", confirm.act, methods=["POST"], max_body_size=LARGEST_CONFIRMATION),
        Route("/preferences/{token}", preferences.show),
        Route("/preferences/{token}", preferences.act, methods=["POST"], max_body_size=LARGEST_PREFERENCES),
        Route("/private/{token}/{document}", private.answer),
        Route("/archive/{newsletter}", archive.slashless),
        Route("/archive/{newsletter}/", archive.index),
        Route("/archive/{newsletter}/atom.xml", archive.feed),
        Route("/archive/{newsletter}/{issue}", archive.show),
    ]
