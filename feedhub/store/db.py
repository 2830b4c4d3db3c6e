"""Opening the database, transactions, and how times stand in it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from feedhub.errors import DatabaseError, DiskFault
from feedhub.store.migrations import migrations

__all__ = ["Database", "batches", "get", "marks", "opened", "parse_time", "put", "snapshot", "stamp", "transaction"]

T = TypeVar("T")

BUSY_SECONDS = 30.0
_BATCH = 500  # parameters in one statement; SQLite takes 32,766, older ones 999
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE}  # the last: a quota, as tried
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def stamp(time: datetime) -> str:
    """A time as the database holds it: of one width, so that text sorts as time does."""
    return time.astimezone(UTC).strftime(_TIME)


def parse_time(text: str) -> datetime:
    """What `stamp` wrote."""
    return datetime.fromisoformat(text)


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """The database at `path`, made if there is none, brought up to this release's schema.

    A handle belongs to one thread. Raises `DatabaseError` when the file cannot be
    used, and when it was emptied: nothing is ever started afresh over it.
    """
    with _in_words(path):
        try:
            if not path.exists():
                _create(path)
        except OSError as error:
            raise DiskFault(f"{path} cannot be made: {error.filename}: {error.strerror}") from error
        connection = _connect(path)
    with closing(connection):
        db = Database(connection, execute_plugins=False)
        with _in_words(path):
            _prepare(db, path)
            yield db


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)


def _create(path: Path) -> None:
    """A new database appears whole: a half-made one would be refused ever after as emptied."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with closing(_connect(draft)) as connection:
            migrations.apply(Database(connection, execute_plugins=False))
        with suppress(FileExistsError):  # another process was faster; its database is as good
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _prepare(db: Database, path: Path) -> None:
    if db.conn.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone() is None:
        raise DatabaseError(
            f"{path} is no database of feedhub, or it was emptied; nothing was changed. "
            "Restore a backup, or move it away to start a new hub"
        )
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        db.conn.execute(f"PRAGMA {pragma}")
    known = {step.name for step in migrations.pending(db)} | {step.name for step in migrations.applied(db)}
    later = known - {step.name for step in migrations._migrations}  # noqa: SLF001 - sqlite-utils names them nowhere else
    if later:
        raise DatabaseError(f"{path} was written by a later release of feedhub ({', '.join(sorted(later))})")
    if migrations.pending(db):
        with transaction(db):
            migrations.apply(db)


@contextmanager
def transaction(db: Database, *, durable: bool = False) -> Iterator[Database]:
    """One short write transaction that has the write lock from its start.

    sqlite-utils' own `atomic` is deferred: two such writers lose updates, or fail as
    locked. `durable`: a power cut after it takes nothing of it, nor of those before;
    without, it may take the last ones whole, which the next poll brings again.
    """
    db.conn.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:  # whatever ends it, a cancellation too, undoes it
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
    db.conn.execute("COMMIT")


@contextmanager
def snapshot(db: Database) -> Iterator[Database]:
    """One state of the database for as long as the block reads; it holds up no writer."""
    db.conn.execute("BEGIN")
    try:
        yield db
    finally:
        db.conn.execute("ROLLBACK")


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a fault of ours keeps its traceback
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) in _FULL:
            raise DiskFault(f"{path}: the disk is full; nothing of what is stored was lost") from error
        raise DatabaseError(f"the database {path} cannot be used: {error}") from error


def get(db: Database, key: str) -> str | None:
    """A value of the hub's own, by name."""
    row = db.conn.execute("SELECT value FROM hub WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def put(db: Database, key: str, value: str) -> None:
    """Keep a value of the hub's own."""
    db.conn.execute("INSERT INTO hub VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (key, value))


def marks(values: Collection[object]) -> str:
    """A place for each of these values in a statement."""
    return ", ".join("?" * len(values))


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many values at a time as one statement takes."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
