"""What the commands about subscribers have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.domain.audience import SubscriptionState

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.domain.segment import Segment

Newsletter = Annotated[str, typer.Option(metavar="N", help="The newsletter's name in the configuration.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address.")]

OneNewsletter = Annotated[str | None, typer.Option(metavar="N", help="Only those of this newsletter.")]
OneState = Annotated[SubscriptionState | None, typer.Option(help="Only those in this state.")]
OneCadence = Annotated[str | None, typer.Option(metavar="C", help="Only those of this cadence.")]
OneTopic = Annotated[str | None, typer.Option(metavar="TOPIC", help="Only those who get this topic.")]
OneLanguage = Annotated[str | None, typer.Option(metavar="TAG", help="Only those who are written to in this language.")]
Search = Annotated[str | None, typer.Option(metavar="TEXT", help="Only those with this in the address or the name.")]
Suppressed = Annotated[
    bool | None, typer.Option("--suppressed/--not-suppressed", help="Only those whose address gets no mail, or does.")
]
Since = Annotated[str | None, typer.Option(metavar="DATE", help="Only those who subscribed from this day on.")]
Before = Annotated[str | None, typer.Option(metavar="DATE", help="Only those who subscribed before this day.")]
ActiveSince = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Only those who opened, clicked or changed something from this day on."),
]
QuietSince = Annotated[
    str | None, typer.Option(metavar="DATE", help="Only those who have done none of that since this day.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What `list` and `export` were asked for, as it was typed."""

    newsletter: str | None
    state: SubscriptionState | None
    cadence: str | None
    topic: str | None
    language: str | None
    search: str | None
    suppressed: bool | None
    since: str | None
    before: str | None
    active_since: str | None
    quiet_since: str | None

    def segment(self, settings: Config) -> Segment:
        """Raises `WrongUse`."""
        from pipeline.cli.names import cadence_named, newsletter_named
        from pipeline.cli.times import read_time
        from pipeline.domain.segment import Segment

        letter = newsletter_named(settings, self.newsletter) if self.newsletter else None
        if letter and self.cadence:
            cadence_named(letter, self.cadence)
        days = {"--since": self.since, "--before": self.before}
        days |= {"--active-since": self.active_since, "--quiet-since": self.quiet_since}
        times = {name: read_time(day, settings.site.timezone, name) for name, day in days.items() if day}
        language = self.language
        speaking = {
            one.name for one in settings.newsletters if language and (one.language or "").partition("-")[0] == language
        }
        return Segment(
            newsletter=letter.name if letter else None,
            state=self.state,
            cadence=self.cadence,
            topic=self.topic,
            language=language,
            speaking=frozenset(speaking | {one.name for one in settings.newsletters if one.language == language}),
            text=self.search,
            suppressed=self.suppressed,
            since=times.get("--since"),
            before=times.get("--before"),
            active_since=times.get("--active-since"),
            quiet_since=times.get("--quiet-since"),
        )
