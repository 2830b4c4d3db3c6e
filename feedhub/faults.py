"""What is wrong with a value of feeds.yaml or of a post, where it stands, and how that is told."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from feedhub.model import Problem
from feedhub.text import excerpt

Trail = tuple[str | int, ...]  # the way to a value: ("featured", "pins", 0, "url")

_GUESSES = 100  # problems that get a “did you mean”: one look through ten thousand ids takes 10 ms
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


class Spot(NamedTuple):
    """A line and a column; both count from 1."""

    line: int
    column: int


_BEGINNING = Spot(1, 1)


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A fault, what it is a fault of, and the spot where that stands; the whole file, unless said otherwise."""

    fault: Fault
    trail: Trail = ()
    spot: Spot = _BEGINNING


def problems(file: str, found: Iterable[Misplaced]) -> tuple[Problem, ...]:
    """What an admin is told of a file, in the order of the places."""
    return tuple(
        Problem(
            file=file,
            line=one.spot.line,
            column=one.spot.column,
            path=dotted(one.trail),
            message=one.fault.words(guess=number < _GUESSES),
        )
        for number, one in enumerate(sorted(found, key=lambda one: one.spot))
    )


def closest(given: str, choices: Collection[str]) -> str:
    """The choice that looks most like what was given, or begins with it; empty when none does."""
    by_lower, lower = {choice.lower(): choice for choice in choices}, given.lower()
    near = difflib.get_close_matches(lower, by_lower, n=1, cutoff=0.75)
    near = near or [choice for choice in by_lower if lower and choice.startswith(lower)]
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
    return excerpt(" ".join("".join(char if char.isprintable() else " " for char in text).split()), 60)
