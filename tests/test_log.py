"""One line a decision, without secrets."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from feedhub import log


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged from here on."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("feedhub").setLevel(logging.NOTSET)


def test_a_line_tells_time_level_event_and_values(written: io.StringIO) -> None:
    log.get("poll").info("source read", source="channel-news", items=3, error=None, first=True)
    time, rest = written.getvalue().split(" ", 1)
    assert time.startswith("time=20")
    assert time.endswith("Z")
    assert rest == 'level=info event="source read" logger=feedhub.poll source=channel-news items=3 error= first=true\n'


SECRETS = [
    "https://user:hunter2@example.com/feed",
    "https://example.com/feed?token=hunter2",
    "see https://example.com/feed?a=1&api_key=hunter2&b=2, and go on",
    "(https://user:hunter2@example.com/)",
    "url='https://user:hunter2@example.com/'",
    "GET /feed?token=hunter2 failed",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_logged(written: io.StringIO, text: str) -> None:
    """Neither in an event nor in a value, an exception, or a library's own words."""
    say = log.get("poll")
    say.info(text, value=text, values=[text])
    say.error("broken", exc_info=ValueError(text))
    logging.getLogger("httpx").warning("odd: %s", text)
    assert "hunter2" not in written.getvalue()
    assert written.getvalue().count("…") == 5


def test_what_a_source_says_neither_breaks_the_line_nor_steers_the_terminal(written: io.StringIO) -> None:
    log.get("poll").warning("odd title", title="a\nlevel=error\r\x1b[2J\u2028b\u202e", wide="Zürich – 東京")
    assert written.getvalue().count("\n") == 1
    assert written.getvalue().rstrip("\n").isprintable()
    assert "Zürich – 東京" in written.getvalue()


def test_our_own_faults_keep_their_traceback(written: io.StringIO) -> None:
    try:
        int("x")
    except ValueError as error:
        log.get("engine").error("the beat fails", exc_info=error)
    assert "Traceback (most recent call last):\n" in written.getvalue()
    assert written.getvalue().endswith("\nValueError: invalid literal for int() with base 10: 'x'\n")


def test_libraries_are_heard_when_they_warn(written: io.StringIO) -> None:
    """A client logs every request as news, with its address."""
    logging.getLogger("httpx").info("HTTP Request: GET https://example.com")
    logging.getLogger("asyncio").error("100 %% of %s", "it")
    assert written.getvalue().count("\n") == 1
    assert 'event="100 % of it" logger=asyncio' in written.getvalue()


def test_a_command_that_keeps_no_log_pays_for_none() -> None:
    """A fifth of a second goes into importing structlog."""
    code = "import sys; from feedhub import log; log.get('x').warning('unheard'); print('structlog' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("False\n", "")
