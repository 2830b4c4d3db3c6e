"""One entry as it was read: what tells it from others, whether it has changed, and what it says. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime

from feedhub import text, urls
from feedhub.ingest import media, sanitize
from feedhub.ingest.raw import MANY, Raw, fields, several, string
from feedhub.model import Category, Content, Person

ReadDate = Callable[[str], datetime | None]

TITLE = 1000  # characters
SUMMARY = 1000
_LONGEST_ID = 2000

_SAID = (
    *("id", "permalink", "title", "title_detail", "summary", "summary_detail", "content", "authors", "tags"),
    *("published", "updated", "created", "dc_date", "dc_description", "itunes_summary", "media_description"),
)
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_MARKUP = re.compile(r"<[a-zA-Z]")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}", re.IGNORECASE | re.ASCII)
_BYLINES = (  # "mail (Name)", as RSS has it, "Name <mail>", "Name (mail)"
    re.compile(r"(?P<email>[^\s()<>]+)\s*\((?P<name>[^()]+)\)"),
    re.compile(r"(?P<name>[^<>]+?)\s*<(?P<email>[^\s<>]+)>"),
    re.compile(r"(?P<name>[^()]+?)\s*\((?P<email>[^\s()]+)\)"),
)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8})*")


def origin_id(raw: Raw) -> str | None:
    """guid, atom:id or rdf:about, as it is written."""
    found = text.clean(string(raw, "id")).strip()
    return found if 0 < len(found) <= _LONGEST_ID else None


def page(raw: Raw, base: str) -> str | None:
    """The page of an entry: its first alternate link, HTML preferred; else a guid that says it is one."""
    alternates = [one for one in several(raw, "links") if one.get("rel") == "alternate" and string(one, "href")]
    alternates.sort(key=lambda one: string(one, "type") not in _HTML)
    for one in alternates:
        if found := urls.absolute(string(one, "href"), base):
            return found
    permalink = string(raw, "permalink")
    return urls.absolute(permalink, "") if urls.is_web(permalink) else None


def substitute(raw: Raw) -> str:
    """A key for an entry that has neither id nor link: a digest of its title, date and text."""
    return _digest([string(raw, name) for name in ("title", "published", "updated", "dc_date", "summary")])


def digest(raw: Raw) -> str:
    """Of all that an entry says and we read; not of what its feed or its address says for it, nor of its comments."""
    links = [one for one in several(raw, "links") if one.get("rel") in {"alternate", "enclosure"}]
    return _digest(
        {name: _baseless(raw[name]) for name in _SAID if name in raw}
        | {"links": [[string(one, name) for name in ("rel", "href", "type", "length")] for one in links]}
        | {"source": fields(raw, "source").get("authors")}
        | ({"media": files} if (files := media.said(raw)) else {})
    )


def _digest(value: object) -> str:
    """Kept in the database: another recipe needs another number in front."""
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return "1:" + hashlib.sha256(written.encode()).hexdigest()[:32]


def _baseless(value: object) -> object:
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if name != "base"}
    return [_baseless(inner) for inner in value] if isinstance(value, list) else value


def content(
    raw: Raw, link: str | None, *, base: str, rss: bool, read_date: ReadDate, fallback: tuple[Person, ...]
) -> Content:
    """What an entry says, harmless; `fallback` are the authors of a feed whose entries name none."""
    summary, html, language = _texts(raw, base, rss=rss)
    return Content(
        title=plain_title(raw),
        link=link,
        summary=summary,
        html=html,
        authors=people(raw, base) or people(fields(raw, "source"), base) or fallback,
        categories=_categories(raw),
        enclosures=media.enclosures(raw, base),
        image=media.image(raw, base),
        language=language,
        published=_first_date(raw, ("published", "created", "dc_date"), read_date),
        updated=_first_date(raw, ("updated",), read_date),
    )


def plain_title(raw: Raw) -> str:
    """A title's words. Whether an RSS title is HTML, feedparser guesses, and rather says no: `a < b` stays."""
    title = string(raw, "title")[: sanitize.LIMIT]
    words = sanitize.plain_text(title) if _is_html(fields(raw, "title_detail")) else text.one_line(title)
    return text.excerpt(words, TITLE)


def people(raw: Raw, base: str) -> tuple[Person, ...]:
    """The authors that an entry, a feed or a source names, each once."""
    found: dict[str, Person] = {}
    for one in several(raw, "authors"):
        person = _person(one, base)
        if person:
            found.setdefault(person.name.casefold(), person)
    return tuple(found.values())[:MANY]


def language(detail: Raw) -> str | None:
    """A language tag (BCP 47), if it has the form of one."""
    found = string(detail, "language").strip()
    return found if _LANGUAGE.fullmatch(found) else None


