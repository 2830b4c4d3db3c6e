"""Whether all that is published is whole, and says what the record of releases says.

Each document is made anew from the record and held against the file that stands in its
place. Where the record has moved on since the last build, a file may still say what was;
of such a one only its form and its links are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from feedhub.model import FeedId, Format, archive_of
from feedhub.output import check, documents, places, readback
from feedhub.output.build import current_catalogue
from feedhub.output.publish import Made
from feedhub.settings import Config
from feedhub.store import archives, outputs, releases
from feedhub.store.db import Database

_LINKS = ("current", "prev-archive", "next-archive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a file below data/public."""

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How many documents were looked at, and all that is wrong."""

    documents: int
    faults: tuple[Fault, ...]


def verify(
    db: Database,
    config: Config,
    public: Path,
    now: datetime,
    begin: Callable[[int], None],
    done: Callable[[], None],
) -> Verified:
    """Look at everything. For one who holds data/public and a snapshot of the database."""
    among = current_catalogue(db, config, now)
    synced = places.is_synced(db, among)
    moved = _moved_on(db, now)
    pieces = tuple(documents.pieces(db, among))
    begin(len(pieces))
    faults: list[Fault] = []
    looked_at: set[str] = set()
    for standing, number in pieces:
        made = documents.made(db, among, standing, number, now)
        settled = synced and (standing.feed, number) not in moved
        faults += _faults(made, public, among.config.hub.url, settled=settled)
        looked_at |= made.paths.keys()
        done()
    faults += _others(db, public, looked_at, settled=synced)
    return Verified(documents=len(looked_at), faults=tuple(faults))


def _moved_on(db: Database, now: datetime) -> frozenset[tuple[FeedId, int]]:
    """The documents that the next build will make anew: feeds, and the numbers of archive documents, or 0."""
    moved = {(standing.feed, 0) for standing in releases.to_render(db)}
    moved |= {(page.feed, page.number) for page in archives.to_render(db)}
    for item in releases.arrivals(db, now):
        for place in releases.of_item(db, item):
            moved |= {(place.feed, 0), (place.feed, archive_of(place.number))}
    return frozenset(moved)


def _faults(made: Made, public: Path, hub_url: str, *, settled: bool) -> Iterator[Fault]:
    for path, format_ in made.paths.items():
        try:
            data = (public / path).read_bytes()
        except OSError as error:
            if settled or not isinstance(error, FileNotFoundError):
                yield Fault(path=path, message=f"cannot be read: {error.strerror}")
            continue
        if not settled:
            words = _form(format_, data, public, hub_url)
        elif data == made.files.get(path):
            words = tuple(f"{uid} is left out: {why}" for uid, why in made.faults.items() if uid not in made.paths)
        else:
            words = check.faults(format_, data, made.document) or ("it is not as the record of releases has it",)
            words += _form(format_, data, public, hub_url)
        yield from (Fault(path=path, message=one) for one in dict.fromkeys(words))


def _form(format_: Format, data: bytes, public: Path, hub_url: str) -> tuple[str, ...]:
    """What is wrong with a document by itself, and with its links to the feed's other documents."""
    found = readback.read(format_, data)
    if not isinstance(found, readback.Found):
        return found
    links = {rel: str(found.head[rel] or "") for rel in _LINKS if rel in found.head}
    return tuple(
        f"its {rel} leads nowhere: {address}"
        for rel, address in links.items()
        if address.startswith(f"{hub_url}/") and not (public / unquote(address.removeprefix(f"{hub_url}/"))).is_file()
    )


def _others(db: Database, public: Path, looked_at: set[str], *, settled: bool) -> Iterator[Fault]:
    """Whatever else feedhub has put there."""
    for path in sorted(outputs.paths(db).keys() - looked_at):
        if not (public / path).is_file():
            yield Fault(path=path, message="it is missing")
        elif settled and path.rpartition(".")[2] in set(Format):
            yield Fault(path=path, message="no feed has this document any more")
