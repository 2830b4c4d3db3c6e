"""The encoding of a document, told as browsers tell it (WHATWG, Encoding), and from the bytes where they know better.

Pure; beside `urls` the only door to w3lib, for its table of what encodings are called.
"""

from __future__ import annotations

import codecs
import re

from w3lib.encoding import read_bom, resolve_encoding

_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_WIDE = (  # without a byte order mark: the first character is ASCII
    (re.compile(rb"\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0[^\0]"), "utf-16-be"),
    (re.compile(rb"[^\0]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"Lo\xa7\x94"), "cp037"),
)
# Not every codec is an encoding for documents: `punycode` takes quadratic time, `utf-7` hides markup.
_ONE_BYTE = re.compile(r"cp(?:125\d|437|8\d\d)|iso8859-\d+|koi8-[rtu]|kz1048|mac-\w+|ptcp154|hp-roman8")
_SEVERAL_BYTES = re.compile(r"utf-8|gb18030|big5\w*|cp9\d\d|euc_?\w+|iso2022_\w+|hz|johab")


def decoded(body: bytes, label: str | None) -> tuple[str, str | None]:
    """The text of `body`, of which HTTP says that it is in `label`; and what it claimed to be, if it was not that.

    A byte order mark is believed before HTTP, HTTP before the XML declaration. But what is valid UTF-8 beyond ASCII is
    hardly ever anything else, and servers have defaults: no encoding of single bytes is believed against it.
    Bytes that mean nothing become U+FFFD.
    """
    encoding, mark = read_bom(body)
    if encoding and mark:
        return body[len(mark) :].decode(encoding, "replace"), None
    for first, encoding in _WIDE:
        if first.match(body):
            return body.decode(encoding, "replace"), None

    declared = _DECLARED.match(body)
    claims = [(claim, _codec(claim)) for claim in (label, declared and declared[1].decode()) if claim]
    known = [(claim, codec) for claim, codec in claims if codec] or [("utf-8", "utf-8")]
    text, codec = _decoded(body, [codec for _, codec in known])
    claim, claimed = known[0]
    return text, None if codec == claimed or text.isascii() else claim


def _decoded(body: bytes, names: list[str]) -> tuple[str, str]:
    """The text, and in what it was."""
    utf_8 = _as_utf_8(body)
    for codec in names:
        if utf_8 is not None and _ONE_BYTE.fullmatch(codec):
            return utf_8, "utf-8"
        try:
            return body.decode(codec), codec
        except UnicodeDecodeError:
            pass
    if utf_8 is not None:
        return utf_8, "utf-8"
    codec = next((codec for codec in names if codec != "utf-8"), "cp1252")
    return body.decode(codec, "replace"), codec


def _codec(claim: str) -> str | None:
    """Python's name for an encoding that a document may be in."""
    try:
        name = codecs.lookup(resolve_encoding(claim) or resolve_encoding(claim.removeprefix("x-")) or "").name
    except LookupError:
        return None
    return name if _ONE_BYTE.fullmatch(name) or _SEVERAL_BYTES.fullmatch(name) else None


def _as_utf_8(body: bytes) -> str | None:
    """The text of what is UTF-8 but for stray bytes; other encodings are bad all over."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        mended = body.decode(errors="replace")
    beyond_ascii = len(mended) - len(mended.encode("ascii", "ignore"))
    return mended if mended.count("\ufffd") * 4 < beyond_ascii else None
