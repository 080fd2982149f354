"""A provider's answer, made to speak of each recipient of the batch and of nobody else."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.deliver.ledger import Addressee
from pipeline.domain.ledger import Outcome, OutcomeKind

_NOTHING_SAID = "The provider's answer says nothing of this recipient."


def of_each(addressees: Sequence[Addressee], outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """One outcome for each addressee, in their order.  Of whom nothing is said, nothing is known."""
    if [one.subscriber for one in addressees] == [one.subscriber for one in outcomes]:
        return outcomes
    said = {one.subscriber: one for one in outcomes}
    return [
        said.get(one.subscriber) or Outcome(one.subscriber, OutcomeKind.UNCERTAIN, _NOTHING_SAID) for one in addressees
    ]
