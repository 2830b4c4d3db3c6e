"""`poll`, `backfill`, `build` and `verify`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feedhub import app
from feedhub.cli.common import located, on_terminal, print_json, reporting

if TYPE_CHECKING:
    from feedhub.ingest.backfill import Backfilled
    from feedhub.ingest.update import Polled
    from feedhub.output.build import Built


@click.command
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--all", "every", is_flag=True, help="All sources, due or not.")
@located
@reporting
def poll(*, sources: tuple[str, ...], every: bool, config: str, data: str | None, as_json: bool) -> None:
    r"""Read what is due, or the named sources, or all, once; then publish what changed.

    A source that is down is news, not a failure: it is shown, and the exit code is 0.

    \b
    Examples:
      feedhub poll                    what is due now
      feedhub poll channel-news       this one, due or not
      feedhub poll --all --json       all, for a script
    """
    from feedhub.ingest.update import totals

    where = app.place(config, data)
    with _progress("reading", shown=on_terminal() and not as_json) as (begin, done):
        report = app.poll(where, sources, every=every, begin=begin, done=done)
    sums = totals(report.polled)
    if as_json:
        print_json(
            {"sources": [_row(one) for one in report.polled], "totals": sums, "published": report.built.published}
        )
        return
    for one in sorted(report.polled, key=lambda one: one.id):
        news = ", ".join(f"{count} {what}" for count, what in ((one.new, "new"), (one.updated, "updated")) if count)
        click.echo(f"{one.id}: {one.error or news or one.result.replace('_', ' ')}")
        for note in one.notes:
            click.echo(f"  note: {note}")
    click.echo(f"{sums['polled']} polled, {sums['failed']} failed, {sums['new']} new, {sums['updated']} updated")
    _say_built(report.built)


def _row(one: Polled) -> dict[str, object]:
    return {field.name: getattr(one, field.name) for field in fields(one) if field.name != "notes"}


@contextmanager
def _progress(label: str, *, shown: bool) -> Iterator[tuple[Callable[[int], None], Callable[[object], None]]]:
    if not shown:
        yield lambda _: None, lambda _: None
        return
    with click.progressbar(length=0, label=label, file=sys.stderr) as bar:

        def begin(total: int) -> None:
            bar.length = total

        yield begin, lambda _: bar.update(1)


@click.command
@click.argument("source")
@located
@reporting
def backfill(*, source: str, config: str, data: str | None, as_json: bool) -> None:
    r"""Read what a source still has of its past: archived and paged feeds (RFC 5005), WordPress by its page numbers.

    What nobody knows yet becomes history: it stands in archives and pages, and is announced nowhere. One request a
    second at the most. It may be stopped at any time, and run again.

    \b
    Examples:
      feedhub backfill channel-news
      feedhub backfill channel-news --json
    """
    shown = on_terminal() and not as_json
    found, built = app.backfill(app.place(config, data), source, _say_document if shown else lambda _: None)
    if as_json:
        print_json(asdict(found))
    else:
        documents = "1 document" if found.documents == 1 else f"{found.documents} documents"
        click.echo(f"{source}: {documents} read, {found.new} new, {found.known} known")
        if found.error:
            click.echo(f"  {found.error}")
        _say_built(built)
    if found.error:
        click.get_current_context().exit(1)


def _say_document(so_far: Backfilled) -> None:
    click.echo(f"document {so_far.documents}: {so_far.new} new, {so_far.known} known so far", err=True)


@click.command
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Into this folder, not data/public.")
@located
@reporting
def build(*, out: Path | None, config: str, data: str | None, as_json: bool) -> None:
    r"""Publish without asking any source: what is stored, and the posts as they stand.

    \b
    Examples:
      feedhub build                   into data/public
      feedhub build --out /tmp/look   somewhere else, to look at
    """
    built = app.build(app.place(config, data), out)
    if as_json:
        print_json(asdict(built))
    else:
        _say_built(built)


@click.command
@located
@reporting
def verify(*, config: str, data: str | None, as_json: bool) -> None:
    r"""Hold all that is published against its formats and the record of releases. Exit code 1 if anything is wrong.

    Each feed and each archive document must be there and valid, hold what the record says,
    each item once, and link to nothing that is not there. `feedhub build` writes again what
    is not as it should be.

    \b
    Examples:
      feedhub verify
      feedhub verify --json
    """
    with _progress("verifying", shown=on_terminal() and not as_json) as (begin, done):
        verified = app.verify(app.place(config, data), begin=begin, done=lambda: done(None))
    if as_json:
        print_json(asdict(verified))
    else:
        for fault in verified.faults:
            click.echo(f"{fault.path}: {fault.message}")
        click.echo(f"{verified.documents} documents, {len(verified.faults)} faults")
    if verified.faults:
        click.get_current_context().exit(1)


def _say_built(built: Built) -> None:
    click.echo(f"{len(built.published)} files published, {built.unchanged} unchanged, {len(built.removed)} removed")
    for problem in built.problems:
        click.echo(f"not published: {problem}", err=True)
