"""feeds.yaml: what it means, and what is said of one that is broken.

The broken ones are files in `config/broken`: what is shown, the document, and below a line `# expected` every problem
with its place. `python tests/test_config.py` writes what is expected anew; read the difference before you keep it.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from apscheduler.triggers.cron import CronTrigger
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedhub.config import cron, document, file, kept, keys, schema
from feedhub.faults import Fault
from feedhub.model import AuthorId, Image, Problem, SourceId
from feedhub.settings import (
    Author,
    Auto,
    Config,
    ContentMode,
    Cron,
    CustomFeed,
    Every,
    Featured,
    Fetch,
    Filter,
    Hub,
    LocalFile,
    Pin,
    Publish,
    Selection,
    Server,
    Source,
    WebAddress,
)

BASE = Path("/hub")
CASES = Path(__file__).parent / "config" / "broken"
EXAMPLE = (CASES.parent / "example.yaml").read_text("utf-8")
MARK = "# expected\n"
HUB = "hub: {title: T, url: https://hub.example}\n"
ENV = {
    "NEWS_TOKEN": "s3cr3t",
    "TOKEN": "s3cr3t",
    "FTP": "ftp://s3cr3t",
    "BREAK": "s3cr3t\r\nHost: evil",
    "BLANK": " ",
    "WORD": "s3cr3t",
    "PAREN": "(?P<s3cr3t",
}


def parse(text: str, env: Mapping[str, str] = ENV) -> schema.Parsed | tuple[Problem, ...]:
    return schema.parse(text, file="feeds.yaml", base=BASE, env=env)


def config(text: str, env: Mapping[str, str] = ENV) -> Config:
    parsed = parse(text, env)
    assert isinstance(parsed, schema.Parsed), "\n".join(map(str, parsed))
    return parsed.config


def problems(text: str, env: Mapping[str, str] = ENV) -> list[str]:
    parsed = parse(text, env)
    assert not isinstance(parsed, schema.Parsed)
    return [str(problem) for problem in parsed]


def source(text: str, env: Mapping[str, str] = ENV) -> Source:
    """The one source of a hub that has just that, written in flow style."""
    return config(f"{HUB}authors: {{lee: {{name: Lee}}, mary: {{name: Mary}}}}\nsources: {{s: {text}}}", env).sources[
        SourceId("s")
    ]


# -- what is broken


def document_and_expected(path: Path) -> tuple[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        text, _, expected = lines.read().partition(MARK)
    return text, [line.removeprefix("# ") for line in expected.splitlines()]


def found(text: str) -> list[str]:
    env = {name: value for name, value in ENV.items() if name != "NEWS_TOKEN"}
    return [problem.removeprefix("feeds.yaml:") for problem in problems(text, env)]


@pytest.mark.parametrize("path", sorted(CASES.iterdir()), ids=lambda path: path.stem)
def test_a_broken_file_is_told_all_its_faults_each_with_its_place(path: Path) -> None:
    text, expected = document_and_expected(path)
    assert expected
    assert found(text) == expected


def test_a_variable_that_is_no_text_is_a_problem() -> None:
    """The environment is bytes; those that are no UTF-8 come as lone surrogates."""
    (problem,) = problems("hub: {title: 'T ${BYTES}', url: https://hub.example}", {"BYTES": "\udcff"})
    assert problem == "feeds.yaml:1:14: hub.title: with ${BYTES} filled in, this is not right here; plain text"


def test_no_problem_shows_a_secret() -> None:
    """Whether it came from a variable, stood in an address, or slipped into a key."""
    for path in CASES.iterdir():
        assert "s3cr3t" not in "\n".join(found(document_and_expected(path)[0])), path.name


def test_ten_thousand_faults_are_told_within_seconds() -> None:
    """Only the first hundred are worth a guess at what was meant: each guess looks through every id."""
    sources = "".join(f"  s{n}: {{url: a.xml, author: lee-{n}}}\n" for n in range(5000))
    authors = "".join(f"  lee{n}: {{name: Lee {n}}}\n" for n in range(5000))
    begun = time.process_time()
    told = problems(f"{HUB}authors:\n{authors}sources:\n{sources}")
    assert len(told) == 5000
    assert "did you mean lee" in told[0]
    assert time.process_time() - begun < 20


# -- what is sound


def test_the_contracts_own_example_means_what_it_says() -> None:
    parsed = config(EXAMPLE)
    news, lee, mary = SourceId("channel-news"), AuthorId("lee-pender"), AuthorId("mary-jo")
    assert parsed.hub == Hub(
        title="Channel Desk",
        url="https://feeds.example.com",
        description="What our partners write.",
        language="en",
        timezone=ZoneInfo("America/New_York"),
        contact="editor@example.com",
    )
    assert parsed.authors == {
        lee: Author(
            id=lee,
            name="Lee Pender",
            blog="Pender's Blog",
            email="lpender@example.com",
            url="https://example.com/lee",
            about="Writes about the channel.",
            aliases=("lpender", "By Lee Pender"),
        ),
        mary: Author(
            id=mary, name="Mary Jo Foley", blog="Mary Jo Foley's Blog", email=None, url=None, about=None, aliases=()
        ),
    }
    assert parsed.sources == {
        news: Source(
            id=news,
            location=WebAddress(url="https://news.example.com/feed.xml", secret=False),
            title="Channel News",
            author=lee,
            bylines=(mary,),
            tags=("news",),
            every=Auto.AUTO,
            backlog=5,
            flood=25,
            content=ContentMode.FULL,
            keep=Filter(patterns={"title": re.compile("virtuali[sz]ation", re.IGNORECASE)}),
            drop=None,
            headers={"Authorization": "Bearer s3cr3t"},
            paused=False,
        )
    }
    pin = Pin(
        url="https://news.example.com/osmos",
        title="Microsoft acquires Osmos",
        summary="In a strategic move ...",
        image=Image(url="https://news.example.com/osmos.jpg", alt="Sound wave illustration"),
        until=date(2026, 12, 31),
    )
    assert parsed.featured == Featured(title="Featured", limit=4, sources=(news,), pins=(pin,))
    assert parsed.feeds == {
        "partners": CustomFeed(
            name="partners",
            title="Partners",
            selection=Selection(posts=True, featured=True, authors=(lee,), sources=(news,), tags=("news",)),
            keep=None,
            drop=Filter(patterns={"title": re.compile("sponsored", re.IGNORECASE)}),
            limit=30,
            content=ContentMode.SUMMARY,
        )
    }
    assert parsed.fetch == Fetch(
        concurrency=64, flood=25, timeout=timedelta(seconds=20), max_size=10_000_000, allow=(ip_network("127.0.0.0/8"),)
    )
    assert (parsed.server, parsed.publish) == (Server(host="127.0.0.1", port=8000), Publish(limit=50, archive=True))


def test_what_is_not_written_has_a_default() -> None:
    least = config(f"{HUB}sources: {{s: {{url: feeds/a.xml}}}}\nfeeds: {{f: {{title: F}}}}\npublish: {{limit: 20}}\n")
    assert least.hub == Hub(
        title="T", url="https://hub.example", description="", language="en", timezone=ZoneInfo("UTC"), contact=None
    )
    assert least.sources[SourceId("s")] == Source(
        id=SourceId("s"),
        location=LocalFile(path=Path("/hub/feeds/a.xml")),
        title=None,
        author=None,
        bylines=(),
        tags=(),
        every=Auto.AUTO,
        backlog=5,
        flood=25,
        content=ContentMode.FULL,
        keep=None,
        drop=None,
        headers={},
        paused=False,
    )
    assert least.featured is None
    assert least.feeds["f"].selection is None
    assert least.feeds["f"].limit == 20
    assert least.fetch == Fetch(concurrency=64, flood=25, timeout=timedelta(seconds=20), max_size=10_000_000, allow=())


def test_a_section_with_everything_commented_out_is_an_empty_one() -> None:
    text = f"{HUB}authors:\n#  lee: {{name: Lee}}\nsources:\nfeatured:\nfeeds:\nfetch:\nserver:\npublish:\n"
    assert config(text) == config(HUB)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("auto", Auto.AUTO),
        ("5s", Every(interval=timedelta(seconds=5))),
        ("15m", Every(interval=timedelta(minutes=15))),
        ("2h", Every(interval=timedelta(hours=2))),
        ("1d", Every(interval=timedelta(days=1))),
        ("{cron: '0 7 * * mon-fri'}", Cron(line="0 7 * * mon-fri")),
        ("{cron: '*/15 8-18/2 1,15 Jan-Mar  SAT,sun'}", Cron(line="*/15 8-18/2 1,15 jan-mar sat,sun")),
        ("{cron: 0 0 29 feb *}", Cron(line="0 0 29 feb *")),
    ],
)
def test_an_interval_is_what_it_says(written: str, meant: object) -> None:
    assert source(f"{{url: a.xml, every: {written}}}").every == meant


numbers = st.integers(-1, 61).map(str)
ends = st.one_of(numbers, st.sampled_from(["jan", "Jun", "dec", "mon", "thu", "SUN"]))
parts = st.one_of(
    st.just("*"), ends, numbers.map("*/{}".format), st.tuples(ends, ends).map("-".join),
    st.tuples(ends, ends, numbers).map(lambda part: f"{part[0]}-{part[1]}/{part[2]}"),
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(st.lists(parts, min_size=1, max_size=2).map(",".join), min_size=5, max_size=5).map(" ".join))
def test_a_cron_line_that_passes_is_one_that_the_scheduler_takes(line: str) -> None:
    try:
        checked = cron.check(line)
    except Fault:
        return
    CronTrigger.from_crontab(checked, timezone="UTC")


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("feeds/a.xml", "/hub/feeds/a.xml"),
        ("/var/feeds/a.xml", "/var/feeds/a.xml"),
        ("a b.xml", "/hub/a b.xml"),
        ("./www.example.com/a.xml", "/hub/www.example.com/a.xml"),
        ("feed.xml", "/hub/feed.xml"),
        ("news.de.rss", "/hub/news.de.rss"),
    ],
)
def test_a_source_may_be_a_file_beside_feeds_yaml(written: str, path: str) -> None:
    assert source(f"{{url: '{written}'}}").location == LocalFile(path=Path(path))


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("https://news.example/feed?page=2", False),
        ("http://[::1]:8080/feed", False),
        ("https://bücher.example/feed", False),
        ("https://lee:pw@news.example/feed", True),
        ("https://news.example/feed?api_token=1", True),
        ("https://${HOST}/feed", True),
    ],
)
def test_an_address_with_something_secret_in_it_is_known_as_such(written: str, secret: bool) -> None:  # noqa: FBT001
    location = source(f'{{url: "{written}"}}', {"HOST": "news.example"}).location
    assert isinstance(location, WebAddress)
    assert location.secret is secret
    assert "news" not in repr(location)


def test_bylines_all_is_every_author() -> None:
    assert source("{url: a.xml, bylines: all}").bylines == ("lee", "mary")


def test_a_public_address_loses_its_last_slash() -> None:
    assert config("hub: {title: T, url: 'https://hub.example/feeds/'}").hub.url == "https://hub.example/feeds"


def test_a_blog_is_called_after_its_author() -> None:
    authors = config(f"{HUB}authors: {{a: {{name: James}}, b: {{name: Mary}}}}").authors
    assert [author.blog for author in authors.values()] == ["James' Blog", "Mary's Blog"]


def test_yaml_is_read_by_its_core_schema() -> None:
    """`no` is Norwegian, `on` and `12:30` are words; PyYAML's own loader reads False, True and 750."""
    parsed = config(
        "hub: {title: 12:30, url: https://hub.example, language: no}\nauthors: {on: {name: yes}, 1: {name: Off}}\n"
    )
    assert (parsed.hub.title, parsed.hub.language) == ("12:30", "no")
    assert {id_: author.name for id_, author in parsed.authors.items()} == {"on": "yes", "1": "Off"}
    assert yaml.safe_load("[no, on, 12:30]") == [False, True, 750]


