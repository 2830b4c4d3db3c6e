"""`held`, `release` and `retract`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from feedhub import app
from feedhub.cli.common import ago, iso, located, print_json, reporting

if TYPE_CHECKING:
    from feedhub.model import Item
    from feedhub.output.build import Built


@click.command
@located
@reporting
def held(*, config: str, data: str | None, as_json: bool) -> None:
    r"""Items held back, and why: a source that suddenly lists many unknown items floods nobody.

    \b
    Examples:
      feedhub held
      feedhub held --json
    """
    waiting = app.held(app.place(config, data))
    if as_json:
        print_json({"held": [_row(item) for item in waiting]})
        return
    now = app.clock()
    for item in waiting:
        click.echo(f"{item.source}: {item.content.title or '(without a title)'}")
        click.echo(f"  {item.content.link or item.uid}")
        click.echo(f"  {item.held}, {ago(item.first_seen, now)}")
    click.echo(f"{len(waiting)} held" if waiting else "nothing is held")


def _row(item: Item) -> dict[str, object]:
    return {
        "id": item.uid,
        "source": item.source,
        "title": item.content.title,
        "link": item.content.link,
        "published": iso(item.content.published),
        "since": iso(item.first_seen),
        "why": item.held,
    }


@click.command
@click.argument("names", nargs=-1, required=True, metavar="SOURCE|ID...")
@click.option("--as-history", is_flag=True, help="Into the archives only; nobody is told.")
@located
@reporting
def release(*, names: tuple[str, ...], as_history: bool, config: str, data: str | None, as_json: bool) -> None:
    r"""Let held items go, all of a source or single ones; or retracted ones, which show again where they still may.

    \b
    Examples:
      feedhub release channel-news
      feedhub release channel-news --as-history
      feedhub release https://news.example.com/osmos
    """
    _tell("released", *app.release(app.place(config, data), names, as_history=as_history), as_json=as_json)


@click.command
@click.argument("names", nargs=-1, required=True, metavar="URL|ID...")
@located
@reporting
def retract(*, names: tuple[str, ...], config: str, data: str | None, as_json: bool) -> None:
    r"""Take items out of every feed. What stood below them stays below: nothing is pulled back in.

    \b
    Examples:
      feedhub retract https://news.example.com/osmos
    """
    _tell("retracted", *app.retract(app.place(config, data), names), as_json=as_json)


def _tell(what: str, items: Sequence[Item], built: Built, *, as_json: bool) -> None:
    if as_json:
        print_json({what: [item.uid for item in items], "published": built.published})
        return
    for item in items:
        click.echo(f"{what}: {item.content.title or item.uid}")
    click.echo(f"{len(built.published)} files published")
