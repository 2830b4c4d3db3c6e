"""What things are called."""

from __future__ import annotations

from typing import NewType

AuthorId = NewType("AuthorId", str)
SourceId = NewType("SourceId", str)
FeedId = NewType("FeedId", str)  # combined, featured, authors/ID, sources/ID, tags/SLUG, or a custom feed's name
ItemId = NewType("ItemId", int)  # the database's own key; what is published is `uid`