def test_an_address_may_stand_in_braces_without_quotes() -> None:
    """The libyaml below must be 0.2: 0.1 takes the colon for a key's."""
    assert config("hub: {title: T, url: https://hub.example}").hub.url == "https://hub.example"
    assert yaml.__with_libyaml__


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    assert config("\ufeff" + EXAMPLE.replace("\n", "\r\n")) == config(EXAMPLE)


def test_variables_stand_in_any_value_and_dollars_are_just_dollars() -> None:
    text = "hub: {title: 'T ${A}${B} $5 $$', url: https://hub.example}\nsources: {s: {url: a.xml, tags: ['${B}']}}"
    parsed = config(text, {"A": "1", "B": "2 ${A}"})
    assert parsed.hub.title == "T 12 ${A} $5 $$"
    assert parsed.sources[SourceId("s")].tags == ("2 ${A}",)


def test_without_libyaml_all_is_the_same_but_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = config(EXAMPLE)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert config(EXAMPLE) == expected
    for path in sorted(CASES.iterdir()):
        text, told = document_and_expected(path)
        assert [line.partition(":")[0] for line in found(text)] == [line.partition(":")[0] for line in told], path.name


# -- what is kept of a sound one


def test_a_configuration_comes_back_from_its_tree() -> None:
    parsed = parse(EXAMPLE)
    assert isinstance(parsed, schema.Parsed)
    assert schema.revive(parsed.tree, file="feeds.yaml", base=BASE, env=ENV) == parsed.config


