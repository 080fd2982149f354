"""Subscribers by the API.  An address stands in bodies only: the addresses of pages end up in logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn
from zoneinfo import available_timezones

from pipeline.audience.choices import choice_of
from pipeline.audience.mail_address import AddressPolicy, UnusableAddress, normalised
from pipeline.audience.offer import Offer
from pipeline.domain.api_token import Scope
from pipeline.domain.audience import Choice, Subscription, SubscriptionId
from pipeline.domain.sign_up import NewSignUp
from pipeline.store.admissions import Admitted
from pipeline.store.store import Store
from pipeline.web.api.entrance import not_found
from pipeline.web.api.operation import Call, Operation, Reply
from pipeline.web.api.problems import ApiProblem, FieldProblem
from pipeline.web.api.subscriber_models import (
    Asked,
    Search,
    SubscriberChange,
    SubscriberIn,
    SubscriberOut,
    SubscriberPage,
    SubscriberQuery,
)
from pipeline.web.api.values import cursor_of, only_number

_HOW = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberDesk:
    """What is needed beside the store; ``wake`` is called when there is something to be mailed."""

    offers: Mapping[str, Offer]
    policy: Callable[[], AddressPolicy]
    welcomes: frozenset[str]
    goodbyes: frozenset[str]
    wake: Callable[[], None]


def subscriber_operations(store: Store, desk: SubscriberDesk) -> list[Operation]:
    """What can be done about subscribers."""
    people = _Subscribers(store, desk)
    read, write = Scope.SUBSCRIBERS_READ, Scope.SUBSCRIBERS_WRITE
    one = {200: SubscriberOut}
    return [
        Operation(
            name="list_subscribers",
            method="GET",
            path="/subscribers",
            summary="List subscriptions.",
            scope=read,
            query=SubscriberQuery,
            answers={200: SubscriberPage},
            handle=people.page,
        ),
        Operation(
            name="add_subscriber",
            method="POST",
            path="/subscribers",
            summary="Sign somebody up: they confirm it by mail, or you vouch for their consent.",
            scope=write,
            body=SubscriberIn,
            answers={201: SubscriberOut, 200: SubscriberOut, 202: Asked},
            handle=people.add,
        ),
        Operation(
            name="search_subscribers",
            method="POST",
            path="/subscribers/search",
            summary="Find the subscriptions of an address.",
            scope=read,
            body=Search,
            answers={200: SubscriberPage},
            handle=people.search,
        ),
        Operation(
            name="read_subscriber",
            method="GET",
            path="/subscribers/{id}",
            summary="Read a subscription.",
            scope=read,
            answers=one,
            handle=people.read,
        ),
        Operation(
            name="change_subscriber",
            method="PATCH",
            path="/subscribers/{id}",
            summary="Change what somebody chose; it counts from the next issue on.",
            scope=write,
            body=SubscriberChange,
            answers=one,
            handle=people.change,
        ),
        Operation(
            name="unsubscribe",
            method="POST",
            path="/subscribers/{id}/unsubscribe",
            summary="End a subscription.",
            scope=write,
            answers=one,
            handle=people.unsubscribe,
        ),
        Operation(
            name="erase_subscriber",
            method="DELETE",
            path="/subscribers/{id}",
            summary="Delete everything that is known of the person, in all newsletters.",
            scope=write,
            answers={204: None},
            handle=people.erase,
        ),
    ]


class _Subscribers:
    def __init__(self, store: Store, desk: SubscriberDesk) -> None:
        self._store = store
        self._desk = desk

    def page(self, call: Call[SubscriberQuery, None]) -> Reply:
        asked = call.query
        if asked.state is not None and asked.newsletter is None:
            _refuse("state", "Name the newsletter too.")
        behind = only_number(asked.cursor)
        found = self._store.listings.subscriptions(
            limit=asked.limit + 1,
            behind=SubscriptionId(behind) if behind is not None else None,
            newsletter=asked.newsletter,
            state=asked.state,
        )
        page = found[: asked.limit]
        following = cursor_of(None, page[-1].id) if len(found) > len(page) else None
        return Reply(body=SubscriberPage(subscribers=[_shown(one) for one in page], next=following))

    def search(self, call: Call[None, Search]) -> Reply:
        found = self._store.listings.subscriptions_of(call.body.address)
        return Reply(body=SubscriberPage(subscribers=[_shown(one) for one in found], next=None))

    def read(self, call: Call[None, None]) -> Reply:
        return Reply(body=_shown(self._found(call.number)))

    def add(self, call: Call[None, SubscriberIn]) -> Reply:
        sent = call.body
        offer = self._offer(sent.newsletter)
        if sent.confirmed and not sent.consent.strip():
            _refuse("/consent", "Where consent was given before, its words are kept: send them.")
        try:
            address = normalised(sent.address)
            self._desk.policy().check(address)
        except UnusableAddress as error:
            _refuse("/address", str(error) or "No newsletter goes to such an address.")
        asked = NewSignUp(
            newsletter=offer.name,
            address=address,
            choice=Choice(
                cadence=_cadence(offer, sent.cadence or next(iter(offer.cadences))),
                topics=tuple(sent.topics),
                language=sent.language,
                timezone=_zone(sent.timezone),
            ),
            name=sent.name,
            spoken=sent.language or offer.language,
            network=_HOW,
            consent=sent.consent,
        )
        if not sent.confirmed:
            self._store.sign_ups.ask(asked, call.now)
            self._desk.wake()
            return Reply(body=Asked(), status=202)
        came, subscription = self._store.admissions.admit(asked, self._desk.welcomes, call.now)
        if subscription is None:
            words = {
                Admitted.ENDED: "This person has unsubscribed: only they themselves can come back.",
                Admitted.SUPPRESSED: "This address is suppressed: no newsletter mails it.",
            }
            raise ApiProblem(409, came.value, words.get(came, "This person can't be subscribed."))
        self._desk.wake()
        return Reply(body=_shown(subscription), status=201 if came is Admitted.NEW else 200)

    def change(self, call: Call[None, SubscriberChange]) -> Reply:
        found, wish = self._found(call.number), call.body
        before = choice_of(found)
        after = Choice(
            cadence=_cadence(self._offer(found.newsletter), wish.cadence) if wish.cadence else before.cadence,
            topics=before.topics if wish.topics is None else tuple(wish.topics),
            language=wish.language or before.language,
            timezone=_zone(wish.timezone) or before.timezone,
        )
        if after != before:
            self._store.preferences.choose(found.id, after, call.now)
        if wish.name is not None and wish.name != found.subscriber.name:
            self._store.preferences.rename(found.id, wish.name, call.now)
        return Reply(body=_shown(self._found(call.number)))

    def unsubscribe(self, call: Call[None, None]) -> Reply:
        found = self._found(call.number)
        self._store.subscriptions.unsubscribe(found.id, call.now, _HOW, goodbyes=self._desk.goodbyes)
        self._desk.wake()
        return Reply(body=_shown(self._found(call.number)))

    def erase(self, call: Call[None, None]) -> Reply:
        if not self._store.preferences.erase(self._found(call.number).id, call.now):
            raise not_found()
        return Reply()

    def _found(self, number: int) -> Subscription:
        found = self._store.subscriptions.subscription(SubscriptionId(number))
        if found is None or not found.subscriber.address:
            raise not_found()
        return found

    def _offer(self, newsletter: str) -> Offer:
        offer = self._desk.offers.get(newsletter)
        if offer is None:
            _refuse("/newsletter", "No newsletter of that name is configured.")
        return offer


def _cadence(offer: Offer, name: str) -> str:
    if name not in offer.cadences:
        _refuse("/cadence", f"{offer.name} has {', '.join(offer.cadences)}.")
    return name


def _zone(name: str | None) -> str | None:
    if name is not None and name not in available_timezones():
        _refuse("/timezone", "It is no time zone; names are like Europe/Berlin.")
    return name


def _refuse(pointer: str, detail: str) -> NoReturn:
    raise ApiProblem(422, "values", detail, (FieldProblem(pointer=pointer, detail=detail),))


def _shown(one: Subscription) -> SubscriberOut:
    return SubscriberOut(
        id=one.id,
        person=one.subscriber.id,
        address=one.subscriber.address,
        name=one.subscriber.name,
        newsletter=one.newsletter,
        cadence=one.cadence,
        state=one.state,
        topics=list(one.topics),
        language=one.language,
        timezone=one.timezone,
        paused_until=one.paused_until,
        ended_how=one.ended_how,
    )
