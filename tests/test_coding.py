from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhub.ingest.coding import decode
from feedhub.model import FetchFailed, Stage

BODY = b"<feed>" + b"entry " * 500 + b"</feed>"
GZIP = gzip.compress(BODY)


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("wire", "codings"),
    [
        (BODY, ""),
        (BODY, "identity"),
        (GZIP, "gzip"),
        (GZIP, "GZip"),
        (GZIP, "x-gzip"),
        (GZIP, "identity, gzip"),
        (gzip.compress(BODY[:100]) + gzip.compress(BODY[100:]), "gzip"),
        (GZIP + bytes(512), "gzip"),
        (zlib.compress(BODY), "deflate"),
        (raw_deflate(BODY), "deflate"),
    ],
)
def test_a_body_is_unpacked(wire: bytes, codings: str) -> None:
    assert decode(wire, codings, len(BODY)) == BODY


@pytest.mark.parametrize(
    ("wire", "codings", "stage"),
    [
        (gzip.compress(GZIP), "gzip, gzip", Stage.DECODE),
        (BODY, "br", Stage.DECODE),
        (BODY, "gzip", Stage.DECODE),
        (b"", "gzip", Stage.DECODE),
        (b"", "deflate", Stage.DECODE),
        (GZIP[:-8] + bytes(8), "gzip", Stage.DECODE),
        (gzip.compress(b"") * 200, "gzip", Stage.DECODE),
        (GZIP + gzip.compress(b"x"), "gzip", Stage.SIZE),
        (gzip.compress(bytes(30_000_000)), "gzip", Stage.SIZE),
        (zlib.compress(bytes(30_000_000)), "deflate", Stage.SIZE),
        (BODY + b"x", "", Stage.SIZE),
    ],
)
def test_a_body_that_is_damaged_or_too_large_or_oddly_coded_is_a_failure(
    wire: bytes, codings: str, stage: Stage
) -> None:
    outcome = decode(wire, codings, len(BODY))
    assert isinstance(outcome, FetchFailed)
    assert outcome.stage is stage


@given(st.binary(), st.integers(0, 300))
def test_what_was_packed_comes_back_or_is_too_large(body: bytes, limit: int) -> None:
    for wire, coding in ((gzip.compress(body), "gzip"), (zlib.compress(body), "deflate"), (body, "")):
        outcome = decode(wire, coding, limit)
        assert outcome == body if len(body) <= limit else isinstance(outcome, FetchFailed)


@given(st.integers(0, len(GZIP) - 1))
def test_a_gzip_that_breaks_off_is_never_a_body(length: int) -> None:
    """A cut document would look like a source that dropped its older entries."""
    assert isinstance(decode(GZIP[:length], "gzip", len(BODY)), FetchFailed)


@given(st.binary(), st.text(max_size=20))
def test_no_bytes_and_no_coding_make_it_raise(wire: bytes, codings: str) -> None:
    decode(wire, codings, 1000)
    decode(wire, "gzip", 1000)
    decode(wire, "deflate", 1000)