def test_the_tree_holds_variables_as_they_were_written() -> None:
    parsed = parse(EXAMPLE)
    assert isinstance(parsed, schema.Parsed)
    assert "s3cr3t" not in parsed.tree
    assert json.loads(parsed.tree)["sources"]["channel-news"]["headers"] == {"Authorization": "Bearer ${NEWS_TOKEN}"}


def test_a_variable_that_is_gone_is_a_problem_of_the_revived_one_too() -> None:
    parsed = parse(EXAMPLE)
    assert isinstance(parsed, schema.Parsed)
    (problem,) = tuple_of_problems(schema.revive(parsed.tree, file="feeds.yaml", base=BASE, env={}))
    assert (problem.line, problem.column, problem.path) == (0, 0, "sources.channel-news.headers.Authorization")
    assert "NEWS_TOKEN" in problem.message


def tuple_of_problems(result: object) -> tuple[Problem, ...]:
    assert isinstance(result, tuple)
    return result


def test_a_configuration_shows_no_secret_when_it_is_printed() -> None:
    assert "s3cr3t" not in repr(config(EXAMPLE))


def test_a_kept_configuration_is_the_one_that_was_parsed() -> None:
    """All that an unchanged feeds.yaml asks for is read from it, without parsing."""
    made = config(EXAMPLE)
    again = kept.load(kept.dump(made))
    assert again == made
    assert repr(again) == repr(made)


