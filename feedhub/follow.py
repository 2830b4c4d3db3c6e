"""Which configuration is in force, and how an edit of feeds.yaml comes to count.

    text → `schema.parse` → good: it is in force, and the database keeps it
                          → problems, or most sources vanished: the last good one stays in force

A command that edits the file and an admin with an editor go the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feedhub import text, urls
from feedhub.config import file, kept
from feedhub.errors import ConfigError
from feedhub.model import Problem, Via
from feedhub.output import definition
from feedhub.settings import Config, LocalFile, Source, WebAddress
from feedhub.store import items, posts, sources
from feedhub.store.db import Database, get, put, transaction

_ACCEPTED = "accepted"
_DIGEST = "config_digest"
_TREE = "config_tree"
_KEPT = "config_kept"  # the same, ready for use, where it depends on neither variables nor the folder


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A configuration, and what speaks against the file as it stands."""

    config: Config
    tree: str
    digest: str  # of the text that it came from
    problems: tuple[Problem, ...]  # not empty: the file is not in force, the last good one is


def look(db: Database | None, path: Path, env: Mapping[str, str]) -> InForce:
    """The configuration that is in force, without bringing it into force.

    Raises `ConfigError` where feeds.yaml is broken and there is no last good one.
    """
    read = file.read(path)
    if isinstance(read, tuple):
        return _last_good(db, path, env, read)
    digest = definition.digest(read.text)
    tree = get(db, _TREE) if db and get(db, _DIGEST) == digest else None
    if db and tree is not None and (config := kept.load(get(db, _KEPT) or "")):  # nothing is parsed while unchanged
        return InForce(config=config, tree=tree, digest=digest, problems=())

    from feedhub.config import schema

    if tree is not None:
        revived = schema.revive(tree, file=path.name, base=path.parent, env=env)
        if isinstance(revived, Config):
            return InForce(config=revived, tree=tree, digest=digest, problems=())
    parsed = schema.parse(read.text, file=path.name, base=path.parent, env=env)
    if not isinstance(parsed, schema.Parsed):
        return _last_good(db, path, env, parsed)
    vanished = _vanished(db, path, parsed.config, digest) if db else ()
    if vanished:
        return _last_good(db, path, env, vanished)
    return InForce(config=parsed.config, tree=parsed.tree, digest=digest, problems=())


def _ready(chosen: InForce) -> str:
    """A configuration as it can be taken up without a look at anything else; empty where it cannot."""
    local = any(isinstance(source.location, LocalFile) for source in chosen.config.sources.values())
    return "" if local or "${" in chosen.tree else kept.dump(chosen.config)


def _last_good(db: Database | None, path: Path, env: Mapping[str, str], problems: tuple[Problem, ...]) -> InForce:
    from feedhub.config import schema

    tree, digest = (get(db, _TREE), get(db, _DIGEST)) if db else (None, None)
    config = schema.revive(tree, file=path.name, base=path.parent, env=env) if tree else None
    if not isinstance(config, Config) or tree is None or digest is None:
        raise ConfigError(problems)
    return InForce(config=config, tree=tree, digest=digest, problems=problems)


def _vanished(db: Database, path: Path, config: Config, digest: str) -> tuple[Problem, ...]:
    """A file that was saved halfway has lost most of its sources, and parses."""
    known = {state.id for state in sources.states(db)}
    gone = known - set(config.sources)
    if len(gone) * 2 <= len(known) or accepted(db) == digest:
        return ()
    names = ", ".join(sorted(gone)[:5]) + (", …" if len(gone) > 5 else "")
    message = (
        f"{len(gone)} of {len(known)} sources have vanished ({names}); the last good configuration stays in force. "
        "If that is meant: feedhub check --accept"
    )
    return (Problem(file=path.name, line=0, column=0, path="sources", message=message),)


def accept(db: Database, path: Path) -> None:
    """Whatever sources the file lacks now, it lacks on purpose."""
    read = file.read(path)
    if not isinstance(read, tuple):
        with transaction(db):
            put(db, _ACCEPTED, definition.digest(read.text))


def accepted(db: Database) -> str | None:
    """The digest of the text of feeds.yaml that the admin has confirmed last."""
    return get(db, _ACCEPTED)


def bring_into_force(db: Database, chosen: InForce, now: datetime) -> bool:
    """Hold the database to a configuration; False where it was in force already."""
    if get(db, _DIGEST) == chosen.digest:
        return False
    config = chosen.config
    with transaction(db):
        posts.keep_tags(db, {text.fold(tag): tag for source in config.sources.values() for tag in source.tags})
        wanted = [_wanted(source, config) for source in config.sources.values()]
        for moved in sources.sync(db, wanted, now):
            items.look_again(db, items.ids_of(db, moved), via=Via.ADDED, due=now)
            sources.touch_feeds(db, moved)
        put(db, _TREE, chosen.tree)
        put(db, _KEPT, _ready(chosen))
        put(db, _DIGEST, chosen.digest)
    return True


def take_up(db: Database, path: Path, env: Mapping[str, str], now: datetime) -> tuple[Problem, ...]:
    """Bring feeds.yaml into force where it is not yet; what speaks against it.

    For whoever asks no more of it: where it is unchanged, what parses is not even loaded.
    """
    read = file.read(path)
    if not isinstance(read, tuple) and get(db, _DIGEST) == definition.digest(read.text):
        return ()
    try:
        found = look(db, path, env)
    except ConfigError as error:
        if get(db, _DIGEST) is None:
            raise
        return error.problems  # there is a last good one, but a ${VARIABLE} of it is not set here
    if not found.problems:
        bring_into_force(db, found, now)
    return found.problems


def _wanted(source: Source, config: Config) -> sources.Wanted:
    match source.location:
        case WebAddress(url=url):
            whole, shown = url, urls.redacted(url)
        case LocalFile(path=path):
            whole = shown = str(path)
    if isinstance(source.location, WebAddress) and source.location.secret and shown == whole:
        shown = f"{urls.origin(whole)}/…"  # made with a variable: nobody knows which part is the secret
    return sources.Wanted(
        id=source.id,
        location=shown,
        origin=urls.origin(whole),
        location_digest=definition.digest(whole, sorted(source.headers.items())),
        definition=definition.of_source(source, config.authors.values()),
        paused=source.paused,
    )
