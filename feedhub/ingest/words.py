"""What keeps a source from being read, as an admin wants to read it: what is wrong, and what to do."""

from __future__ import annotations

import os
import socket
from http import HTTPStatus

_STATUS = {
    401: "it asks for credentials, or does not accept those that `headers` give it",
    403: "it does not let us read this address; it may block robots: set `headers`, or ask its owner",
    404: "there is nothing at this address; look on its site where the feed is now",
    407: "a proxy in between asks for credentials",
    410: "this address is gone for good, and not asked any more; remove it, or give it its new address",
    429: "it says that it is asked too often",
    451: "it may not be shown for legal reasons",
}


def of_status(status: int) -> str:
    """An answer that brings nothing."""
    if known := _STATUS.get(status):
        return f"{known} (HTTP {status})"
    if status >= 500:
        return f"its server is in trouble (HTTP {status})"
    try:
        return f"it answers \u201c{HTTPStatus(status).phrase}\u201d (HTTP {status})"
    except ValueError:
        return f"it answers with a status that has no meaning (HTTP {status})"


def of_name(error: OSError) -> str:
    """A name that led to no address: there is none, or nobody could be asked."""
    if error.errno == socket.EAI_AGAIN:
        return "its host name cannot be looked up now; is this machine online?"
    return "its host name is not known; check the spelling, or whether the site has moved"


def of_system(error: OSError) -> str:
    """An error of the system; asyncio's own text would repeat the address."""
    return os.strerror(error.errno).lower() if error.errno else str(error)
