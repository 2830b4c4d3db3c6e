"""The head of a post's file: bytes -> the values under its keys, and what is wrong with them.

The only door to the front matter library and its YAML. Values are taken as they are written, so that
YAML bites nobody: `no` is a word, `12:30` no number, and a key that is given twice is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

import yaml  # type: ignore[import-untyped]  # PyYAML bears no types
from frontmatter.default_handlers import YAMLHandler

from feedhub import text
from feedhub.model import Problem

_HANDLER = YAMLHandler()
_SPACE_BEFORE_ZONE = re.compile(r"\s+(?=(Z|[+-]\d\d:?\d\d)$)")
_FLAGS = {"": False, "true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_QUOTES = "text stands in quotes where it begins with one of []{}&*!|>%@` or holds “: ”"


@dataclass(slots=True)
class Faults:
    """What is wrong with one file, gathered while it is read."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, message: str, *, path: str = "", line: int = 1, column: int = 1) -> None:
        """Note one fault, at the file's beginning if nowhere else."""
        self.problems.append(Problem(file=self.file, line=line, column=column, path=path, message=message))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The text between the two lines `---`."""

    source: str
    lines_before: int
    faults: Faults

    def fault(self, message: str, mark: yaml.Mark, path: str = "") -> None:
        """Note a fault at a place in the YAML, whose lines and columns count from 0."""
        self.faults.add(message, path=path, line=self.lines_before + mark.line + 1, column=mark.column + 1)


class FrontMatter:
    """The values of one mapping, read by kind. What is not as it should be is noted, and counts as absent."""

    def __init__(self, head: _Head, node: yaml.MappingNode, keys: Collection[str], within: str = "") -> None:
        self._head = head
        self._node = node
        self._within = within  # the mapping's own path, with a dot
        self._values: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "…"
            if name in self._values:
                self._fault(name, "is given twice; each key once", key)
            elif name in keys:
                self._values[name] = value
            else:
                self._fault(name, f"is not known; {', '.join(keys)} are{did_you_mean(name, keys)}", key)

    def fault(self, key: str, message: str) -> None:
        """Note what is wrong with a value, at its place; where it is absent, at the mapping's."""
        self._fault(key, message, self._values.get(key, self._node))

    def line(self, key: str, *, required: bool = False) -> str | None:
        """Plain text on one line; None where nothing stands."""
        value = self._line(key, self._values[key]) if key in self._values else ""
        if required and value == "":
            self.fault(key, "is empty" if key in self._values else "is missing")
        return value or None

    def lines(self, key: str) -> tuple[str, ...]:
        """A list of such texts; a single one is a list of one."""
        node = self._values.get(key)
        if node is None:
            return ()
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(value for each in nodes if (value := self._line(key, each)))

    def flag(self, key: str) -> bool:
        """True or false; false where nothing stands."""
        value = (self.line(key) or "").lower()
        if value not in _FLAGS:
            self.fault(key, f"{quoted(value)} is neither; true or false")
        return _FLAGS.get(value, False)

    def time(self, key: str, zone: ZoneInfo, *, required: bool = False) -> datetime | None:
        """An instant, in UTC. It is read in `zone` where it names none; a date alone is its midnight."""
        value = self.line(key, required=required)
        instant = _instant(value, zone) if value else None
        if value and not instant:
            self.fault(key, f"{quoted(value)} is no date; 2007-09-28, 2007-09-28 10:30 or 2007-09-28T10:30:00+02:00")
        return instant

    def section(self, key: str, keys: Collection[str]) -> FrontMatter | None:
        """A mapping under a key."""
        node = self._values.get(key)
        if isinstance(node, yaml.MappingNode):
            return FrontMatter(self._head, node, keys, f"{self._within}{key}.")
        if node and node.value:
            self.fault(key, f"is not made of keys; {' and '.join(keys)} below it")
        return None

    def _line(self, key: str, node: yaml.Node) -> str | None:
        marked = self._head.source.startswith(("&", "!"), node.start_mark.index)  # YAML would swallow the word
        if isinstance(node, yaml.ScalarNode) and not marked:
            return text.one_line(node.value)
        self._fault(key, f"is not plain text; {_QUOTES}", node)
        return None

    def _fault(self, key: str, message: str, node: yaml.Node) -> None:
        self._head.fault(message, node.start_mark, f"{self._within}{text.excerpt(key, 60)}")


def split(data: bytes, keys: Collection[str], faults: Faults) -> tuple[FrontMatter, str] | None:
    """Part a file into its front matter and what follows; None, and a fault, where that cannot be done."""
    try:
        source = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.add(f"byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8", line=line)
        return None
    if not _HANDLER.detect(source):
        faults.add("has no front matter; a line “---”, the keys title and date, and a line “---” come first")
        return None
    try:
        front, body = _HANDLER.split(source)
    except ValueError:
        faults.add("has front matter without an end; a line “---” stands below its keys")
        return None
    head = _Head(source=front, lines_before=source.count("\n", 0, source.index(front)), faults=faults)
    node = _compose(head)
    return (FrontMatter(head, node, keys), body) if node else None


def quoted(value: str) -> str:
    """A value as a message shows it."""
    return f"“{text.excerpt(value, 60)}”"


def did_you_mean(given: str, known: Collection[str]) -> str:
    """`; did you mean …` where something known looks like it, else nothing."""
    near = get_close_matches(given.lower(), known, n=1)
    return f"; did you mean {near[0]}" if near else ""


def _compose(head: _Head) -> yaml.MappingNode | None:
    """The YAML as nodes, which know their places. libyaml bounds how deep they nest."""
    try:
        node = yaml.compose(head.source, Loader=yaml.CBaseLoader)
    except yaml.MarkedYAMLError as error:
        head.fault(f"is no YAML: {error.problem}; {_QUOTES}", error.problem_mark)
        return None
    except yaml.reader.ReaderError as error:  # its position counts bytes
        line = head.lines_before + head.source.encode().count(b"\n", 0, error.position) + 1
        head.faults.add(f"holds a control character, U+{error.character:04X}", line=line)
        return None
    if isinstance(node, yaml.MappingNode):
        return node
    head.faults.add("has front matter without keys; title and date at least")
    return None


def _instant(written: str, zone: ZoneInfo) -> datetime | None:
    """An ISO 8601 date or time. A time that the zone skips in spring is as far after midnight as it says."""
    try:
        time = datetime.fromisoformat(_SPACE_BEFORE_ZONE.sub("", written.upper()))
    except ValueError:
        return None
    if not 1900 <= time.year < 3000:  # a slip of the pen; and beyond the calendar's ends UTC has no such day
        return None
    return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)
