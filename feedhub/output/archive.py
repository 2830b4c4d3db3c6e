"""How a feed's past is cut into archive documents (RFC 5005, 4). Pure.

Document n of a feed has its numbers from (n - 1) × 50 + 1 to n × 50, history's too: which
items stand in it is settled once the last of these numbers is given. Until then there is no
such document, unless something has its number there and stands outside the window: nothing
that was ever in the feed is out of reach.
"""

from __future__ import annotations

from feedhub.model import ARCHIVE, Standing, archive_of
from feedhub.output.catalogue import Feed, Shape
from feedhub.settings import Config


def count(feed: Feed, standing: Standing, config: Config) -> int:
    """How many archive documents a feed has; none while its window shows all that it ever had.

    The featured feed's window follows no numbers: its past holds all that was ever featured.
    """
    outside = standing.last_number if feed.shape is Shape.FEATURED else max(standing.edge, standing.history)
    if not outside or not config.publish.archive:
        return 0
    return max(standing.last_number // ARCHIVE, archive_of(outside))


def path(feed: Feed, number: int) -> str:
    """Where an archive document stands, below data/public and below the hub's address."""
    return f"{feed.folder}archive/{number}.atom"
