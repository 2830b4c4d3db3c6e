"""What an earlier document of a source brings: one that makes up for a gap, or one of its past. Pure."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from feedhub.ingest.decide import Known, Moment, also_seen, new_items
from feedhub.ingest.recognise import recognise
from feedhub.model import Brought, ChangedItem, ParsedFeed, SourceId, Via


def brought(
    source: SourceId,
    page: ParsedFeed,
    known: Known,
    moment: Moment,
    *,
    via: Via,
    undated: datetime,
    gone: Container[str] = (),
) -> Brought:
    """What nobody knows, and that is not among the `gone`.

    What is known stays as it is, since the current document says what is newer.
    """
    strange = [entry for entry in page.entries if entry.key not in known.items and entry.origin_id not in gone]
    found = recognise(strange, page.keys, source, known.near)
    unknown = [entry for entry in strange if entry.key not in found.same and entry.key not in found.elsewhere]
    return Brought(
        source=source,
        checked=moment.now,
        new=new_items(unknown, (via,) * len(unknown), source, known, moment, undated=undated),
        changed=tuple(
            ChangedItem(item=item.id, key=entry.key, digest=entry.digest, content=None, updated=item.updated)
            for entry in strange
            if (item := found.same.get(entry.key))
        ),
        also=tuple(also_seen(entry, item, via) for entry in strange if (item := found.elsewhere.get(entry.key))),
    )
