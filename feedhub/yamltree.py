"""YAML as plain data, and where each part of it stands: the only door to PyYAML.

YAML 1.2 by its core schema (`no`, `on` and `12:30` are text), without what makes a file hard to follow: anchors,
aliases, merge keys and tags are refused, and so is a key that is given twice. Built from libyaml's events, each of
which knows its line and column: those of 10,000 sources take 0.1 s, where a load in pure Python takes 3.2 s. They come
through PyYAML, whose libyaml is 0.2; the 0.1 that ruamel.yaml's extension bundles refuses `{url: https://…}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from feedhub.faults import Fault, Misplaced, Spot, Trail

MAX_CHARACTERS = 16_000_000  # fifty thousand sources, with room
MAX_DEPTH = 16  # the deepest value that means anything is at 6

_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # YAML 1.2, 5.1
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("0123456789+-.")

# what libyaml's words, or PyYAML's own, hold: in plain ones
_COLUMNS = "the keys of one mapping stand in one column"
_SYNTAX = {
    "mapping values are not allowed": (
        "a “:” is not expected here",
        f"text with “: ” in it stands in quotes, a key’s colon has a space after it, and {_COLUMNS}",
    ),
    "expected key": ("this line does not fit in here", _COLUMNS),
    "expected <block end>": ("this line does not fit in here", _COLUMNS),
    "expected '-'": ("this line does not fit in here", "every line of a list begins with “- ”"),
    "sequence entries": ("a list does not fit in here", "each “- ” on a line of its own, below the key"),
    "tab": ("a tab", "lines are indented with spaces"),
    "cannot start any token": (
        "a sign that no plain text begins with",
        "text that begins with @, ` or % stands in quotes",
    ),
    "alphabetic or numeric": ("a sign that no plain text begins with", "text that begins with & or * stands in quotes"),
    "',' or '}'": ("a mapping in { } is not closed, or lacks a comma", "“, ” between its keys, and “}” at its end"),
    "',' or ']'": ("a list in [ ] is not closed, or lacks a comma", "“, ” between its parts, and “]” at its end"),
    "node content": (
        "no value begins like this",
        "“]” for every “[” and “}” for every “{”; text that begins with : or , stands in quotes",
    ),
    "unexpected end of stream": ("a quotation mark is not closed", "one at either end of the text"),
    "unexpected document": ("a quotation mark is not closed", "one at either end of the text"),
    "expected ':'": ("a key without a colon", "“key: value”, with a space after the colon"),
    "<document start>": ("this line does not fit in here", "one document, from its first line to its last"),
    "escape": ("a backslash that means nothing in double quotes", "single quotes, which take backslashes as they are"),
    "nesting depth": ("is nested too deeply", f"{MAX_DEPTH} levels at most"),
}


@dataclass(slots=True)
class Place:
    """Where a value and its key stand, and where all that is in it does.

    In PyYAML's marks, which count from 0. Its stubs let any of them be `None`; a parser's never are.
    """

    key: Any
    value: Any
    below: dict[str | int, Place] = field(default_factory=dict)

    def find(self, trail: Trail, *, key: bool = False) -> Spot:
        """The spot of a value, or of its key; for what is not there, the key of what should hold it."""
        place = self
        for step in trail:
            inner = place.below.get(step)
            if inner is None:
                key = True
                break
            place = inner
        return spot(place.key if key else place.value)


@dataclass(frozen=True, slots=True)
class Tree:
    """The document; `None` where nothing is written. `faults` are those of its form that leave the rest readable."""

    data: Any
    place: Place
    faults: tuple[Misplaced, ...]


def spot(mark: Any) -> Spot:
    """A mark of PyYAML's, counted from 1."""
    return Spot(mark.line + 1, mark.column + 1)


def core(text: str) -> str | float | bool | None:
    """What plain text stands for (YAML 1.2, 10.3.2; its octals, hexadecimals and infinities are text to us)."""
    if text in _NULL:
        return None
    if text[0] in _NUMBER_STARTS:
        if _INT.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text
    return _BOOL.get(text, text)


def read(text: str, plain: Callable[[str], Any] = core) -> Tree | Misplaced:
    """The document, or the one fault that keeps it from being read at all. `plain`: what text without quotes means."""
    if len(text) > MAX_CHARACTERS:
        return Misplaced(Fault(f"has {len(text):,} characters", f"{MAX_CHARACTERS:,} at most"))
    text = text.lstrip("\ufeff")  # libyaml takes one off, and counts from there
    if odd := _CONTROL.search(text):
        return Misplaced(Fault("a control character", "plain text in UTF-8"), (), _spot_at(text, odd.start()))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml: the same events, twenty times slower
    try:
        return _Reader(yaml.parse(text, Loader=loader), plain).document()
    except yaml.MarkedYAMLError as error:
        return _syntax(error, text)
    except _Stop as stop:
        return stop.misplaced


