"""What is wrong with one value of feeds.yaml, before it is known where that value stands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass

Trail = tuple[str | int, ...]  # the way to a value: ("featured", "pins", 0, "url")

_PLAIN_KEY = re.compile(r"[\w.-]{1,80}")


class Fault(ValueError):
    """What is wrong; what is allowed; what may have been meant.

    `wrong`, `meant` and `given` may quote the value. `allowed` and `choices` never do: they are all that is
    said of a value that a variable went into.
    """

    def __init__(
        self, wrong: str, allowed: str = "", *, meant: str = "", given: str = "", choices: Collection[str] = ()
    ) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.allowed = allowed
        self.meant = meant
        self.given = given
        self.choices = choices

    def words(self, *, guess: bool) -> str:
        """The whole message. `guess`: look for what may have been meant among the choices."""
        meant = self.meant or (closest(self.given, self.choices) if guess else "")
        return "; ".join(filter(None, (self.wrong, self.allowed, meant and f"did you mean {meant}")))


def closest(given: str, choices: Collection[str]) -> str:
    """The choice that looks most like what was given; empty when none does."""
    by_lower = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(given.lower(), by_lower, n=1, cutoff=0.75)
    return by_lower[near[0]] if near else ""


def dotted(trail: Trail) -> str:
    """`featured.pins[0].url`. A key that can be no header or holds an address is not shown: a secret gone astray?"""
    path = ""
    for number, step in enumerate(trail):
        if isinstance(step, int):
            path += f"[{step}]"
            continue
        astray = "://" in step or ("headers" in trail[:number] and not _PLAIN_KEY.fullmatch(step))
        path += ("." if path else "") + ("…" if astray else short(step))
    return path


def quoted(text: str) -> str:
    """A value as a message shows it."""
    return f"“{short(text)}”"


def short(text: str) -> str:
    """Text on one line, and not much of it."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return f"{line[:59]}…" if len(line) > 60 else line


@dataclass(frozen=True, slots=True)
class Misfit:
    """A fault of a value, or of its key (one that is unknown, or missing)."""

    trail: Trail
    fault: Fault
    of_key: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """A line and a column; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A fault, what it is a fault of, and the spot where that stands."""

    fault: Fault
    trail: Trail
    spot: Spot
