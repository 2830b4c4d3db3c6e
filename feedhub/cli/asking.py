"""`status` and `explain`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from feedhub import app
from feedhub.cli.common import ago, iso, located, print_json, reporting

if TYPE_CHECKING:
    from feedhub.admin import Explained, FeedVerdict, SourceStatus
    from feedhub.model import Gap

_MARKS = {"ok": "✓", "new": "·", "failing": "✗", "gone": "✗", "paused": "–"}


@click.command
@click.option("--all", "removed", is_flag=True, help="Also the sources that feeds.yaml no longer names.")
@located
@reporting
def status(*, removed: bool, config: str, data: str | None, as_json: bool) -> None:
    r"""Each source: how it is, when it was read, when it is read next, what is wrong. Worst first.

    \b
    Examples:
      feedhub status
      feedhub status --json | jq '.sources[] | select(.state == "failing")'
    """
    found = app.status(app.place(config, data), removed=removed)
    if as_json:
        rows = [_source(one) for one in found.sources]
        print_json({"sources": rows, "problems": [asdict(problem) for problem in found.problems]})
        return
    for problem in found.problems:
        click.echo(f"problem: {problem}")
    now = app.clock()
    if not found.sources:
        click.echo("no sources")
    wide = max((len(one.source.id) for one in found.sources), default=0)
    for one in found.sources:
        _echo_source(one, wide, now)


def _echo_source(one: SourceStatus, wide: int, now: datetime) -> None:
    source = one.source
    times = f"read {ago(source.last_checked, now)}"
    if one.state in {"ok", "failing", "new"}:
        times += f", next {'now' if source.next_check <= now else ago(source.next_check, now)}"
    click.echo(f"{_MARKS[one.state]} {source.id:<{wide}}  {one.state:<7}  {one.items:>6} items  {times}")
    if source.error:
        since = f"; last good answer {ago(source.last_ok, now)}" if source.last_ok else ""
        click.echo(f"  {'':<{wide}}  {source.error}{since}")
    if source.gap:
        click.echo(f"  {'':<{wide}}  {_missed(source.gap)}")
    if moved := source.whereabouts.moved_to:
        since = ago(source.whereabouts.moved_since, now)
        click.echo(f"  {'':<{wide}}  moved for good to {moved}, first seen {since}: write it into feeds.yaml")


def _missed(gap: Gap) -> str:
    times = f"between {gap.since:%Y-%m-%d %H:%M} and {gap.until:%Y-%m-%d %H:%M} UTC"
    count = {None: "items", 0: "items, perhaps,", 1: "about one item"}.get(gap.missing, f"about {gap.missing} items")
    more = "what it keeps of them is read at the next polls" if gap.page else "it names no documents that keep them"
    return f"{count} {times} went by unseen; {more}"


def _source(one: SourceStatus) -> dict[str, object]:
    source = one.source
    where, gap = source.whereabouts, source.gap
    row: dict[str, object] = {
        "id": source.id,
        "url": source.location,
        "state": one.state,
        "last_checked": iso(source.last_checked),
        "last_ok": iso(source.last_ok),
        "next_check": iso(source.next_check),
        "failures": source.failures,
        "error": source.error,
        "items": one.items,
        "held": one.held,
        "gap": {"since": iso(gap.since), "until": iso(gap.until), "missing": gap.missing} if gap else None,
        "moved": {"to": where.moved_to, "since": iso(where.moved_since)} if where.moved_to else None,
    }
    return {**row, "removed": iso(source.removed)} if source.removed else row


@click.command
@click.argument("name", metavar="URL|ID")
@located
@reporting
def explain(*, name: str, config: str, data: str | None, as_json: bool) -> None:
    r"""Why an item is, or is not, in which feeds, and where it came from. By its id, or its link.

    \b
    Examples:
      feedhub explain https://news.example.com/osmos
      feedhub explain tag:feeds.example.com,2026-11-25:posts/lee-pender/osmos
    """
    found = app.explain(app.place(config, data), name)
    if as_json:
        first, *others = [_explained(one) for one in found]
        print_json({**first, "others": others} if others else first)
        return
    for one in found:
        _echo_explained(one)


def _explained(one: Explained) -> dict[str, object]:
    item = one.item
    return {
        "id": item.uid,
        "link": one.link,
        "title": item.content.title,
        "source": item.source,
        "authors": one.authors,
        "first_seen": iso(item.first_seen),
        "published": iso(item.content.published),
        "also_at": [{"source": source, "id": key} for source, key in one.also_at],
        "feeds": [_verdict(feed) for feed in one.feeds],
        "history": [{"at": iso(at), "what": what} for at, what in one.history],
    }


def _verdict(one: FeedVerdict) -> dict[str, object]:
    return {"feed": one.feed, "verdict": one.verdict, "why": one.why, "released": iso(one.released)}


def _echo_explained(one: Explained) -> None:
    item = one.item
    click.echo(item.content.title or "(without a title)")
    for name, value in (
        ("id", item.uid),
        ("link", one.link),
        ("from", f"source {item.source}" if item.source else "a local post" if item.slug else "a pin of feeds.yaml"),
        ("by", ", ".join(one.authors)),
        ("dated", iso(item.content.published)),
        ("seen", iso(item.first_seen)),
    ):
        click.echo(f"  {name:<6} {value or '–'}")
    for feed in one.feeds:
        if feed.verdict != "elsewhere":
            click.echo(f"  {feed.verdict:<10} {feed.feed}: {feed.why}")
