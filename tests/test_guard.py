from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhub.ingest.guard import refusal

REFUSED = {
    "this": ["0.0.0.0", "0.1.2.3"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255"],
    "loopback": ["127.0.0.1", "127.1.2.3", "::1"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "febf::1"],
    "protocols": ["192.0.0.1", "192.0.0.170", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "6to4": ["192.88.99.1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.254", "4000::1", "5f00::1", "8000::", "fbff::1"],
    "broadcast": ["255.255.255.255"],
    "unspecified": ["::"],
    "translation": ["64:ff9b:1::1", "64:ff9b:1:fffe::808:808"],
    "discarded": ["100::1"],
}
EMBEDDED = [
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:10.0.0.1", "private"),
    ("::127.0.0.1", "loopback"),
    ("::2", "this machine"),
    ("::ffff:0:127.0.0.1", "loopback"),
    ("64:ff9b::7f00:1", "loopback"),
    ("64:ff9b::a9fe:a9fe", "link-local"),
    ("2002:7f00:1::1", "loopback"),
    ("2002:c0a8:101::", "private"),
    ("2001:0:7f00:1:0:0:f7f7:f7f7", "loopback"),  # Teredo: server 127.0.0.1, client 8.8.8.8
    ("2001:0:808:808::80ff:fffe", "loopback"),  # Teredo: server 8.8.8.8, client 127.0.0.1
    ("2001::1", "this machine"),
]


@pytest.mark.parametrize(("word", "address"), [(word, address) for word, many in REFUSED.items() for address in many])
def test_an_address_that_is_not_of_the_public_internet_is_refused(word: str, address: str) -> None:
    assert word in (refusal(ip_address(address), ()) or "")


@pytest.mark.parametrize(("address", "word"), [*EMBEDDED, ("fc00::1", "private"), ("fd12::1", "private"), ("fec0::1", "private")])  # fmt: skip
def test_an_address_that_embeds_another_is_refused_for_that(address: str, word: str) -> None:
    assert word in (refusal(ip_address(address), ()) or "")


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.31.196.1", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "2001:200::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)  # fmt: skip
def test_an_address_of_the_public_internet_may_be_dialled(address: str) -> None:
    assert refusal(ip_address(address), ()) is None


@pytest.mark.parametrize(
    ("address", "allowed", "passes"),
    [
        ("127.0.0.1", "127.0.0.0/8", True),
        ("127.0.0.2", "127.0.0.1/32", False),
        ("10.0.0.1", "127.0.0.0/8", False),
        ("::1", "127.0.0.0/8", False),
        ("::1", "::1/128", True),
        ("::ffff:127.0.0.1", "127.0.0.0/8", True),
        ("::ffff:10.0.0.1", "127.0.0.0/8", False),
        ("::ffff:127.0.0.1", "::ffff:0:0/96", True),
        ("64:ff9b::a00:1", "10.0.0.0/8", True),
        ("fd00::1", "fc00::/7", True),
        ("fe80::1%eth0", "fe80::/10", True),
    ],
)
def test_an_allowed_network_may_be_dialled_and_no_other(address: str, allowed: str, passes: bool) -> None:  # noqa: FBT001
    assert (refusal(ip_address(address), [ip_network(allowed)]) is None) is passes


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_refused_whenever_the_plain_one_is(address: IPv4Address) -> None:
    if refusal(address, ()):
        for prefix in ("::ffff:0:0", "64:ff9b::", "::ffff:0:0:0"):
            assert refusal(IPv6Address(int(IPv6Address(prefix)) + int(address)), ())
        assert refusal(IPv6Address((0x2002 << 112) + (int(address) << 80)), ())


@given(st.ip_addresses())
def test_whatever_the_standard_library_holds_for_private_is_refused(address: IPv4Address | IPv6Address) -> None:
    """Its list has gaps, but what stands in it is right; what embeds IPv4 is judged by ours alone."""
    if address.is_private and not (isinstance(address, IPv6Address) and address.ipv4_mapped):
        assert refusal(address, ())
    assert refusal(address, [IPv4Network("0.0.0.0/0"), IPv6Network("::/0")]) is None
