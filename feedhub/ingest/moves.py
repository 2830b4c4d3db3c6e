"""Where a source is that redirects for good. Pure.

A permanent redirect is followed at once. Its address is asked in place of feeds.yaml's only once every hop has
been permanent, and the end of them the same, for a week: what a slip in a server's configuration set up is
mended by then.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from feedhub import urls
from feedhub.model import Whereabouts
from feedhub.settings import WebAddress

_HELD = timedelta(weeks=1)
_GIVEN_UP = 5  # failures in a row after which feeds.yaml's own address is asked again


def followed(known: Whereabouts, moved_to: str | None, location: WebAddress, now: datetime) -> Whereabouts:
    """After a good answer, to which `moved_to` led for good; None: nothing did, or something led there for now."""
    if moved_to is None:
        return known if known.moved_to == known.address else Whereabouts(address=known.address, moved_to=known.address)
    shown = urls.redacted(moved_to)
    if location.secret and shown == moved_to:
        shown = f"{urls.origin(moved_to)}/…"  # nobody knows which part is the secret
    if shown != known.moved_to or known.moved_since is None:
        return Whereabouts(address=known.address, moved_to=shown, moved_since=now)
    if shown == moved_to and now - known.moved_since >= _HELD:
        return Whereabouts(address=moved_to, moved_to=moved_to, moved_since=known.moved_since)
    return known


def failed(known: Whereabouts, failures: int) -> Whereabouts:
    """After so many failures in a row."""
    return Whereabouts() if known.address and failures >= _GIVEN_UP else known
