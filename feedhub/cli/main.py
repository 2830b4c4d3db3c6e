"""The `feedhub` command: where its parts are, what they share, and how errors become exit codes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from feedhub import __version__
from feedhub.errors import ConfigError, FeedhubError

_COMMANDS = {
    "init": "setup",
    "check": "setup",
    "run": "setup",
    "poll": "publishing",
    "backfill": "publishing",
    "build": "publishing",
    "verify": "publishing",
    "status": "asking",
    "explain": "asking",
    "held": "moderating",
    "release": "moderating",
    "retract": "moderating",
}
_HELP = {  # said here, so that --help imports no command
    "init": "write a starter hub that runs at once",
    "check": "say all that is wrong with feeds.yaml and the posts",
    "run": "the service: poll, publish, serve; follows edits",
    "poll": "poll what is due once, then publish what changed",
    "backfill": "read what a source still has of its past",
    "build": "publish without polling",
    "verify": "hold all that is published against the record of releases",
    "status": "each source: state, last success, next check, error",
    "explain": "why an item is, or is not, in which feeds",
    "held": "items held back, and why",
    "release": "let held or retracted items go",
    "retract": "take items out of every feed",
}

F = TypeVar("F", bound=Callable[..., Any])


class _Commands(click.Group):
    """Commands that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"feedhub.cli.{_COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        command.help = (command.help or "").replace(r"\b", "\b")  # how click is told to leave lines as they are
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_HELP.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="feedhub %(version)s")
def feedhub() -> None:
    """A hub for RSS and Atom: reads the sources of feeds.yaml, publishes feeds.

    Begin with `feedhub init my-hub`, then `cd my-hub` and `feedhub run`.
    """


def main() -> int:
    """Run a command; its exit code."""
    try:
        code: int | None = feedhub.main(standalone_mode=False)  # what a command gave to `exit` is returned, not raised
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - click.echo would import more
        return error.exit_code
    except FeedhubError as error:
        print(f"feedhub: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return code or 0
