"""Routes as data: read from YAML, checked whole, secrets taken from the environment by name."""

from collections.abc import Mapping
from datetime import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, HttpUrl, SecretStr, TypeAdapter, ValidationError, field_validator, model_validator

from alerts.documents import Frozen, parse_document
from alerts.labels import Label, Matcher
from alerts.response import Post
from gis.errors import BadInput
from gis.sentences import Sentence

#: steps in an alert's life that somebody may have to act on
TOLD_CHANGES = (
    "raised",
    "level",
    "grown",
    "updated",
    "escalated",
    "fell_back",
    "released",
    "unsilenced",
    "cleared",
)
#: channels that show what stands anyhow: telling is writing it down
SHOWN = frozenset({"wall", "phone"})
HTTP_CHANNELS = frozenset({"webhook", "wecom", "dingtalk", "feishu"})
Channel = Literal["wall", "phone", "webhook", "wecom", "dingtalk", "feishu", "smtp"]
Named = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class Route(Frozen):
    """One way to somebody."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    channel: Channel
    match: tuple[Matcher, ...] = ()
    posts: tuple[Post, ...] = ()
    changes: tuple[str, ...] = TOLD_CHANGES
    language: Literal["zh", "en"] = "zh"
    url_from: Named | None = None
    secret_from: Named | None = None
    server: str = ""
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    sender: str = ""
    to: tuple[str, ...] = ()
    user: str = ""
    password_from: Named | None = None
    #: looked up by `read_routing`; hidden in repr
    url: SecretStr | None = None
    secret: SecretStr | None = None
    password: SecretStr | None = None

    @model_validator(mode="after")
    def says_what_its_channel_needs(self) -> Self:
        if self.channel in HTTP_CHANNELS and self.url_from is None:
            raise BadInput(
                "route {id}: {channel} needs url_from, the variable that holds its address",
                id=self.id,
                channel=self.channel,
            )
        if self.channel == "smtp" and not (self.server and self.sender and self.to):
            raise BadInput("route {id}: smtp needs server, sender and to", id=self.id)
        if unknown := set(self.changes) - set(TOLD_CHANGES):
            raise BadInput(
                "route {id}: changes {unknown}; there are {known}",
                id=self.id,
                unknown=sorted(unknown),
                known=TOLD_CHANGES,
            )
        if any("@" not in address for address in (*self.to, *([self.sender] if self.sender else []))):
            raise BadInput("route {id}: sender and to are e-mail addresses", id=self.id)
        return self


class Grouping(Frozen):
    by: tuple[Label, ...] = ("what", "community")
    wait_s: float = Field(default=20, ge=0)
    interval_s: float = Field(default=300, ge=0)


class Storm(Frozen):
    per_minute: int = Field(default=6, ge=1)


class QuietHours(Frozen):
    """From one time of day to another, over midnight or not; these levels wait until it ends."""

    since: time = Field(alias="from")
    until: time = Field(alias="to")
    levels: tuple[int, ...] = (4,)

    @field_validator("levels")
    @classmethod
    def red_never_waits(cls, levels: tuple[int, ...]) -> tuple[int, ...]:
        if 1 in levels:
            raise BadInput("quiet hours never hold red back")
        return levels


class Routing(Frozen):
    """The whole document."""

    timezone: str = "Asia/Shanghai"
    group: Grouping = Grouping()
    storm: Storm = Storm()
    quiet_hours: QuietHours | None = None
    routes: tuple[Route, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def holds_together(self) -> Self:
        ids = [route.id for route in self.routes]
        if doubled := {name for name in ids if ids.count(name) > 1}:
            raise BadInput("routes given twice: {doubled}", doubled=sorted(doubled))
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as fault:
            raise BadInput(
                "timezone {timezone!r} is none; Asia/Shanghai would be one", timezone=self.timezone
            ) from fault
        return self

    def route(self, route_id: str) -> Route | None:
        """The route of an id; None when it was taken away."""
        return next((route for route in self.routes if route.id == route_id), None)


def parse_routing(text: str, *, environment: Mapping[str, str], name: str = "routes") -> Routing:
    """Read routes from YAML and take their secrets from the environment.

    Raises
    ------
    BadInput
        With every fault, when it does not hold together or names variables that are not set.
    """
    routing = parse_document(Routing, text, name)
    faults: list[Sentence] = []
    routes = tuple(with_secrets(route, environment, faults) for route in routing.routes)
    if faults:
        raise BadInput("{file}: {faults}", file=name, faults=faults[:10])
    return routing.model_copy(update={"routes": routes})


def with_secrets(route: Route, environment: Mapping[str, str], faults: list[Sentence]) -> Route:
    """Return the route with what its variables hold; adds what is missing to `faults`."""
    held: dict[str, SecretStr] = {}
    for kind in ("url", "secret", "password"):
        variable = getattr(route, f"{kind}_from")
        if variable is None:
            continue
        if not environment.get(variable):
            faults.append(
                Sentence("route {id}: the environment variable {variable} is not set", id=route.id, variable=variable)
            )
            continue
        held[kind] = SecretStr(environment[variable])
    if "url" in held:
        try:
            TypeAdapter(HttpUrl).validate_python(held["url"].get_secret_value())
        except ValidationError:
            faults.append(
                Sentence("route {id}: {variable} holds no http or https address", id=route.id, variable=route.url_from)
            )
    return route.model_copy(update=held)


def read_routing(path: Path | None, *, environment: Mapping[str, str]) -> Routing:
    """Read an installation's routes; without a file, those the product comes with."""
    if path is None:
        text = files("alerts").joinpath("routes.yml").read_text(encoding="utf-8")
        return parse_routing(text, environment=environment, name="routes.yml")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput("{path}: the routes cannot be read ({fault})", path=path, fault=fault) from fault
    return parse_routing(text, environment=environment, name=path.name)