def test_what_another_release_has_kept_is_not_taken_up() -> None:
    made = json.loads(kept.dump(config(EXAMPLE)))
    assert kept.load("") is None
    assert kept.load(json.dumps({**made, "publish": {}})) is None
    assert kept.load(json.dumps({**made, "server": {**made["server"], "new": 1}})) is None


# -- whatever comes


def hold(text: str) -> None:
    """Parse, and hold what must hold of every answer."""
    parsed = parse(text)
    if isinstance(parsed, schema.Parsed):
        assert schema.revive(parsed.tree, file="feeds.yaml", base=BASE, env=ENV) == parsed.config
        assert kept.load(kept.dump(parsed.config)) == parsed.config
        return
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    assert parsed
    for problem in parsed:
        assert 1 <= problem.line <= len(lines), problem
        assert problem.column >= 1
        assert problem.message
        assert "\n" not in str(problem)
        assert "s3cr3t" not in str(problem)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.text(alphabet="ab:-{}[],&*!|>'\"%@`# \n\t?~<$\\0\ud800\ufeff\x85\u2028")))
@example("\ufeff\ufeff[")
def test_no_text_breaks_the_parser(text: str) -> None:
    hold(text)


key_names = st.sampled_from(
    [key for path in keys.every(document.Document) for key in re.split(r"[.\[\]<>]+", path) if key]
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20), key_names,
    st.sampled_from(["https://hub.example", "${WORD}", "${", "all", "auto", "2h", "1MB", "::1", "2026-12-31", "(", "a.xml"]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(key_names | st.text(max_size=8), inner, max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(key_names, values, max_size=6))
def test_no_document_breaks_the_parser(data: dict[str, Any]) -> None:
    hold(json.dumps(data, ensure_ascii=False))


def test_wherever_the_file_is_cut_off_it_parses_or_the_fault_lies_within_it() -> None:
    """An editor may save it halfway."""
    for end in range(0, len(EXAMPLE), 7):
        hold(EXAMPLE[:end])


def test_every_value_of_the_example_may_be_of_every_kind() -> None:
    """Nothing is taken on trust: each value in turn becomes something else."""
    plain = json.loads(tree_of(EXAMPLE))
    for trail in trails(plain):
        for other in (None, True, 5, 2.5, "", "x", [], ["x"], {}, {"x": "y"}, [{}], "${WORD}"):
            hold(json.dumps(replaced(plain, trail, other)))


def tree_of(text: str) -> str:
    parsed = parse(text)
    assert isinstance(parsed, schema.Parsed)
    return parsed.tree


def trails(data: Any) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [()] + [(key, *trail) for key, value in inner for trail in trails(value)]


def replaced(data: Any, trail: tuple[Any, ...], other: object) -> Any:
    if not trail:
        return other
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[trail[0]] = replaced(data[trail[0]], trail[1:], other)
    return copy


# -- the file


def test_a_file_is_read_with_its_stamp(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(HUB, "utf-8")
    read = file.read(path)
    assert isinstance(read, file.FileText)
    assert read.text == HUB
    assert read.stamp == file.stamp(path)
    path.write_text(HUB + "#", "utf-8")
    assert read.stamp != file.stamp(path)


def test_no_file_is_a_problem_that_says_how_to_get_one(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    assert file.stamp(path) is None
    (problem,) = tuple_of_problems(file.read(path))
    assert str(problem) == "feeds.yaml: does not exist; make one with `feedhub init`"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (problem,) = tuple_of_problems(file.read(tmp_path))
    assert "is a folder" in problem.message


def test_bytes_that_are_no_utf_8_are_shown_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_bytes("hub:\n  title: é ".encode() + b"caf\xe9\n")
    (problem,) = tuple_of_problems(file.read(path))
    assert str(problem).startswith("feeds.yaml:2:15: is not in UTF-8")


def test_what_changes_is_told_even_in_folders_that_did_not_exist(tmp_path: Path) -> None:
    feeds, data = tmp_path / "feeds.yaml", tmp_path / "data"
    feeds.write_text(HUB, "utf-8")
    data.mkdir()
    post = data / "posts" / "lee" / "a.md"

    def replace_feeds() -> None:
        (tmp_path / "new").write_text("other", "utf-8")
        (tmp_path / "new").rename(feeds)

    async def scenario() -> None:
        stop, told = asyncio.Event(), asyncio.Queue[None]()

        async def follow() -> None:
            async for _ in file.watch([feeds, data / "posts"], stop):
                told.put_nowait(None)

        async def tells() -> None:
            await asyncio.wait_for(told.get(), 5)

        following = asyncio.create_task(follow())
        await tells()  # that it has begun
        replace_feeds()
        await tells()
        replace_feeds()  # the file that was there at first is gone by now
        await tells()
        (data / "feedhub.db-wal").write_text("x", "utf-8")
        await asyncio.sleep(0.8)
        assert told.empty()
        post.parent.mkdir(parents=True)
        await tells()
        await tells()  # that it has begun anew, with the new folders
        post.write_text("words", "utf-8")
        await tells()
        stop.set()
        await asyncio.wait_for(following, 5)

    asyncio.run(scenario())


# -- the reference


def test_the_reference_names_every_key_and_no_other() -> None:
    """Sections are headed by their path, rows begin with a key."""
    reference = (Path(__file__).parents[1] / "docs" / "feeds-yaml.md").read_text("utf-8")
    named: set[str] = set()
    section = ""
    for line in reference.splitlines():
        if heading := re.fullmatch(r"##+ .*?`([^`]+)`.*", line):
            section = heading[1]
        elif row := re.match(r"\| `([^`]+)` \|", line):
            named.add(f"{section}.{row[1]}")
    filters = re.compile(r"\.(keep|drop)\.\w+$")  # told once, for sources and feeds alike
    assert named - {"sources.<id>.every"} == {filters.sub(r".\1", key) for key in keys.every(document.Document)}


def test_the_references_example_is_sound() -> None:
    reference = (Path(__file__).parents[1] / "docs" / "feeds-yaml.md").read_text("utf-8")
    example = reference.partition("```yaml\n")[2].partition("```")[0]
    assert config(example).sources


if __name__ == "__main__":
    for case in CASES.iterdir():
        body, _ = document_and_expected(case)
        body += "" if body.endswith("\n") else "\n"
        expected = "".join(f"# {line}\n" for line in found(body))
        case.write_text(body + MARK + expected, "utf-8", newline="")
