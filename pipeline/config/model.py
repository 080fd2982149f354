"""What config.toml may say: one class per table; the descriptions are those of the JSON Schema and of the manual."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, SecretStr

from pipeline.config.addresses import Listen, with_password
from pipeline.config.alerts import Alerts
from pipeline.config.bounces import Bounces
from pipeline.config.brand import Brand
from pipeline.config.canary import Canary
from pipeline.config.composition import Composition
from pipeline.config.feeds import Feed, Redirect
from pipeline.config.operation import Metrics, Runs
from pipeline.config.pictures import Pictures
from pipeline.config.preflight import Preflight
from pipeline.config.providers import Provider
from pipeline.config.retention import Retention
from pipeline.config.sign_up import Reception, SignUp
from pipeline.config.sources import Source
from pipeline.config.table import Table
from pipeline.config.tracking import Tracking
from pipeline.config.values import (
    BaseUrl,
    Cadence,
    Duration,
    EmailAddress,
    EnvironmentName,
    FilePath,
    Frozen,
    HubUrl,
    Language,
    Listed,
    ListenText,
    MailboxText,
    Name,
    Names,
    StoreUrl,
    Text,
    Topics,
    Url,
    Zone,
)


def _taken_over(schema: dict[str, Any]) -> None:
    """The default in the class is never used: `load` puts in the site's."""
    del schema["default"]


class Site(Table):
    """[site]: who publishes."""

    title: Text
    """The name of the publication."""

    url: BaseUrl
    """Its public address: links, feeds and unsubscribing start here."""

    language: Language = "en"
    """The language of what names no other: pages, mail, feeds."""

    timezone: Zone = ZoneInfo("UTC")
    """The time zone of cron expressions, and of dates that people read."""

    icon: Url | None = None
    """The address of a small square picture that stands for it beside its feeds."""

    logo: Url | None = None
    """The address of a larger one."""

    tone: Literal["formal", "informal"] = "formal"
    """How readers are spoken to where a language tells the two apart: German has *Sie* and *du*."""


class Store(Table):
    """[store]: where everything is kept."""

    url: StoreUrl = "sqlite:///var/rundbrief.db"
    """`sqlite:///FILE` or `postgresql://USER@HOST/DATABASE`."""

    password_env: EnvironmentName | None = None
    """The environment variable that holds the database's password."""


class Web(Table):
    """[web]: what `rundbrief serve` offers."""

    listen: ListenText = Listen("127.0.0.1", 8000)
    """Host and port to listen on."""

    secret_env: EnvironmentName | None = None
    """The environment variable that holds the key of unsubscribe links; if absent, a key file beside the store does."""


class Publish(Table):
    """[publish]: where feeds are written, and where the public finds them."""

    directory: FilePath = Path("feeds")
    """Each feed gets a directory in it: `NAME/atom.xml`, `rss.xml`, `feed.json`, `index.html`."""

    url: BaseUrl = ""
    """The public address of that directory; if absent, `/feeds` behind the address of the site."""

    hub: HubUrl | None = None
    """The WebSub hub that the feeds name, and that is told of changes; `"self"`: `rundbrief serve` is the hub."""

    hub_allow_private: bool = False
    """Whether WebSub may call addresses of your own network: a hub, or subscribers, that are not public."""

    tombstones: bool = False
    """Whether Atom documents say which articles were retracted of late; the W3C's validator warns of that."""


class Templates(Table):
    """[templates]: your own templates."""

    directory: FilePath | None = None
    """Templates in it are taken before the built-in ones of the same name."""


class Newsletter(Composition, Canary, Reception):
    """[[newsletters]]: what subscribers sign up for."""

    name: Name
    """What the newsletter is called in commands and links; small letters, digits, - and _; once only."""

    title: Text
    """Its title, for readers."""

    from_: MailboxText = Field(alias="from")
    """Who it is from: `Name <address>`."""

    reply_to: MailboxText | None = None
    """Where answers go, if not to the sender."""

    language: Language = ""
    """Its language for subscribers who chose none; if absent, that of the site."""

    timezone: Zone = Field(default=ZoneInfo("UTC"), json_schema_extra=_taken_over)
    """The time zone of its cadences; if absent, that of the site."""

    providers: Annotated[Names, Field(min_length=1)] = ("outbox",)
    """The providers that mail it, in order of failover."""

    topics: Topics = ()
    """Only articles with one of these topics; empty: all."""

    template: Name = "digest"
    """The template of its mail: `NAME.html.j2` and `NAME.txt.j2`."""

    brand: Brand = Field(default_factory=Brand)
    """What is different from [brand] in its mail: a table [newsletters.brand] with some of its keys."""

    local_time: bool = False
    """Whether the hour of a cadence is each subscriber's own."""

    max_lateness: Duration = timedelta(hours=6)
    """A slot that is later than this is missed, not mailed."""

    unsubscribe_mailto: EmailAddress | None = None
    """An address that takes unsubscriptions by mail too (in List-Unsubscribe); the mailbox of [bounces] takes them."""

    tracking: Tracking = Field(default_factory=Tracking)
    """What is counted of what readers do: a table [newsletters.tracking]; if absent, nothing."""

    cadences: Annotated[Mapping[Name, Cadence], Field(min_length=1), *Frozen]
    """How often it comes: `immediate = true`, and cron expressions by a name of your choice."""

    @property
    def schedules(self) -> Mapping[str, str]:
        """The cadences that have a cron expression."""
        return {name: cron for name, cron in self.cadences.items() if cron is not None}


class Config(Table):
    """The configuration of Rundbrief."""

    site: Site
    store: Store = Field(default_factory=Store)
    web: Web = Field(default_factory=Web)
    runs: Runs = Field(default_factory=Runs)
    metrics: Metrics = Field(default_factory=Metrics)
    alerts: Alerts = Field(default_factory=Alerts)
    publish: Publish = Field(default_factory=Publish)
    templates: Templates = Field(default_factory=Templates)
    brand: Brand = Field(default_factory=Brand)
    preflight: Preflight = Field(default_factory=Preflight)
    pictures: Pictures = Field(default_factory=Pictures)
    bounces: Bounces = Field(default_factory=Bounces)
    sign_up: SignUp = Field(default_factory=SignUp)
    retention: Retention = Field(default_factory=Retention)
    sources: Annotated[tuple[Source, ...], Listed] = ()
    feeds: Annotated[tuple[Feed, ...], Listed] = ()
    redirects: Annotated[tuple[Redirect, ...], Listed] = ()
    newsletters: Annotated[tuple[Newsletter, ...], Listed] = ()
    providers: Annotated[Mapping[Name, Provider], *Frozen] = Field(default_factory=dict)

    _file: Path = PrivateAttr()
    _secrets: Mapping[str, SecretStr] = PrivateAttr(default_factory=dict)

    def model_post_init(self, context: Any, /) -> None:  # noqa: ANN401
        self._file = context["file"]
        self._secrets = context["secrets"]

    @property
    def file(self) -> Path:
        """The file that it was read from, absolute."""
        return self._file

    def secret(self, variable: str) -> SecretStr:
        """The value of an environment variable that the configuration names.  Raises KeyError for any other."""
        return self._secrets[variable]

    @property
    def store_url(self) -> SecretStr:
        """The address of the store, with its password."""
        password = self.store.password_env
        return SecretStr(
            with_password(self.store.url, self._secrets[password].get_secret_value()) if password else self.store.url
        )
