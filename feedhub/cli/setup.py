"""`init`, `check` and `run`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from feedhub import app
from feedhub.cli.common import located, print_json, reporting


@click.command
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="[DIR]")
def init(folder: Path) -> None:
    r"""Write a starter hub that runs at once: feeds.yaml, two posts, a source that is a file.

    Nothing that is there already is touched.

    \b
    Examples:
      feedhub init                    here
      feedhub init my-hub             in a new folder
    """
    written = app.init(folder)
    for path in written:
        click.echo(f"wrote {path}")
    there = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"\nNext:\n  {there}feedhub run\n  subscribe to http://127.0.0.1:8000/feed.atom")
    click.echo("  open feeds.yaml, and put your own names in; the hub follows as you save")


@click.command
@click.option("--accept", is_flag=True, help="Yes, more than half of the sources are gone on purpose.")
@located
@reporting
def check(*, accept: bool, config: str, data: str | None, as_json: bool) -> None:
    r"""Say all that is wrong with feeds.yaml and the posts, each with its place. Exit code 1 if anything is.

    \b
    Examples:
      feedhub check
      feedhub check --json
      feedhub check --accept          after most sources were removed on purpose
    """
    problems = app.check(app.place(config, data), accept=accept)
    if as_json:
        print_json({"problems": [asdict(problem) for problem in problems]})
    else:
        for problem in problems:
            click.echo(str(problem))
        if not problems:
            click.echo("all is well")
    if problems:
        click.get_current_context().exit(1)


@click.command
@located
def run(*, config: str, data: str | None) -> None:
    r"""The service: poll, publish, serve; follows feeds.yaml and the posts as they are edited.

    Stop it with Ctrl-C or SIGTERM.

    \b
    Examples:
      feedhub run
      feedhub run --config /srv/hub/feeds.yaml
    """
    from feedhub import log, service

    log.configure(sys.stderr)
    service.run(app.place(config, data), _ready)


def _ready(address: str) -> None:
    click.echo(f"feedhub serves {address} – subscribe to {address}feed.atom or {address}feed.rss; Ctrl-C stops it")
