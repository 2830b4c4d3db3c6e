"""A post's file: bytes -> `Post`, or every fault of it with its place. The only door to the Markdown library.

Reads no file (`ingest.folder` does), and does not know which item a post is (`ingest.postmatch`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from feedhub import text, urls
from feedhub.faults import Fault, Misplaced, problems, quoted
from feedhub.ingest.sanitize import LIMIT, safe_html
from feedhub.model import AuthorId, Category, Content, Image, Post, Problem
from feedhub.settings import Hub

if TYPE_CHECKING:  # what reads a post is imported when there is one to read
    from markdown_it import MarkdownIt

    from feedhub.ingest.frontmatter import FrontMatter

MAX_SIZE = 1_000_000  # bytes of a file

_KEYS = ("title", "date", "updated", "tags", "summary", "image", "author", "slug", "id", "draft")
_RENDERING = 1  # grows when the same bytes come to render otherwise, so that all posts are rendered again
_DATE_PREFIX = re.compile(r"\d{4}-\d{2}-\d{2}[-_ ]+")


def parse_post(
    data: bytes, *, path: str, file: str, hub: Hub, authors: frozenset[AuthorId]
) -> Post | tuple[Problem, ...]:
    """Read a post.

    `path` is relative to the posts folder, `file` what its problems call it. Dates without a time and times
    without a zone are in the hub's timezone; links and images are relative to the post's page.
    """
    from feedhub.ingest.frontmatter import split

    if len(data) > MAX_SIZE:
        return problems(file, [Misplaced(Fault("is too large", f"{MAX_SIZE:,} bytes at most"))])
    parts = split(data, _KEYS)
    if isinstance(parts, Misplaced):
        return problems(file, [parts])
    front, body = parts
    folder, _, name = path.partition("/")
    author = _author(front, folder, authors)
    given = _slug(front)
    slug = given or text.slug(_DATE_PREFIX.sub("", name.removesuffix(".md"))) or "post"
    post = Post(
        path=path,
        author=author,
        slug=slug,
        slug_given=given is not None,
        uid=_uid(front),
        draft=front.flag("draft"),
        digest=_digest(data),
        stamp=stamp(data, path=path, hub=hub, authors=authors),
        content=_content(front, body, f"{hub.url}/posts/{author}/{quote(slug)}/", hub.timezone),
    )
    return problems(file, front.faults) or post


def stamp(data: bytes, *, path: str, hub: Hub, authors: frozenset[AuthorId]) -> str:
    """A digest of all that a `Post` is made from: while it stays, the file need not be parsed again."""
    return _digest(f"{_settings(hub.url, hub.timezone.key, authors)} {_digest(data)} {path}".encode())


@lru_cache(maxsize=1)  # the same for every file of a scan
def _settings(url: str, timezone: str, authors: frozenset[AuthorId]) -> str:
    return _digest(json.dumps([_RENDERING, url, timezone, sorted(authors)]).encode())


def _digest(data: bytes) -> str:
    return f"1:{hashlib.sha256(data).hexdigest()}"


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _content(front: FrontMatter, body: str, page: str, zone: ZoneInfo) -> Content:
    """What the post says. What it lacks is a fault, and here an empty text."""
    markup = _markdown().render(body)
    if len(markup) > LIMIT:  # it would be cut
        front.faults.append(Misplaced(Fault("is too long", f"{LIMIT:,} characters of HTML at most")))
    html = safe_html(markup, page)
    if not html:
        front.faults.append(Misplaced(Fault("has no text below its front matter")))
    image = _image(front, page)
    if image and f'src="{escape(image.url, quote=False)}"' not in html:
        html = safe_html(f'<p><img src="{escape(image.url)}" alt="{escape(image.alt)}"></p>', page) + f"\n{html}"
    return Content(
        title=front.line("title", required=True) or "",
        link=None,
        summary=front.line("summary") or "",
        html=html,
        categories=_categories(front),
        image=image,
        published=front.time("date", zone, required=True),
        updated=front.time("updated", zone),
    )


def _author(front: FrontMatter, folder: str, authors: Collection[AuthorId]) -> AuthorId:
    if folder not in authors:
        wrong = f"lies in the folder of {quoted(folder)}, no author in feeds.yaml"
        front.faults.append(Misplaced(Fault(wrong, given=folder, choices=authors)))
    named = front.line("author")
    if named and named not in authors:
        front.fault(Fault(f"{quoted(named)} is no author in feeds.yaml", given=named, choices=authors), "author")
    return AuthorId(named or folder)


def _slug(front: FrontMatter) -> str | None:
    slug = front.line("slug")
    if slug and text.slug(slug) != slug:
        allowed = "small letters, digits and hyphens"
        front.fault(Fault(f"{quoted(slug)} is no slug", allowed, meant=text.slug(slug) or "post"), "slug")
    return slug


def _uid(front: FrontMatter) -> str | None:
    uid = front.line("id")
    if uid and not urls.is_uri(uid):
        front.fault(Fault(f"{quoted(uid)} is no URI", "an id is one, as tag:example.com,2007:a-post"), "id")
    return uid


def _categories(front: FrontMatter) -> tuple[Category, ...]:
    tags: dict[str, str] = {}
    for tag in front.lines("tags"):
        tags.setdefault(text.fold(tag), tag)
    return tuple(Category(term=tag) for tag in tags.values())


def _image(front: FrontMatter, page: str) -> Image | None:
    section = front.section("image", ("url", "alt"))
    if section is None:
        return None
    written, alt = section.line("url", required=True), section.line("alt", required=True)
    url = urls.absolute(written or "", page)
    if written and not (url and urls.is_web(url)):
        fault = Fault(f"{quoted(written)} is no web address", "http, https, or relative to the post's page")
        section.fault(fault, "url")
    return Image(url=url, alt=alt) if url and alt else None
