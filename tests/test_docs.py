"""The documents: what they show works, what they name is there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click
import pytest
from conftest import NOW, Entry, Hub

from feedhub import app
from feedhub.cli.main import feedhub
from feedhub.config import schema
from feedhub.store import db as database

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PICTURE = ROOT / "docs" / "picture.svg"

CONTEXT = click.Context(feedhub)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def fences(path: Path, language: str) -> list[str]:
    """The blocks of a document that are marked as being in a language."""
    return [block for marked, block in BLOCK.findall(path.read_text("utf-8")) if marked == language]


def sections() -> dict[str, str]:
    """What data.md says of each table."""
    text = (ROOT / "docs" / "data.md").read_text("utf-8")
    parts = re.split(r"^### `(\w+)`$", text.partition("\n## Five queries")[0], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


# -- all of them


@each_document
def test_a_link_within_the_documents_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if "://" not in target:
            file, _, heading = target.partition("#")
            found = (path.parent / file).resolve() if file else path
            assert found.exists(), target
            assert not heading or heading in anchors(found), target


def anchors(path: Path) -> set[str]:
    """What a heading is called in a link to it."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_document
def test_a_command_that_is_named_exists_with_its_options(path: Path) -> None:
    for name, rest in re.findall(r"\bfeedhub ([a-z]+)((?: +[^\s`|]+)*)", within_code(path)):
        command = feedhub.get_command(CONTEXT, name)
        assert command is not None, f"feedhub {name}"
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert set(re.findall(r"--[a-z]+", rest)) <= known, f"feedhub {name}{rest}"


def within_code(path: Path) -> str:
    """What stands in backticks, a piece a line, and in blocks that are no configuration of other programs."""
    prose = BLOCK.sub("", path.read_text("utf-8"))
    lines = [line for block in fences(path, "") for line in block.splitlines()]
    return "\n".join(line.partition("  ")[0] for line in [*lines, *re.findall(r"`([^`]+)`", prose)])


@each_document
def test_a_document_names_no_index_and_no_place_on_a_developers_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.findall(r"pypi|--index-url|/(?:work|tmp|root|home|Users)/|file://", text)


def test_every_decision_stands_in_the_index_under_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    notes = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    titles = [note.read_text("utf-8").splitlines()[0].removeprefix("# ") for note in notes]
    index = re.findall(r"^- \[(\d+)\]\(([^)]+)\) (.+)$", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    assert index == [(note.name[:4], note.name, title) for note, title in zip(notes, titles, strict=True)]


# -- README


def test_the_example_of_feeds_yaml_in_the_readme_is_sound() -> None:
    (example,) = fences(ROOT / "README.md", "yaml")
    parsed = schema.parse(example, file="feeds.yaml", base=ROOT, env={})
    assert isinstance(parsed, schema.Parsed), parsed


def test_the_readme_tells_every_command_and_no_other() -> None:
    table = re.findall(r"^\| `feedhub ([a-z]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(table) == sorted(feedhub.list_commands(CONTEXT))


def test_the_addresses_in_the_readme_are_published_by_the_own_hub(tmp_path: Path) -> None:
    shutil.copy(ROOT / "feeds.yaml", tmp_path)
    for folder in ("posts", "sources"):
        shutil.copytree(ROOT / "data" / folder, tmp_path / "data" / folder)
    app.poll(app.place(tmp_path / "feeds.yaml", None), ["channel-wire"])
    app.build(app.place(tmp_path / "feeds.yaml", None))
    addresses = re.findall(r"<http://127\.0\.0\.1:8000/(.+?)>", (ROOT / "README.md").read_text("utf-8"))
    feeds = [address for address in addresses if address != "healthz"]
    assert len(feeds) >= 6
    assert [feed for feed in feeds if not (tmp_path / "data" / "public" / feed).is_file()] == []


def test_the_picture_stands_by_itself() -> None:
    """It is shown by readers of Markdown that load nothing else."""
    from lxml import etree

    svg = etree.parse(PICTURE).getroot()
    assert svg.get("viewBox")
    assert "prefers-color-scheme: dark" in PICTURE.read_text()
    assert not re.findall(r'(?:href|src)="(?!#)|@import|<script', PICTURE.read_text())


# -- data.md


def test_every_table_and_column_is_explained_and_no_other(tmp_path: Path) -> None:
    with database.opened(tmp_path / "feedhub.db") as db:
        tables = {table.name: {column.name for column in table.columns} for table in db.tables}
    said = {
        name: {
            column for row in re.findall(r"^\|(.+?)\|", text, re.MULTILINE) for column in re.findall(r"`(\w+)`", row)
        }
        for name, text in sections().items()
    }
    assert said == tables


def test_every_value_of_the_hub_is_explained(busy: Hub) -> None:
    app.check(busy.place, accept=True)
    with database.opened(busy.place.database) as db:
        keys = {row["key"] for row in db["hub"].rows}
    assert keys == set(re.findall(r"`([a-z_]+)`:", sections()["hub"]))


@pytest.fixture
def busy(hub: Hub) -> Hub:
    """A hub with something of everything."""
    hub.source("news")
    hub.source("dead")
    hub.show(
        "news", [Entry(id="tag:source.example,2026:1", dated=NOW, link="https://source.example/1", category="Fish")]
    )
    hub.answer("dead", "gone away", status=404)
    hub.post("hello")
    hub.configure(featured={"sources": ["news"]})
    hub.poll()
    return hub


@pytest.mark.parametrize("number", range(5))
def test_the_queries_find_what_they_ask_for(busy: Hub, number: int) -> None:
    queries = fences(ROOT / "docs" / "data.md", "sql")
    assert len(queries) == 5
    with database.opened(busy.place.database) as db:
        assert list(db.query(queries[number], {"feed": "combined", "link": "https://source.example/1"}))
