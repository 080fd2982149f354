"""The messages about a subscription itself: please confirm it, welcome, goodbye.

Each is made with the template of its name.  They are mailed because of something that the reader just did.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum

from pipeline.domain.message import Message
from pipeline.render.frame import Frame
from pipeline.render.headers import sender_domain, way_out
from pipeline.render.look import Look
from pipeline.render.part import defused
from pipeline.render.phrasing import PREHEADER_LIMIT, SUBJECT_LIMIT, shortened
from pipeline.render.words import cadence_sentence

_ = str  # marks words for the catalogue


class Kind(StrEnum):
    """Which message it is, and the merge fields that it has beside ``greeting``."""

    CONFIRM = "confirm"
    """``confirm_url``: the page on which the subscription is confirmed."""
    WELCOME = "welcome"
    """``unsubscribe_url``; and ``preferences_url`` where the look has it."""
    GOODBYE = "goodbye"
    """``resubscribe_url``: the page on which leaving can be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message about a subscription.  ``cadence`` is the one it has, by its key in the configuration."""

    kind: Kind
    cadence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """What templates see of a notice; ``cadence`` is a sentence, or ""."""

    kind: str
    subject: str
    preheader: str
    cadence: str


_SUBJECTS = {
    Kind.CONFIRM: _("Please confirm your subscription to {newsletter}"),
    Kind.WELCOME: _("Welcome to {newsletter}"),
    Kind.GOODBYE: _("You are unsubscribed from {newsletter}"),
}
_PREHEADERS = {
    Kind.CONFIRM: _("One click, and it comes to you."),
    Kind.WELCOME: _("Good to have you here. This is how it goes on."),
    Kind.GOODBYE: _("No more of it will come to this address."),
}


def notice_message(frame: Frame, look: Look, notice: Notice) -> Message:
    """Only a welcome has List-Unsubscribe; the others say that a machine wrote them (RFC 3834)."""
    words = frame.words(look)
    title = shortened(look.title, SUBJECT_LIMIT // 2)
    view = NoticeView(
        kind=notice.kind,
        subject=defused(words.gettext(_SUBJECTS[notice.kind]).format(newsletter=title)),
        preheader=shortened(words.gettext(_PREHEADERS[notice.kind]), PREHEADER_LIMIT),
        cadence=cadence_sentence(words, notice.cadence),
    )
    context = {"notice": view, "mail": view, "sender": parseaddr(look.from_)[1]}
    leaves = notice.kind is Kind.WELCOME
    return Message(
        from_=look.from_,
        reply_to=look.reply_to,
        subject=view.subject,
        html=frame.page(look, notice.kind, context),
        text=frame.text(look, notice.kind, context),
        headers=way_out(look) if leaves else (("Auto-Submitted", "auto-generated"),),
        message_id_domain=sender_domain(look),
    )
