"""The schema, as the steps that made it: named, append-only, never edited once released.

Each is frozen SQL, run in one transaction with the record of its having run. The
comments stay in the database, so that `sqlite-utils schema` and Datasette show them.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("feedhub")


def _run(db: Database, script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)


@migrations(name="0001_hub")
def _hub(db: Database) -> None:
    _run(
        db,
        """
CREATE TABLE hub (
    key TEXT PRIMARY KEY,        -- what of feeds.yaml is in force, and the like
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
    id TEXT PRIMARY KEY,         -- as feeds.yaml names it
    location TEXT NOT NULL,      -- address or file, without its secrets
    location_digest TEXT NOT NULL,   -- of the whole address: when it changes, validators are void
    definition TEXT NOT NULL,    -- JSON: what feeds.yaml says, or said last, about where its items belong
    paused INTEGER NOT NULL DEFAULT 0,
    added TEXT NOT NULL,         -- all times: ISO 8601, UTC
    removed TEXT,                -- since when feeds.yaml no longer names it
    title TEXT,                  -- what the feed says of itself
    site TEXT,
    feed_id TEXT,
    language TEXT,
    etag TEXT,                   -- validators, byte for byte as they came
    last_modified TEXT,
    body_digest TEXT,            -- of the last body that was taken in whole
    last_checked TEXT,
    last_ok TEXT,
    next_check TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, -- in a row
    error TEXT,                  -- in words, without secrets
    gone INTEGER NOT NULL DEFAULT 0,     -- answered 410
    lease_owner TEXT,            -- the process that is reading it now
    lease_until TEXT             -- when that counts as crashed
) STRICT, WITHOUT ROWID;
CREATE INDEX sources_due ON sources (next_check) WHERE removed IS NULL AND paused = 0;

CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,    -- the id that is published; never changes, never changes hands
    kind TEXT NOT NULL CHECK (kind IN ('entry', 'post', 'link')),
    source TEXT REFERENCES sources (id), -- of an entry
    author TEXT,                 -- of a post
    slug TEXT,                   -- of a post: /posts/<author>/<slug>/
    title TEXT NOT NULL,
    link TEXT,
    link_key TEXT,               -- the link, for comparison only
    summary TEXT NOT NULL,       -- plain text
    html TEXT NOT NULL,          -- sanitised, links absolute
    authors TEXT NOT NULL,       -- JSON: bylines as the origin wrote them
    categories TEXT NOT NULL,    -- JSON
    enclosures TEXT NOT NULL,    -- JSON
    image TEXT,                  -- JSON
    language TEXT,
    published TEXT,              -- as the origin says
    dated TEXT NOT NULL,         -- the date it goes by when it is released
    updated TEXT NOT NULL,       -- when its content last moved
    first_seen TEXT NOT NULL,
    withdrawn TEXT               -- its post was deleted, or made a draft again
) STRICT;
CREATE INDEX items_by_source ON items (source, dated) WHERE source IS NOT NULL;
CREATE INDEX items_by_link ON items (link_key) WHERE link_key IS NOT NULL;
CREATE UNIQUE INDEX items_by_page ON items (author, slug) WHERE slug IS NOT NULL;
CREATE INDEX items_links ON items (kind) WHERE kind = 'link';

