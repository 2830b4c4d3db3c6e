"""The rules of the house that no linter knows: one door a library, one clock, few broad excepts."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "feedhub"

# Each third-party library, and the rooms that may import it.
DOORS = {
    "aiohttp": {"ingest/fetch.py"},
    "apscheduler": {"scheduler.py"},
    "click": {"cli/*.py"},
    "dateparser": {"ingest/dates.py"},
    "feedgen": {"output/render.py", "output/extension.py"},
    "feedparser": {"ingest/feedxml.py"},
    "frontmatter": {"ingest/frontmatter.py"},
    "httpx": {"ingest/fetch.py"},
    "httpx_aiohttp": {"ingest/fetch.py"},
    "lxml": {"ingest/discover.py", "output/extension.py", "output/readback.py"},
    "markdown_it": {"ingest/posts.py"},
    "nh3": {"ingest/sanitize.py"},
    "pebble": {"ingest/workers.py"},
    "pydantic": {"config/document.py"},
    "sqlite_utils": {"store/db.py", "store/migrations.py"},
    "starlette": {"web/app.py"},
    "structlog": {"log.py"},
    "uvicorn": {"web/serve.py"},
    "w3lib": {"urls.py", "ingest/charset.py"},
    "watchfiles": {"config/file.py"},
    "yaml": {"yamltree.py"},
}
STANDARD_DOORS = {"sqlite3": {"store/*.py", "engine.py"}}


def rooms() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(room: Path) -> set[str]:
    """The outermost names of all modules that a room imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(room.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_every_library_has_one_door() -> None:
    """Its types die there, and an upgrade that changes it is looked for there."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for room in rooms():
        for name in imported(room) - {"feedhub"}:
            if name not in sys.stdlib_module_names or name in STANDARD_DOORS:
                found[name].add(room.relative_to(PACKAGE).as_posix())
    doors = DOORS | STANDARD_DOORS
    strays = {
        name: sorted(room for room in where if not any(Path(room).match(door) for door in doors.get(name, set())))
        for name, where in found.items()
    }
    assert {name: where for name, where in strays.items() if where} == {}
    assert set(DOORS) <= set(found), "a door that nobody uses"


def test_only_the_composition_root_reads_the_clock() -> None:
    """Pure rooms are given the time: the same arguments give the same decisions."""
    wall = {"now", "utcnow", "today", "time"}
    readers = {
        room.relative_to(PACKAGE).as_posix()
        for room in rooms()
        for node in ast.walk(ast.parse(room.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in wall
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time"}
    }
    assert readers == {"app.py"}


def test_broad_excepts_are_few() -> None:
    """A fault of ours keeps its traceback; the world's faults are matched by what they are."""
    broad = [
        f"{room.relative_to(PACKAGE)}:{node.lineno}"
        for room in rooms()
        for node in ast.walk(ast.parse(room.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        and not any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
    ]
    assert len(broad) <= 3, broad


def test_rooms_stay_small() -> None:
    """A file that grows past what one reads at a sitting holds two things."""
    sizes = {room.relative_to(PACKAGE).as_posix(): len(room.read_text().splitlines()) for room in rooms()}
    assert {room: lines for room, lines in sizes.items() if lines > 320} == {}


def test_the_drawing_names_every_room() -> None:
    """A house that has moved on from its drawing is a house nobody finds their way in."""
    drawing = (ROOT / "docs" / "architecture.md").read_text()
    missing = [room.name for room in rooms() if room.name != "__init__.py" and not drawn(room, drawing)]
    assert missing == []


def drawn(room: Path, drawing: str) -> bool:
    name = room.stem if room.parent.name == "model" else room.name
    return name in drawing
