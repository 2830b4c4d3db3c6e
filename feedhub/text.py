"""Text as XML can hold it, on one line, or cut at a word."""

from __future__ import annotations

import html
import re
import unicodedata

MAX_SLUG = 150  # bytes; a folder's name has room for 255

# What XML 1.0 cannot hold, even as a reference (its production 2), lone surrogates included.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = re.compile(r"""<(/?[a-zA-Z][a-zA-Z0-9]*)(?:[^<>"']|"[^"]*"|'[^']*')*>""")
_PHRASE = re.compile(
    "/?(?:a|abbr|b|bdi|bdo|cite|code|data|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup"
    "|time|tt|u|var|wbr)",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """`text` without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    """`text` cleaned, with every run of white space folded into one blank and none at the ends."""
    return " ".join(clean(text).split())


def excerpt(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, cut between words and marked with an ellipsis where it is cut."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    head = cut.rpartition(" ")[0] or cut[: limit - 1]  # a single long word is cut within
    return head.rstrip(" ,;:.–—-") + "…"


def from_html(markup: str) -> str:
    """The words of HTML that is already harmless, on one line; blocks are set apart by a blank, phrases are not."""
    words = _TAG.sub(lambda tag: "" if _PHRASE.fullmatch(tag[1]) else " ", markup)
    return one_line(html.unescape(words))


def paragraphs(text: str) -> str:
    """Plain text as HTML: a blank line parts paragraphs, a line break stays one."""
    parts = (part.strip() for part in re.split(r"\n\s*\n", clean(text).replace("\r\n", "\n").replace("\r", "\n")))
    return "".join(f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in parts if part)


def fold(words: str) -> str:
    """What names and tags are compared by: case and white space do not count."""
    return " ".join(words.split()).casefold()


def slug(words: str) -> str:
    """Words as they stand in an address: small letters, digits and hyphens.

    Latin letters lose their accents; other marks are how their alphabets write vowels, and stay.
    """
    # accents, and what makes an emoji of a digit
    plain = re.sub(r"(?<=[A-Za-z0-9])[\u0300-\u036f\ufe0f\u20e3]+", "", unicodedata.normalize("NFKD", words))
    folded = unicodedata.normalize("NFC", plain.casefold())
    kinds = "".join(unicodedata.category(char)[0] for char in folded)  # Letter, Mark, Number …
    joined = "-".join(folded[word.start() : word.end()] for word in re.finditer("[LN][LMN]*", kinds))
    return joined.encode()[:MAX_SLUG].decode(errors="ignore").strip("-")