def _syntax(error: Any, text: str) -> Misplaced:
    """Where the parser gave up; but for what is only found out at the end of the file, where it began."""
    mark, begun, problem = error.problem_mark, error.context_mark, error.problem or ""
    wrong, allowed = next((words for part, words in _SYNTAX.items() if part in problem), (f"no YAML: {problem}", ""))
    sign, end = text[mark.index : mark.index + 1], len(text.rstrip())
    if sign == "\t":
        wrong, allowed = _SYNTAX["tab"]
    elif sign in {"[", "{"} and "a flow" in (error.context or ""):
        wrong, allowed = f"a “{sign}” within plain text in brackets", "such text stands in quotes, as most patterns do"
    if begun and ("quote" in error.context or (mark.index >= end > begun.index)):
        mark = begun
    elif mark.index >= end:
        return Misplaced(Fault(wrong, allowed), (), _spot_at(text, max(end - 1, 0)))
    elif begun and begun.line != mark.line and "flow" in error.context:
        wrong += f" (it begins on line {begun.line + 1})"
    return Misplaced(Fault(wrong, allowed), (), spot(mark))


def _spot_at(text: str, index: int) -> Spot:
    return Spot(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


class _Stop(Exception):
    """Nothing after this can be read."""

    def __init__(self, wrong: str, allowed: str, mark: Any, trail: Trail = ()) -> None:
        super().__init__(wrong)
        self.misplaced = Misplaced(Fault(wrong, allowed), trail, spot(mark))


class _Reader:
    """Plain data and places out of one document's events."""

    def __init__(self, events: Iterator[Any], plain: Callable[[str], Any]) -> None:
        self.next = events.__next__
        self.plain = plain
        self.faults: list[Misplaced] = []
        self.trail: list[str | int] = []

    def document(self) -> Tree:
        """The one document of the stream."""
        self.next()  # the stream's start
        start = self.next()
        if not isinstance(start, yaml.DocumentStartEvent):
            return Tree(None, Place(start.start_mark, start.start_mark), ())
        root = self.next()
        data, place = self.value(root, root.start_mark)
        self.next()  # the document's end
        after = self.next()
        if isinstance(after, yaml.DocumentStartEvent):
            raise _Stop(
                "a second document begins here", "one document, without “---” between its parts", after.start_mark
            )
        return Tree(data, place, tuple(self.faults))

    def value(self, event: Any, key: Any) -> tuple[Any, Place]:
        """One value and where it stands. `key`: the mark of its key, or its own where it has none."""
        mark = event.start_mark
        place = Place(key, mark)
        if isinstance(event, yaml.AliasEvent):
            self.refuse("an alias (*) stands here", "what is meant, written out", mark)
            return None, place
        if event.anchor is not None:
            self.refuse("an anchor (&) stands here", "values without anchors and aliases", mark)
        if event.tag is not None:
            self.refuse("a YAML tag (!) stands here", "values without tags; text in quotes is text", mark)
        if isinstance(event, yaml.ScalarEvent):
            if event.tag is not None:
                return None, place
            data = self.plain(event.value) if event.style in {"", None} else event.value
            if data is None and len(self.trail) > 1:  # a section of the file may be empty
                self.refuse("has no value", "a value, or no such key", mark)
            return data, place
        if len(self.trail) >= MAX_DEPTH:
            raise _Stop("is nested too deeply", f"{MAX_DEPTH} levels at most", mark, tuple(self.trail))
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(place), place
        return self.sequence(place), place

    def mapping(self, place: Place) -> dict[str, Any]:
        """Keys are text, whatever they look like."""
        data: dict[str, Any] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _Stop("a key that is not text", "“key: value”", event.start_mark, tuple(self.trail))
            key, mark = event.value, event.start_mark
            self.trail.append(key)
            value, inner = self.value(self.next(), mark)
            if key == "<<":
                self.refuse("a merge key (<<) stands here", "what is meant, written out", mark)
            elif key in place.below:
                first = spot(place.below[key].key).line
                self.refuse(f"is given twice; it stands on line {first} already", "each key once", mark)
            else:
                if event.anchor is not None or event.tag is not None:
                    self.refuse("an anchor or a tag stands here", "the key alone", mark)
                data[key], place.below[key] = value, inner
            self.trail.pop()
        return data

    def sequence(self, place: Place) -> list[Any]:
        """The parts of a list."""
        data: list[Any] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            self.trail.append(len(data))
            value, place.below[len(data)] = self.value(event, event.start_mark)
            data.append(value)
            self.trail.pop()
        return data

    def refuse(self, wrong: str, allowed: str, mark: Any) -> None:
        """Note a fault at the value under way, and read on."""
        self.faults.append(Misplaced(Fault(wrong, allowed), tuple(self.trail), spot(mark)))
