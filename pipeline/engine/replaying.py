"""Replays: an issue is made again from what is stored, and compared with what was mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import wiring
from pipeline.app import App
from pipeline.domain.replay import Replay, ReplayedVariant, differences
from pipeline.errors import RenderError

if TYPE_CHECKING:
    from pipeline.domain.ledger import IssueId
    from pipeline.domain.message import Message
    from pipeline.store.variants import FrozenVariant


def replay(app: App, issue: IssueId) -> Replay:
    """Render every variant anew, and work out the hash of every batch that was submitted.  Nothing is changed."""
    desk = app.desk()
    proofs = [desk.is_payload_of(held) for held in app.store.issues.submitted_batches(issue)]
    return Replay(
        variants=tuple(_again(app, one, mailed) for one, mailed in app.store.issues.mailed_variants(issue)),
        proved=sum(proofs),
        unproved=len(proofs) - sum(proofs),
    )


def _again(app: App, variant: FrozenVariant, mailed: Message) -> ReplayedVariant:
    newsletter = app.newsletters.get(variant.key.newsletter)
    if newsletter is None:
        return ReplayedVariant(number=variant.number, same=None, why="its newsletter is not configured")
    look = wiring.mail.look(app.settings, newsletter, variant.language)
    try:
        rebuilt = app.issue_messages.message(newsletter, variant, look)
    except RenderError as error:
        return ReplayedVariant(number=variant.number, same=None, why=str(error))
    found = differences(mailed, rebuilt)
    return ReplayedVariant(number=variant.number, same=not found, differences=found)
