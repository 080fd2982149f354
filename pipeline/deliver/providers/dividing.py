"""Calls that are refused as a whole for some of their recipients are made again in parts, while there is time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.deliver.providers.addressees import Addressee, refusals
from pipeline.deliver.providers.recipients import in_order, rejected, uncertain
from pipeline.domain.ledger import Batch, Outcome, OutcomeKind
from pipeline.errors import ProviderRejected, ProviderUnavailable, SubmissionUncertain

_HANDED_OVER = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Divisible:
    """Surely not accepted, but smaller calls may be: somebody in it is refused, or it is too much at once.

    ``culprits`` are the places in the call of those who are refused, where the provider names them.
    """

    reason: str
    address_fault: bool
    culprits: frozenset[int] = frozenset()


HandOver = Callable[[Sequence[Addressee], str], Sequence[Outcome] | Divisible]
"""Makes one call for these addressees.  The text names the part, the same in every attempt; empty for all of them.

Returns an outcome for each, or why the call has to be divided.  Raises as `Provider.submit` does.
"""


def hand_over_in_parts(
    batch: Batch,
    everyone: Sequence[Addressee],
    hand_over: HandOver,
    *,
    patience: timedelta,
    monotonic: Callable[[], float] = time.monotonic,
    known_again: bool = False,
    most: int | None = None,
) -> Sequence[Outcome]:
    """An outcome for each recipient of the batch, in their order.

    No call is begun after ``patience``.  Once a part is accepted or in doubt nothing is raised: what then is not
    handed over any more is ``DEFERRED``.  ``known_again`` tells that the provider knows a part again by its key: then
    a doubt about one is about the batch as a whole, which is handed over again as it was.  ``most`` recipients are in
    the first calls.
    """
    outcomes: dict[int, Outcome] = dict(refusals(batch, everyone))
    rest = ""
    most = most or len(everyone)
    # The last one is the next one.
    parts = [everyone[at : at + most] for at in range(0, len(everyone), most or 1)][::-1]
    latest = monotonic() + patience.total_seconds()
    while parts:
        chosen = parts.pop()
        try:
            answer = hand_over(chosen, _part(chosen, everyone))
        except SubmissionUncertain as error:
            if known_again or len(chosen) == len(everyone):
                raise
            outcomes.update((one.place, uncertain(one.recipient, error.what)) for one in chosen)
            rest = error.what
            break
        except (ProviderUnavailable, ProviderRejected) as error:
            if not any(outcome.kind in _HANDED_OVER for outcome in outcomes.values()):
                raise
            rest = error.what
            break
        if isinstance(answer, Divisible):
            refused, smaller = _divided(chosen, answer)
            outcomes.update(refused)
            parts += smaller
        else:
            outcomes.update((one.place, outcome) for one, outcome in zip(chosen, answer, strict=True))
        if parts and monotonic() > latest:
            rest = "There was no time left to divide the batch further."
            break
    return in_order(batch, outcomes, rest=rest)


def _divided(chosen: Sequence[Addressee], why: Divisible) -> tuple[Mapping[int, Outcome], list[Sequence[Addressee]]]:
    """Who is refused for good, and the smaller calls, the last one first."""
    culprits = why.culprits or (frozenset({0}) if len(chosen) == 1 else frozenset())
    if culprits:
        refused = {
            chosen[place].place: rejected(chosen[place].recipient, why.reason, address_fault=why.address_fault)
            for place in culprits
        }
        others = [one for place, one in enumerate(chosen) if place not in culprits]
        return refused, [others] if others else []
    middle = len(chosen) // 2
    return {}, [chosen[middle:], chosen[:middle]]


def _part(chosen: Sequence[Addressee], everyone: Sequence[Addressee]) -> str:
    if len(chosen) == len(everyone):
        return ""
    # First and last alone would be the same for a part with and without those who were refused in between.
    return f"{chosen[0].place}-{chosen[-1].place}-{len(chosen)}"
