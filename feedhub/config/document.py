"""The shape of feeds.yaml, key by key, with its defaults: the only door to pydantic.

Everything is checked in one go, references between the parts included, so that all faults are found at once: what a
reference may name comes in through the context, out of the document as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from re import Pattern
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from feedhub.config import values
from feedhub.config.misfits import TEXT, Misfit, kind, misfit
from feedhub.faults import Fault, quoted
from feedhub.settings import Auto, ContentMode, Rhythm

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """What values are checked against: the ids that the document itself defines, and where it lies."""

    authors: Collection[str]
    sources: Collection[str]
    base: Path


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise Fault(f"is {kind(value)}", TEXT)


def _made(make: Callable[[str], T]) -> PlainValidator:
    """Text that becomes something else."""
    return PlainValidator(lambda value: make(_written(value)), json_schema_input_type=str)


def _measured(make: Callable[[str], T]) -> PlainValidator:
    """The same for a quantity: a bare number is read too, so that `make` can say that it lacks its unit."""
    return PlainValidator(lambda value: make(_quantity(value)), json_schema_input_type=str)


def _quantity(value: Any) -> str:
    return str(value) if type(value) is int else _written(value)


def _known_author(value: str, info: ValidationInfo[Context]) -> str:
    return _known(value, "author", info.context.authors)


def _known_source(value: str, info: ValidationInfo[Context]) -> str:
    return _known(value, "source", info.context.sources)


def _known(value: str, what: str, ids: Collection[str]) -> str:
    if value in ids:
        return value
    some = ", ".join(sorted(ids)[:8]) + (", …" if len(ids) > 8 else "")
    raise Fault(
        f"there is no {what} {quoted(value)}",
        f"one of {some}" if ids else f"{what}s has none yet",
        given=value,
        choices=ids,
    )


def _everyone(value: Any, info: ValidationInfo[Context]) -> Any:
    if isinstance(value, str) and value != "all":
        raise Fault("is text", "all, or a list of authors, as in [one, two]")
    return list(info.context.authors) if value == "all" else value


def _location(value: Any, info: ValidationInfo[Context]) -> str | Path:
    return values.location(_written(value), info.context.base)


def _rhythm(value: Any, validate_mapping: ValidatorFunctionWrapHandler) -> Timed:
    if not isinstance(value, dict):
        return Timed.model_construct(cron=values.rhythm(_quantity(value)))
    timed: Timed = validate_mapping(value)
    return timed


Text = Annotated[str, AfterValidator(values.text)]
Web = Annotated[str, AfterValidator(values.web)]
Id = Annotated[str, AfterValidator(values.identifier)]
FeedName = Annotated[str, AfterValidator(values.feed_name)]
AuthorRef = Annotated[str, AfterValidator(_known_author)]
SourceRef = Annotated[str, AfterValidator(_known_source)]
Regex = Annotated[Pattern[str], _made(values.pattern)]
Mode = Annotated[ContentMode, _made(values.content)]
Limit = Annotated[int, Field(ge=1, le=500)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)


class HubPart(_Part):
    """`hub`."""

    title: Text
    url: Annotated[str, AfterValidator(values.public)]
    description: Text | None = None
    language: Annotated[str, AfterValidator(values.language)] = "en"
    timezone: Annotated[ZoneInfo, _made(values.zone)] = ZoneInfo("UTC")
    contact: Annotated[str, AfterValidator(values.contact)] | None = None


class AuthorPart(_Part):
    """One of `authors`."""

    name: Text
    blog: Text | None = None
    email: Annotated[str, AfterValidator(values.email)] | None = None
    url: Web | None = None
    about: Text | None = None
    aliases: list[Text] = []


class Timed(_Part):
    """`every` as a mapping; where it was written as text, that text's meaning."""

    cron: Annotated[Rhythm, _made(values.cron_line)]


