"""Lists that a provider owns: each is a subscriber of its newsletter, the only one."""

from __future__ import annotations

from datetime import datetime

from pipeline import config, wiring
from pipeline.domain.audience import Choice, NewSubscriber, list_address
from pipeline.store.store import Store


def enlist(settings: config.Config, store: Store, now: datetime) -> None:
    """Step: subscribe each list to its newsletter, in the newsletter's only cadence.

    It gets what is released from then on, as everybody does.
    """
    for letter in settings.newsletters:
        owner = wiring.deliver.list_of(settings, letter)
        if owner is None:
            continue
        audience, (cadence,) = store.subscriptions, letter.cadences
        found = next(audience.listed(newsletter=letter.name, address=list_address(owner)), None)
        if found is None:
            lists = [NewSubscriber(address=list_address(owner))]
            audience.add_subscribers(lists, letter.name, cadence, confirmed=True, now=now)
        elif found.cadence != cadence:
            audience.choose(found.id, Choice(cadence=cadence), now)
