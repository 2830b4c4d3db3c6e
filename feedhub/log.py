"""One line a decision: `time=… level=… event=… key=value …`. The only door to structlog.

`get` costs nothing, and what is logged before `configure` goes nowhere: structlog is
imported by those commands alone that keep a log.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

_ROOT = "feedhub"
logging.getLogger(_ROOT).addHandler(logging.NullHandler())  # else warnings would go to standard error

# What may hold credentials or tokens, within a sentence.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^\s\"<>]+|[?&][^\s\"<>]+", re.IGNORECASE)

# What would break the line, or steer the terminal that shows it. A source chooses its title.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Log:
    """Says what was decided, and the values it was decided by."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"{_ROOT}.{name}")

    def info(self, event: str, **values: object) -> None:
        """As it should be."""
        self._say(logging.INFO, event, values)

    def warning(self, event: str, **values: object) -> None:
        """The world's fault, or the admin's; the hub goes on."""
        self._say(logging.WARNING, event, values)

    def error(self, event: str, *, exc_info: BaseException | None = None, **values: object) -> None:
        """What somebody has to look at; with its traceback, where it is ours."""
        self._say(logging.ERROR, event, values, exc_info)

    def _say(self, level: int, event: str, values: dict[str, object], error: BaseException | None = None) -> None:
        self._logger.log(level, event, extra={"values": values}, exc_info=error)


def get(name: str) -> Log:
    """The log of one part of the hub."""
    return Log(name)


def configure(stream: TextIO) -> None:
    """Log to `stream`, from now on and nowhere else: what we say, and what libraries warn of."""
    import structlog

    render = structlog.processors.LogfmtRenderer(key_order=("time", "level", "event"), bool_as_flag=False)

    def line(logger: WrappedLogger, method: str, said: EventDict) -> str:
        trace = str(said.pop("exception", "")).splitlines()
        harmless = {key: _harmless(value) for key, value in said.items()}
        return "\n".join([str(render(logger, method, harmless)), *map(_harmless_text, trace)])

    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True, key="time"),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _with_values,
            structlog.processors.format_exc_info,
            line,
        ]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger(_ROOT).setLevel(logging.INFO)


def _with_values(_: WrappedLogger, __: str, said: EventDict) -> EventDict:
    record = said.pop("_record")
    del said["_from_structlog"]
    return {**said, **getattr(record, "values", {})}


def _harmless(value: object) -> object:
    return value if value is None or isinstance(value, int | float) else _harmless_text(str(value))


def _harmless_text(text: str) -> str:
    from feedhub.urls import redacted

    text = _ADDRESS.sub(lambda found: redacted(found[0]), text)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