class FilterPart(_Part):
    """`keep`, `drop`."""

    title: Regex | None = None
    author: Regex | None = None
    tag: Regex | None = None
    link: Regex | None = None
    text: Regex | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> FilterPart:
        if not self.model_fields_set:
            raise Fault("names no field", "title, author, tag, link or text, each with a regular expression")
        return self


Flood = Annotated[int, Field(ge=1, le=10_000)]


class SourcePart(_Part):
    """One of `sources`."""

    url: Annotated[str | Path, PlainValidator(_location, json_schema_input_type=str)]
    title: Text | None = None
    author: AuthorRef | None = None
    bylines: Annotated[list[AuthorRef], BeforeValidator(_everyone)] = []
    tags: list[Text] = []
    every: Annotated[Timed, WrapValidator(_rhythm)] = Timed.model_construct(cron=Auto.AUTO)
    backlog: Annotated[int, Field(ge=0, le=500)] = 5
    flood: Flood | None = None
    content: Mode = ContentMode.FULL
    keep: FilterPart | None = None
    drop: FilterPart | None = None
    headers: dict[
        Annotated[str, AfterValidator(values.header_name)], Annotated[str, AfterValidator(values.header_value)]
    ] = {}
    paused: bool = False


class ImagePart(_Part):
    """A pin's `image`."""

    url: Web
    alt: Text


class PinPart(_Part):
    """One of `featured.pins`."""

    url: Web
    title: Text | None = None
    summary: Text | None = None
    image: ImagePart | None = None
    until: Annotated[date, _made(values.day)] | None = None


class FeaturedPart(_Part):
    """`featured`."""

    title: Text = "Featured"
    limit: Limit = 4
    sources: list[SourceRef] = []
    pins: list[PinPart] = []


class FromPart(_Part):
    """A feed's `from`."""

    posts: bool = False
    featured: bool = False
    authors: list[AuthorRef] = []
    sources: list[SourceRef] = []
    tags: list[Text] = []

    @model_validator(mode="after")
    def _not_empty(self) -> FromPart:
        if not (self.posts or self.featured or self.authors or self.sources or self.tags):
            raise Fault(
                "selects nothing", "posts: true, featured: true, authors, sources or tags; without from, everything"
            )
        return self


class FeedPart(_Part):
    """One of `feeds`."""

    title: Text
    from_: Annotated[FromPart | None, Field(alias="from")] = None
    keep: FilterPart | None = None
    drop: FilterPart | None = None
    limit: Limit | None = None
    content: Mode = ContentMode.FULL


class FetchPart(_Part):
    """`fetch`."""

    concurrency: Annotated[int, Field(ge=1, le=1000)] = 64
    flood: Flood = 25
    timeout: Annotated[timedelta, _measured(values.timeout)] = timedelta(seconds=20)
    max_size: Annotated[int, _measured(values.size)] = 10_000_000
    allow: list[Annotated[IPv4Network | IPv6Network, _made(values.network)]] = []


class ServerPart(_Part):
    """`server`."""

    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000


class PublishPart(_Part):
    """`publish`."""

    limit: Limit = 50
    archive: bool = True


class Document(_Part):
    """The whole of feeds.yaml."""

    hub: HubPart
    authors: dict[Id, AuthorPart] = {}
    sources: dict[Id, SourcePart] = {}
    featured: FeaturedPart | None = None
    feeds: dict[FeedName, FeedPart] = {}
    fetch: FetchPart = FetchPart()
    server: ServerPart = ServerPart()
    publish: PublishPart = PublishPart()


def validate(data: Mapping[str, Any], context: Context) -> Document | tuple[Misfit, ...]:
    """The document, or everything that is wrong with it."""
    try:
        return Document.model_validate(data, context=context)
    except ValidationError as error:
        # what has no value (null) was reported where it was read
        return tuple(misfit(one, Document) for one in error.errors(include_url=False) if one["input"] is not None)
