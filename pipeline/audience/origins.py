"""Which program a list of subscribers comes from, and how that says who has left.

They are known by the titles of their columns, without case, spaces and punctuation.  Whoever unsubscribed, bounced or
complained there must not be mailed from here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pipeline.domain.audience import Standing, SuppressionReason

Values = Mapping[str, str]
"""The values of one row, by the names of our columns."""

STANDING = "state"
"""The column that says in a word how somebody stands."""

_WORDS = {
    Standing.SUBSCRIBED: "subscribed active enabled confirmed optedin aktiv abonniert bestätigt angemeldet",
    Standing.UNCONFIRMED: "unconfirmed pending unactivated unverified unbestätigt ausstehend",
    Standing.UNSUBSCRIBED: "unsubscribed disabled optedout optout removed abgemeldet abbestellt gekündigt",
    Standing.BOUNCED: "bounced cleaned unreachable undeliverable hardbounced unzustellbar",
    Standing.COMPLAINED: "complained complaint spamcomplaint abuse",
    Standing.BLOCKED: "blocklisted blacklisted blocked suppressed spammy gesperrt",
}
_STANDING_OF = {word: standing for standing, words in _WORDS.items() for word in words.split()}
_TRUE, _FALSE = frozenset({"true", "1", "yes", "t"}), frozenset({"false", "0", "no", "f"})
# Reasons of our own, as an export of ours names them.
_OURS: Mapping[str, Standing] = {
    SuppressionReason.HARD_BOUNCE: Standing.BOUNCED,
    SuppressionReason.SOFT_BOUNCE: Standing.BOUNCED,
    SuppressionReason.COMPLAINT: Standing.COMPLAINED,
}


class UnknownWord(ValueError):
    """A word of which we don't know what it says about somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A program whose exports we know.

    An export of it has all the columns ``known_by``, titles as they are compared.  ``columns`` are its titles for ours,
    beside the usual ones; ``ignored`` are columns that have a usual title and mean something else there: its tags are
    not our topics, and whoever is tagged "VIP" would get nothing if they were.  ``standing`` reads a row.
    """

    name: str
    known_by: frozenset[str]
    standing: Callable[[Values], Standing]
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ignored: frozenset[str] = frozenset({"tags"})


def standing_of(word: str) -> Standing:
    """What a word says; nothing at all is a subscription.  Raises `UnknownWord`."""
    plain = "".join(filter(str.isalnum, word.casefold()))
    if not plain:
        return Standing.SUBSCRIBED
    if plain not in _STANDING_OF:
        raise UnknownWord(word)
    return _STANDING_OF[plain]


def by_word(values: Values) -> Standing:
    """By the column that says it in a word."""
    return standing_of(values.get(STANDING, ""))


def origin_of(titles: Collection[str]) -> Origin | None:
    """The program whose export has these titles (as they are compared), None for any other list."""
    there = frozenset(titles)
    return next((origin for origin in ORIGINS if origin.known_by <= there), None)


def _rundbrief(values: Values) -> Standing:
    if reason := values.get("suppressed"):
        return _OURS.get(reason, Standing.BLOCKED)
    # A pause was somebody's wish there; here they can have another.
    return Standing.SUBSCRIBED if values.get(STANDING) == "paused" else by_word(values)


def _left(values: Values) -> Standing:
    return Standing.COMPLAINED if values.get("why", "").casefold() in {"spam", "abuse"} else Standing.UNSUBSCRIBED


def _bounced(values: Values) -> Standing:
    del values
    return Standing.BOUNCED


def _subscribed(values: Values) -> Standing:
    del values
    return Standing.SUBSCRIBED


def _substack(values: Values) -> Standing:
    return Standing.UNSUBSCRIBED if _truth(values.get("disabled", ""), blank=False) else Standing.SUBSCRIBED


def _ghost(values: Values) -> Standing:
    if values.get("deleted"):
        return Standing.UNSUBSCRIBED
    return Standing.SUBSCRIBED if _truth(values.get("wanted", ""), blank=None) else Standing.UNSUBSCRIBED


def _buttondown(values: Values) -> Standing:
    if values.get("left"):
        return Standing.UNSUBSCRIBED
    word = values.get(STANDING, "")
    return Standing.SUBSCRIBED if word.casefold() in _BUTTONDOWN else standing_of(word)


_BUTTONDOWN = frozenset(
    {"regular", "premium", "trialed", "unpaid", "gifted", "churning", "churned", "paused", "past_due"}
)


def _mailpoet(values: Values) -> Standing:
    # Who is "inactive" hasn't opened mail for long, and has not left.
    stands = [standing_of(values.get(name, "")) for name in (STANDING, "on list") if _has_word(values.get(name, ""))]
    return max(stands, key=list(Standing).index, default=Standing.SUBSCRIBED)


def _has_word(word: str) -> bool:
    return word.casefold() not in {"", "inactive"}


def _truth(word: str, *, blank: bool | None) -> bool:
    plain = word.casefold()
    if plain in _TRUE or plain in _FALSE:
        return plain in _TRUE
    if plain or blank is None:
        raise UnknownWord(word)
    return blank


ORIGINS = (
    Origin(
        name="Rundbrief",
        known_by=frozenset({"email", "newsletter", "cadence", "state"}),
        columns={"state": STANDING, "suppressed": "suppressed", "agreed": "agreed"},
        standing=_rundbrief,
    ),
    # Mailchimp exports an audience as three files: who is subscribed, who has left, and whose address is "cleaned".
    Origin(
        name="Mailchimp, of those who unsubscribed",
        known_by=frozenset({"emailaddress", "leid", "euid", "unsubtime"}),
        columns={"unsubreason": "why"},
        standing=_left,
        ignored=frozenset({"tags", "timezone"}),
    ),
    Origin(
        name="Mailchimp, of cleaned addresses",
        known_by=frozenset({"emailaddress", "leid", "euid", "cleantime"}),
        standing=_bounced,
        ignored=frozenset({"tags", "timezone"}),
    ),
    Origin(
        name="Mailchimp",
        known_by=frozenset({"emailaddress", "leid", "euid"}),
        columns={"confirmtime": "agreed"},
        standing=_subscribed,
        # Guessed from where somebody's network is.
        ignored=frozenset({"tags", "timezone"}),
    ),
    Origin(
        name="Substack",
        known_by=frozenset({"email", "activesubscription", "expiry"}),
        # "Active" are those who pay.
        columns={"emaildisabled": "disabled", "createdat": "agreed"},
        standing=_substack,
    ),
    Origin(
        name="Ghost",
        known_by=frozenset({"email", "subscribedtoemails"}),
        columns={"subscribedtoemails": "wanted", "deletedat": "deleted", "createdat": "agreed"},
        standing=_ghost,
    ),
    Origin(
        name="listmonk",
        known_by=frozenset({"uuid", "email", "name", "attributes", "status"}),
        columns={"status": STANDING, "createdat": "agreed"},
        standing=by_word,
    ),
    Origin(
        name="Buttondown",
        known_by=frozenset({"creationdate", "metadata", "notes"}),
        columns={
            "subscribertype": STANDING,
            "type": STANDING,
            "unsubscriptiondate": "left",
            "creationdate": "agreed",
        },
        standing=_buttondown,
    ),
    Origin(
        name="Keila",
        known_by=frozenset({"email", "firstname", "lastname", "data", "status"}),
        columns={"status": STANDING},
        standing=by_word,
    ),
    Origin(
        name="MailPoet",
        known_by=frozenset({"email", "globalstatus"}),
        columns={"globalstatus": STANDING, "liststatus": "on list"},
        standing=_mailpoet,
    ),
    Origin(
        name="MailPoet",
        known_by=frozenset({"email", "liststatus"}),
        columns={"liststatus": STANDING},
        standing=_mailpoet,
    ),
)
