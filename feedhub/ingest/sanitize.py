"""HTML that may be published: an allow-list, absolute links, and nothing that XML cannot hold. The only door to nh3.

Meant for the worker process (`ingest.workers`): hostile markup may still take seconds.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from itertools import pairwise

import nh3

from feedhub import text, urls

LIMIT = 256 * 1024  # characters of one item's content
DEPTH = 1000  # nh3 is quadratic in the depth of nesting: 1,000 takes 2 ms, 10,000 take 120

_NAMES = re.compile(r"\w+")
_TAGS = set(
    _NAMES.findall("""
        a abbr b bdi bdo br cite code data del dfn em i ins kbd mark q rp rt ruby s samp small span strike strong sub
        sup time tt u var wbr
        address article aside blockquote caption col colgroup dd details div dl dt figcaption figure footer h1 h2 h3 h4
        h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul
        audio img source video
    """)
)
# Never svg, math or style: scripts hide in them.
_DROPPED_WHOLE = set(_NAMES.findall("iframe math noembed noframes object script select style svg textarea title xmp"))
_MOST_CLEANINGS = 8  # one more is enough nearly always
_STEADY = _TAGS - {"table"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "audio": {"loop", "muted", "preload", "src"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "data": {"value"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"alt", "height", "loading", "src", "width"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": {"align", "colspan", "headers", "rowspan"},
    "th": {"abbr", "align", "colspan", "headers", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"height", "loop", "muted", "poster", "preload", "src", "width"},
}
_LINKS = frozenset({"cite", "href"})
_FILES = frozenset({"poster", "src"})
_PLAYERS = {"audio": {"controls": ""}, "video": {"controls": ""}}  # without scripts, nothing else could start them
_WORDS = nh3.Cleaner(tags=_TAGS, clean_content_tags=_DROPPED_WHOLE, attributes={}, link_rel=None)

# Elements that hold nothing, and those that the next of their kind closes.
_LEAVES = re.compile(
    "area|base|br|col|colgroup|dd|dt|embed|hr|img|input|li|link|meta|optgroup|option|p|param|rp|rt|source|tbody|td|tfoot"
    "|th|thead|tr|track|wbr",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_NOSCRIPT = re.compile(r"</?noscript\b[^<>]*>", re.IGNORECASE)  # a parser takes its content for text
_HEADING = re.compile(r"<(/?)h[1-6]\b")
_WITHOUT_FILE = re.compile(r"<(?:img|source)\b(?![^>]*\ssrc=)[^>]*>")
_PRE = re.compile(r"(<pre\b[^>]*>)\n+")  # a parser drops the first line break, so each cleaning would


def safe_html(markup: str, base: str) -> str:
    """What may be published of `markup`, found in a document at `base`. Cleaning it again changes nothing."""
    markup = _tamed(markup)
    found = _cleaned(markup, base)
    if {name.lower() for _, name in _TAG.findall(markup)} <= _STEADY and not _headings_nest(found):
        return found
    # What is dropped, moved out of a table, or nested as no parser nests it can be read as another form.
    for _ in range(_MOST_CLEANINGS):
        before, found = found, _cleaned(found, base)
        if found == before:
            return found
    return text.paragraphs(plain_text(found))


def _cleaned(markup: str, base: str) -> str:
    return text.clean(_PRE.sub(r"\1", _WITHOUT_FILE.sub("", _cleaner(base).clean(markup)))).strip()


@lru_cache(maxsize=64)
def _cleaner(base: str) -> nh3.Cleaner:
    """Made once for a base: making it takes as long as cleaning 3 kB."""

    def address(_tag: str, attribute: str, value: str) -> str | None:
        if attribute in _LINKS:
            return urls.absolute(value, base)
        if attribute in _FILES:
            found = urls.absolute(value, base)
            return found if found and urls.is_web(found) else None
        return value

    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes=_ATTRIBUTES,
        attribute_filter=address,
        set_tag_attribute_values=_PLAYERS,
        link_rel="noopener",
        url_schemes={"http", "https", "mailto"},
    )


def plain_text(markup: str) -> str:
    """The words of any HTML on one line, without scripts, styles and tags, entities resolved."""
    if "<" not in markup and "&" not in markup:
        return text.one_line(markup)
    return text.from_html(_WORDS.clean(_tamed(markup)))


def cut(markup: str) -> str:
    """`markup` up to its limit, and not within a tag."""
    if len(markup) <= LIMIT:
        return markup
    head = markup[:LIMIT]
    opened = head.rfind("<")
    return head[:opened] if opened > head.rfind(">") else head


def _tamed(markup: str) -> str:
    """`markup` in a form that nh3 can take: within the limit, and its text alone where it is nested absurdly deep."""
    markup = _NOSCRIPT.sub("", text.clean(cut(markup)))
    if _too_deep(markup):
        return text.paragraphs(html.unescape(re.sub(r"<[^<>]*>", " ", markup)))
    return markup


def _headings_nest(markup: str) -> bool:
    """Whether a heading stands within another one, where a parser would end the outer one, or not."""
    ends = _HEADING.findall(markup)
    return any(not one and not next_one for one, next_one in pairwise(ends))


def _too_deep(markup: str) -> bool:
    """Whether elements may be nested deeper than `DEPTH`.

    Errs on the safe side: an end tag counts only where it closes the innermost element. Those that
    close each other are left out, as each can nest only with one that is counted between.
    """
    if markup.count("<") <= DEPTH:
        return False
    opened: list[str] = []
    for slash, name in _TAG.findall(markup):
        if _LEAVES.fullmatch(name):
            continue
        if not slash:
            opened.append(name.lower())
        elif opened and opened[-1] == name.lower():
            opened.pop()
        if len(opened) > DEPTH:
            return True
    return False