CREATE TABLE sightings (         -- under which ids a source has shown an item
    source TEXT NOT NULL REFERENCES sources (id),
    key TEXT NOT NULL,           -- its origin id, or what stands in for one
    item INTEGER NOT NULL REFERENCES items (id),
    digest TEXT NOT NULL,        -- of the entry as it was shown last
    seen TEXT NOT NULL,          -- when it was last new or changed
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_recent ON sightings (source, seen);
CREATE INDEX sightings_of_item ON sightings (item);

CREATE TABLE posts (             -- the files behind items of kind 'post'
    item INTEGER PRIMARY KEY REFERENCES items (id),
    path TEXT NOT NULL,          -- below data/posts; where it was last seen
    digest TEXT NOT NULL,        -- of the file
    stamp TEXT NOT NULL,         -- of all that its rendering depends on
    live INTEGER NOT NULL        -- 1: the file is there and is no draft
) STRICT;
CREATE INDEX posts_by_path ON posts (path);

CREATE TABLE post_tags (
    tag TEXT NOT NULL,           -- slug
    item INTEGER NOT NULL REFERENCES items (id),
    PRIMARY KEY (tag, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_tags_of_item ON post_tags (item);

CREATE TABLE tags (
    key TEXT PRIMARY KEY,        -- the tag, case folded: those that differ by case alone are one
    slug TEXT NOT NULL UNIQUE,   -- its place in addresses, for good
    name TEXT NOT NULL           -- as it was first written
) STRICT, WITHOUT ROWID;

CREATE TABLE feeds (
    id TEXT PRIMARY KEY,         -- combined, featured, authors/ID, sources/ID, tags/SLUG, or a name of feeds.yaml
    uid TEXT NOT NULL UNIQUE,    -- atom:id, for good
    published TEXT,              -- when it was first published
    awaited TEXT NOT NULL DEFAULT '[]',  -- JSON: the sources that could not be read by then
    last_number INTEGER NOT NULL DEFAULT 0,
    edge INTEGER NOT NULL DEFAULT 0,     -- the window shows releases above it; it only rises
    membership TEXT NOT NULL DEFAULT '', -- digest of what decides what belongs to it
    appearance TEXT NOT NULL DEFAULT '', -- digest of all else that its documents show
    revision INTEGER NOT NULL DEFAULT 1, -- moves with everything that may change its documents
    rendered INTEGER NOT NULL DEFAULT 0  -- the revision that stands in data/public
) STRICT, WITHOUT ROWID;
CREATE INDEX feeds_to_render ON feeds (id) WHERE revision > rendered;

CREATE TABLE releases (          -- the record: written once, read ever after
    feed TEXT NOT NULL REFERENCES feeds (id),
    number INTEGER NOT NULL,     -- grows by one within a feed, never reused
    item INTEGER NOT NULL REFERENCES items (id),
    at TEXT NOT NULL,            -- when it was placed
    dated TEXT NOT NULL,         -- the date it goes by in this feed
    state TEXT NOT NULL CHECK (state IN ('released', 'history')),
    PRIMARY KEY (feed, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX releases_of_item ON releases (item, feed);
CREATE INDEX releases_announced ON releases (feed, number) WHERE state = 'released';

CREATE TABLE arrivals (          -- items whose places are to be decided, or looked at again
    item INTEGER PRIMARY KEY REFERENCES items (id),
    via TEXT NOT NULL CHECK (via IN ('news', 'first', 'added')),
    due TEXT NOT NULL            -- not before this time: a post dated in the future waits
) STRICT;
CREATE INDEX arrivals_due ON arrivals (due);

CREATE TABLE featured (          -- what is featured now, in its order
    position INTEGER PRIMARY KEY,
    item INTEGER NOT NULL UNIQUE REFERENCES items (id),
    pin TEXT                     -- the address by which feeds.yaml pins it; none: it is among the newest
) STRICT;

CREATE TABLE outputs (           -- the files that feedhub has put into data/public
    path TEXT PRIMARY KEY,
    feed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outputs_of_feed ON outputs (feed);

CREATE TABLE faults (            -- what could not be published, until it can
    feed TEXT NOT NULL,
    about TEXT NOT NULL,         -- an item's id, or a document's path
    message TEXT NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (feed, about)
) STRICT, WITHOUT ROWID
""",
    )


@migrations(name="0002_politeness")
def _politeness(db: Database) -> None:
    from feedhub import urls

    db.conn.create_function("origin_of", 1, urls.origin, deterministic=True)
    _run(
        db,
        """
ALTER TABLE sources ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE sources ADD COLUMN address TEXT;
ALTER TABLE sources ADD COLUMN moved_to TEXT;
ALTER TABLE sources ADD COLUMN moved_since TEXT;
ALTER TABLE sources ADD COLUMN asks TEXT NOT NULL DEFAULT '{}';
UPDATE sources SET origin = origin_of(location);

CREATE TABLE origins (           -- those that have asked to be left alone (Retry-After)
    origin TEXT PRIMARY KEY,     -- scheme, host and port
    until TEXT NOT NULL
) STRICT, WITHOUT ROWID
""",
    )


@migrations(name="0003_held")
def _held(db: Database) -> None:
    _run(
        db,
        """
ALTER TABLE items ADD COLUMN retracted TEXT /* the admin, or its source, took it back */;
ALTER TABLE items ADD COLUMN held TEXT /* why it waits for the admin's word */;
ALTER TABLE items ADD COLUMN edits INTEGER NOT NULL DEFAULT 0 /* how often its content has moved */;
CREATE INDEX items_held ON items (source) WHERE held IS NOT NULL;
CREATE INDEX sightings_by_key ON sightings (key);

CREATE TABLE arrivals_now (      -- items whose places are to be decided, or looked at again
    item INTEGER PRIMARY KEY REFERENCES items (id),
    via TEXT NOT NULL CHECK (via IN ('news', 'first', 'added', 'past', 'asked')),
    due TEXT NOT NULL            -- not before this time: a post dated in the future waits
) STRICT;
INSERT INTO arrivals_now SELECT item, via, due FROM arrivals;
DROP TABLE arrivals;
ALTER TABLE arrivals_now RENAME TO arrivals;
CREATE INDEX arrivals_due ON arrivals (due)
""",
    )


@migrations(name="0004_gaps")
def _gaps(db: Database) -> None:
    _run(
        db,
        """
ALTER TABLE sources ADD COLUMN gap_since TEXT /* the newest item that was known when its window had rolled past that */;
ALTER TABLE sources ADD COLUMN gap_until TEXT /* the oldest that it showed then */;
ALTER TABLE sources ADD COLUMN gap_missing INTEGER /* about how many went by unseen */;
ALTER TABLE sources ADD COLUMN gap_noticed TEXT;
ALTER TABLE sources ADD COLUMN gap_page TEXT /* the earlier document with which the repair goes on */
""",
    )


@migrations(name="0005_archives")
def _archives(db: Database) -> None:
    _run(
        db,
        """
ALTER TABLE feeds ADD COLUMN history INTEGER NOT NULL DEFAULT 0 /* the highest number that was never announced */;
UPDATE feeds SET revision = revision + 1, history = coalesce((
    SELECT max(number) FROM releases WHERE feed = feeds.id AND state = 'history'
), 0);

CREATE TABLE archives (          -- the archive documents that there are, or are to be
    feed TEXT NOT NULL REFERENCES feeds (id),
    number INTEGER NOT NULL,     -- of fifty of the feed's releases: 1 has the first fifty
    revision INTEGER NOT NULL DEFAULT 1, -- moves with everything that may change it
    rendered INTEGER NOT NULL DEFAULT 0, -- the revision that stands in data/public
    PRIMARY KEY (feed, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX archives_to_render ON archives (feed, number) WHERE revision > rendered
""",
    )


@migrations(name="0006_remembered")
def _remembered(db: Database) -> None:
    _run(
        db,
        """
ALTER TABLE sources ADD COLUMN remembered TEXT NOT NULL DEFAULT '' /* its last document's entries, by their bytes */
""",
    )


@migrations(name="0007_updated")
def _updated(db: Database) -> None:
    _run(
        db,
        """
ALTER TABLE feeds ADD COLUMN updated TEXT /* by the word of its documents; it never goes back */
""",
    )
