"""Which addresses may be dialled: those of the public internet, and the networks that feeds.yaml allows.

Knows nothing of names: it judges the address that is about to be dialled. `ipaddress.is_global` would
let 16 of 44 bad ones pass (shared, translated, relayed, multicast), so the table is ours, from the IANA
special-purpose registries.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

_REFUSED_V4 = tuple(
    (IPv4Network(network), words)
    for network, words in (
        ("0.0.0.0/8", "of this machine's own network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "private (shared by a carrier)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "of the 6to4 relays"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_REFUSED_V6 = tuple(
    (IPv6Network(network), words)
    for network, words in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("64:ff9b:1::/48", "of a private translation (NAT64)"),
        ("100::/64", "to be discarded"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "for documentation"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private (site-local)"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")

# Prefixes whose last 32 bits are the IPv4 address that is reached in the end.
_EMBEDDING = tuple(
    IPv6Network(network)
    for network in (
        "::/96",  # IPv4-compatible, RFC 4291
        "::ffff:0:0/96",  # IPv4-mapped, RFC 4291
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765
        "64:ff9b::/96",  # NAT64, RFC 6052
    )
)


def refusal(address: IPv4Address | IPv6Address, allow: Sequence[IPv4Network | IPv6Network]) -> str | None:
    """Why the address may not be dialled, in words that follow "it is"; None when it may.

    An address that embeds IPv4 addresses is judged as these, by `allow` too.
    """
    if any(address in network for network in allow):
        return None
    if isinstance(address, IPv4Address):
        return next((words for network, words in _REFUSED_V4 if address in network), None)
    if embedded := _embedded(address):
        for inner in embedded:
            if words := refusal(inner, allow):
                return f"{words} (it stands for {inner})"
        return None
    if words := next((words for network, words in _REFUSED_V6 if address in network), None):
        return words
    return None if address in _GLOBAL_UNICAST else "reserved"


def _embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if int(address) <= 1:  # unspecified and loopback lie in ::/96, and are no IPv4 addresses
        return ()
    if address.sixtofour:
        return (address.sixtofour,)
    if address.teredo:
        return address.teredo
    if any(address in network for network in _EMBEDDING):
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()
