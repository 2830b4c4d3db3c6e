"""Every value that crosses a module border, but for the configuration (`settings`).

Frozen, slotted, keyword-only. Many is a tuple, absent is `None`; times are aware,
in UTC, of whole seconds.
"""

from feedhub.model.answer import (
    Asks,
    Fetched,
    FetchFailed,
    FetchOutcome,
    NotModified,
    ParsedEntry,
    ParsedFeed,
    ParseFailed,
    ParseOutcome,
    Stage,
    Validators,
)
from feedhub.model.document import Credit, Document, Entry, Format, LeftOut, Rendered
from feedhub.model.ids import AuthorId, FeedId, ItemId, SourceId
from feedhub.model.item import Category, Content, Enclosure, Image, Item, Kind, Person, Tag
from feedhub.model.post import KnownPost, Post
from feedhub.model.release import LATE, Placement, Release, ReleaseState, Standing, Via
from feedhub.model.report import Health, HealthStatus, Problem
from feedhub.model.source import (
    AlsoSeen,
    ChangedItem,
    Description,
    Fate,
    Held,
    Hold,
    NewItem,
    PollResult,
    SourceState,
    SourceUpdate,
    Whereabouts,
)

__all__ = [
    "LATE",
    "AlsoSeen",
    "Asks",
    "AuthorId",
    "Category",
    "ChangedItem",
    "Content",
    "Credit",
    "Description",
    "Document",
    "Enclosure",
    "Entry",
    "Fate",
    "FeedId",
    "FetchFailed",
    "FetchOutcome",
    "Fetched",
    "Format",
    "Health",
    "HealthStatus",
    "Held",
    "Hold",
    "Image",
    "Item",
    "ItemId",
    "Kind",
    "KnownPost",
    "LeftOut",
    "NewItem",
    "NotModified",
    "ParseFailed",
    "ParseOutcome",
    "ParsedEntry",
    "ParsedFeed",
    "Person",
    "Placement",
    "PollResult",
    "Post",
    "Problem",
    "Release",
    "ReleaseState",
    "Rendered",
    "SourceId",
    "SourceState",
    "SourceUpdate",
    "Stage",
    "Standing",
    "Tag",
    "Validators",
    "Via",
    "Whereabouts",
]