def too_long(raw: Raw) -> bool:
    """Whether some of its content has to be left out."""
    return any(len(string(one, "value")) > sanitize.LIMIT for one in _written(raw))


def _texts(raw: Raw, base: str, *, rss: bool) -> tuple[str, str, str | None]:
    """Summary as plain text, the whole as HTML, and the language of both.

    - content, HTML before plain text, is the whole, and what stands beside it its summary;
    - but an HTML description beside plain text is the whole (podcasts, Media RSS);
    - a lone RSS description is the whole; a lone Atom summary stays a summary, and is the whole
      too where plain text would lose something: markup, or what lies beyond a summary's length.
    """
    teaser = fields(raw, "summary_detail") if string(fields(raw, "summary_detail"), "value").strip() else None
    contents = sorted(
        (one for one in several(raw, "content") if string(one, "value").strip() and _is_text(one)),
        key=lambda one: not _is_html(one),
    )
    whole = contents[0] if contents else None
    if teaser and whole and not _is_html(whole) and _has_markup(teaser):
        whole, teaser = teaser, whole
    if teaser and not whole:
        if rss:
            whole, teaser = teaser, None
        elif _has_markup(teaser) or len(string(teaser, "value")) > SUMMARY:
            whole = teaser
    if not teaser and not whole and (words := string(raw, "media_description").strip()):
        whole = {"type": "text/plain", "value": words}
    if not teaser and (words := string(raw, "itunes_summary") or string(raw, "dc_description")):
        teaser = {"type": "text/html" if _MARKUP.search(words) else "text/plain", "value": words}
    if teaser and whole and teaser is not whole and string(teaser, "value") == string(whole, "value"):
        teaser = None
    return (
        _summary(teaser),
        _html(whole, base),
        language(raw) or language(whole or teaser or fields(raw, "title_detail")),
    )


def _summary(detail: Raw | None) -> str:
    if not detail:
        return ""
    value = string(detail, "value")[: sanitize.LIMIT]
    return text.excerpt(sanitize.plain_text(value) if _is_html(detail) else text.one_line(value), SUMMARY)


def _html(detail: Raw | None, base: str) -> str:
    if not detail:
        return ""
    value = sanitize.cut(string(detail, "value"))
    if not _is_html(detail):
        return text.paragraphs(value)
    if detail.get("type") == "application/xhtml+xml":
        value = value.replace("</br>", "")  # feedparser's form of <br/>, in HTML a second line break
    return sanitize.safe_html(value, urls.absolute(string(detail, "base"), base) or base)


def last_change(raw: Raw, read_date: ReadDate) -> datetime | None:
    """When an entry was last touched, as far as it says."""
    return _first_date(raw, ("updated", "published", "created", "dc_date"), read_date)


def _first_date(raw: Raw, names: tuple[str, ...], read_date: ReadDate) -> datetime | None:
    found = (read_date(string(raw, name)) for name in names)
    return next((date for date in found if date), None)


def _person(one: Raw, base: str) -> Person | None:
    name, email = text.one_line(string(one, "name"))[:TITLE], string(one, "email").strip()
    if not email:
        matches = (form.fullmatch(name) for form in _BYLINES)
        match = next((match for match in matches if match and _is_email(match["email"])), None)
        name, email = (match["name"].strip(), match["email"]) if match else (name, name)
    email = email.removeprefix("mailto:")
    if not _is_email(email):
        email = ""
    name = name if name and name != email else email.partition("@")[0]
    return Person(name=name, email=email or None, url=urls.absolute(string(one, "href"), base)) if name else None


def _is_email(word: str) -> bool:
    return len(word) <= 254 and _EMAIL.fullmatch(word) is not None


def _categories(raw: Raw) -> tuple[Category, ...]:
    found: dict[Category, None] = {}
    for tag in several(raw, "tags"):
        term, label = text.one_line(string(tag, "term"))[:TITLE], text.one_line(string(tag, "label"))[:TITLE]
        scheme = string(tag, "scheme").strip()
        if term or label:
            scheme_uri = scheme if len(scheme) <= _LONGEST_ID and urls.is_uri(scheme) else None
            found[Category(term=term or label, scheme=scheme_uri, label=label or None)] = None
    return tuple(found)[:MANY]


def _is_html(detail: Raw) -> bool:
    return detail.get("type") in _HTML


def _is_text(detail: Raw) -> bool:
    return _is_html(detail) or string(detail, "type").startswith("text/")


def _has_markup(detail: Raw) -> bool:
    return _is_html(detail) and _MARKUP.search(string(detail, "value")) is not None


def _written(raw: Raw) -> Iterator[Raw]:
    yield fields(raw, "summary_detail")
    yield from several(raw, "content")
