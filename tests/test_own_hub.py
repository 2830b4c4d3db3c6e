"""The hubs that we ship: the repository's own, and the starter that `init` copies."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedhub.config import schema
from feedhub.ingest.folder import scan
from feedhub.model import Post
from feedhub.settings import Config, LocalFile

ROOT = Path(__file__).parent.parent
STARTER = ROOT / "feedhub" / "starter"
POST_LINK = re.compile(r'href="[^"]*(/posts/[^"]+)"')

either_hub = pytest.mark.parametrize("home", [ROOT, STARTER], ids=["own", "starter"])


def config_of(home: Path) -> Config:
    parsed = schema.parse((home / "feeds.yaml").read_text("utf-8"), file="feeds.yaml", base=home, env={})
    assert isinstance(parsed, schema.Parsed), parsed
    return parsed.config


def posts_of(home: Path) -> tuple[Post, ...]:
    config = config_of(home)
    found = scan(home / "data" / "posts", label="posts", known={}, hub=config.hub, authors=config.authors)
    assert found.problems == ()
    return found.posts


@either_hub
def test_nothing_is_wrong_with_the_configuration_and_its_files_are_there(home: Path) -> None:
    files = [
        source.location.path for source in config_of(home).sources.values() if isinstance(source.location, LocalFile)
    ]
    assert files
    assert all(file.is_file() for file in files)


@either_hub
def test_every_author_has_posts_and_no_two_of_them_share_an_address(home: Path) -> None:
    posts = posts_of(home)
    assert {post.author for post in posts} == set(config_of(home).authors)
    assert max(Counter((post.author, post.slug) for post in posts).values()) == 1


@either_hub
def test_a_link_to_a_post_leads_to_a_post(home: Path) -> None:
    posts = posts_of(home)
    linked = {link for post in posts for link in POST_LINK.findall(post.content.html)}
    assert linked
    assert linked <= {f"/posts/{post.author}/{post.slug}/" for post in posts}


@either_hub
def test_the_feeds_of_its_own_ask_for_tags_that_something_bears(home: Path) -> None:
    config = config_of(home)
    borne = {category.term for post in posts_of(home) for category in post.content.categories}
    borne |= {tag for source in config.sources.values() for tag in source.tags}
    asked = {tag for feed in config.feeds.values() if feed.selection for tag in feed.selection.tags}
    assert asked
    assert asked <= borne


def test_the_own_hub_fills_more_than_a_window_and_shows_what_posts_can_be() -> None:
    config, posts = config_of(ROOT), posts_of(ROOT)
    years = {post.content.published.year for post in posts if post.content.published}
    assert len(posts) > config.publish.limit
    assert min(years) == 2005
    assert [post.slug for post in posts if post.draft] == ["notes-towards-a-house-style"]
    assert [post.slug for post in posts if post.slug_given] == ["the-feed-icon"]
    ahead = [post.content.published for post in posts if post.content.published and post.content.published.year > 2026]
    assert ahead == [datetime(2027, 3, 1, 14, tzinfo=UTC)]


def test_the_own_hub_has_two_sources_of_the_web_and_an_image_with_alt() -> None:
    config = config_of(ROOT)
    web = [source for source in config.sources.values() if not isinstance(source.location, LocalFile)]
    assert len(web) == 2
    assert config.featured
    assert config.featured.limit == 4
    assert any(pin.image and pin.image.alt for pin in config.featured.pins)
