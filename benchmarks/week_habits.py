"""The habits that sources have, good and bad."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random

from week_sources import (
    BEFORE,
    DAY,
    HOUR,
    MINUTE,
    START,
    Answer,
    Entry,
    Habit,
    Source,
    Story,
    Tell,
    Trouble,
    plain,
    steady,
)

TURN = START + DAY + 5 * HOUR  # when those who change their ways do


# -- when they have something to say


def dead(_: Random) -> Iterator[datetime]:
    """Long ago."""
    return (START - (200 + BEFORE - n) * DAY for n in range(BEFORE))


def bursts(chance: Random) -> Iterator[datetime]:
    """Eight at once, about twice a day."""
    for at in steady(12 * HOUR)(chance):
        for n in range(8):
            yield at + n * MINUTE


# -- how they tell it


def told(**changes: Callable[[Source, Story, datetime], object]) -> Tell:
    """Like `plain`, but for some things."""

    def tell(source: Source, story: Story, now: datetime) -> Entry:
        usual = plain(source, story, now)
        return replace(usual, **{name: change(source, story, now) for name, change in changes.items()})

    return tell


def edited(source: Source, story: Story, now: datetime) -> Entry:
    """Mended thrice: after two hours, after five, and after a day."""
    usual = plain(source, story, now)
    times = sum(now - story.at > after for after in (2 * HOUR, 5 * HOUR, DAY))
    return replace(usual, title=f"{usual.title}, version {times}", html=f"{usual.html}<p>Mended {times} times.</p>")


def flooding(dated: Callable[[Story], datetime | None]) -> Tell:
    """A flood's items are dated so."""
    return told(dated=lambda _, story, __: dated(story) if story.flood else story.at)


def _at_the_turn(before: str, after: str) -> Callable[[Source, Story, datetime], str]:
    return lambda source, story, now: (after if now >= TURN else before).format(name=source.name, n=story.number)


# -- how they fail


def at_times(every: int, answer: Callable[[Source, datetime], Answer]) -> Trouble:
    """One request of so many."""
    return lambda source, now: answer(source, now) if source.requests % every == every - 1 else None


def between(since: timedelta, until: timedelta, answer: Callable[[Source, datetime], Answer]) -> Trouble:
    """For some time."""
    return lambda source, now: answer(source, now) if START + since <= now < START + until else None


def half_a_day(answer: Callable[[Source, datetime], Answer]) -> Trouble:
    """On the second day."""
    return between(1.25 * DAY, 1.75 * DAY, answer)


def later(status: int, rest: timedelta, *, as_date: bool = False) -> Callable[[Source, datetime], Answer]:
    """Not now."""

    def answer(_: Source, now: datetime) -> Answer:
        at = format_datetime(now + rest, usegmt=True)
        value = at if as_date else str(int(rest.total_seconds()))
        headers = {"Date": format_datetime(now, usegmt=True), "Retry-After": value}
        return Answer(status=status, headers=headers, rest=rest)

    return answer


def says(answer: Answer) -> Callable[[Source, datetime], Answer]:
    """Always the same."""
    return lambda _, __: answer


def moved(status: int) -> Callable[[Source, datetime], Answer]:
    """It is elsewhere."""
    return lambda source, _: Answer(status=status, headers={"Location": source.elsewhere})


def cut_short(source: Source, now: datetime) -> Answer:
    """A document that ends in the middle of an item."""
    whole = source.document(now, {})
    return replace(whole, body=whole.body[:1500], shown=())


def old_copy(source: Source, now: datetime) -> Answer:
    """What some cache kept from three hours ago."""
    return source.document(now - 3 * HOUR, {})


NO_ITEMS = Answer(
    headers={"ETag": '"none"'},
    body=b'<?xml version="1.0"?><rss version="2.0"><channel><title>Nothing</title><description/></channel></rss>',
)
PAGE = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>We are being mended.</body></html>"
FOR_EVER = timedelta(days=9999)

HABITS: Mapping[str, Habit] = {
    # rhythms
    "busy": Habit(moments=steady(10 * MINUTE), window=40),
    "hourly": Habit(moments=steady(HOUR), form="atom"),
    "several a day": Habit(),
    "daily": Habit(moments=steady(DAY), form="atom"),
    "weekly": Habit(moments=steady(7 * DAY)),
    "dead": Habit(moments=dead),
    "bursts": Habit(moments=bursts),
    "rolls past": Habit(moments=steady(3 * MINUTE), window=15),
    # forms
    "gzip": Habit(moments=steady(HOUR), squeezed=True),
    "latin-1": Habit(encoding="iso-8859-1"),
    "rdf": Habit(form="rdf", validators="etag"),
    "json": Habit(form="json", validators="modified"),
    # validators, and the time to wait
    "stamps the feed": Habit(stamped=True, validators="etag"),
    "stamps items": Habit(tell=told(html=lambda s, i, now: f"{plain(s, i, now).html}<p>It is {now:%H:%M}.</p>")),
    "shuffles": Habit(shuffled=True, validators="modified"),
    "no validators": Habit(moments=steady(2 * HOUR), validators="", window=40),
    "max-age": Habit(moments=steady(HOUR), headers={"Cache-Control": "public, max-age=10800"}, least=3 * HOUR),
    "expires": Habit(moments=steady(HOUR), expires=2 * HOUR, least=2 * HOUR),
    "ttl": Habit(moments=steady(HOUR), channel="<ttl>180</ttl>", least=3 * HOUR),
    "skip hours": Habit(
        moments=steady(HOUR),
        channel=f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in range(6))}</skipHours>",
        skip_hours=frozenset(range(6)),
        window=40,
    ),
    "skip days": Habit(
        channel="<skipDays><day>Saturday</day><day>Sunday</day></skipDays>", skip_days=frozenset({5, 6})
    ),
    "sy": Habit(
        form="rdf",
        channel="<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
        least=6 * HOUR,
    ),
    # failures
    "503 at times": Habit(moments=steady(HOUR), trouble=at_times(5, later(503, 2 * HOUR))),
    "429 at times": Habit(moments=steady(HOUR), trouble=at_times(6, later(429, 3 * HOUR, as_date=True))),
    "500 for half a day": Habit(moments=steady(HOUR), trouble=half_a_day(says(Answer(status=500)))),
    "hangs up for half a day": Habit(moments=steady(HOUR), trouble=half_a_day(says(Answer(cut=True)))),
    "cut short at times": Habit(moments=steady(HOUR), trouble=at_times(4, cut_short)),
    "a page at times": Habit(trouble=at_times(4, says(Answer(body=PAGE)))),
    "empty for half a day": Habit(trouble=half_a_day(says(NO_ITEMS))),
    "gone": Habit(trouble=between(3 * DAY, FOR_EVER, says(Answer(status=410, rest=FOR_EVER)))),
    "old copies at times": Habit(moments=steady(HOUR), trouble=at_times(3, old_copy), tell=edited),
    # places
    "moved for good": Habit(trouble=between(2 * DAY, FOR_EVER, moved(301))),
    "moved for now": Habit(trouble=between(2 * DAY, FOR_EVER, moved(302))),
    "to https": Habit(
        tell=told(
            guid=_at_the_turn("http://{name}.example/{n}-a-story", "https://{name}.example/{n}-a-story"),
            link=_at_the_turn("http://{name}.example/{n}-a-story", "https://{name}.example/{n}-a-story"),
        )
    ),
    "new domain": Habit(
        tell=told(
            guid=_at_the_turn("https://{name}.example/{n}-a-story", "https://new-{name}.example/{n}-a-story"),
            link=_at_the_turn("https://{name}.example/{n}-a-story", "https://new-{name}.example/{n}-a-story"),
        )
    ),
    # identity
    "renumbers": Habit(tell=told(guid=_at_the_turn("{n}", "post-{n}00"))),
    "built anew": Habit(
        tell=told(
            guid=_at_the_turn("{n}", "post-{n}00"),
            link=_at_the_turn("https://{name}.example/{n}-a-story", "https://new-{name}.example/posts/{n}"),
        )
    ),
    "makes up guids": Habit(fickle=True, tell=told(guid=lambda _, story, now: f"{story.number}-{now.timestamp()}")),
    "makes up guids, no links": Habit(
        fickle=True,
        tell=told(guid=lambda _, story, now: f"{story.number}-{now.timestamp()}", link=lambda *_: None),
    ),
    "other sources' ids": Habit(
        fickle=True, tell=told(guid=lambda _, story, __: f"tag:same.example,2026:{story.number}")
    ),
    "no guids": Habit(tell=told(guid=lambda *_: None)),
    "neither guid nor link": Habit(tell=told(guid=lambda *_: None, link=lambda *_: None)),
    "one guid for all": Habit(tell=told(guid=lambda *_: "0")),
    "tracks": Habit(
        fickle=True,
        tell=told(guid=lambda *_: None, link=lambda s, i, now: f"{plain(s, i, now).link}?utm_id={now:%d%H%M}"),
    ),
    "shared stories": Habit(
        together=True,
        fickle=True,
        tell=told(link=lambda _, story, __: f"https://wire.example/{story.number}?from=feed"),
    ),
    "edits": Habit(tell=edited),
    "takes down": Habit(moments=steady(2 * HOUR), taken_down=0.3),
    # dates
    "undated": Habit(tell=told(dated=lambda *_: None)),
    "dated ahead": Habit(tell=told(dated=lambda _, story, __: story.at + 36 * HOUR)),
    "dated 2099": Habit(tell=told(dated=lambda _, story, __: story.at.replace(year=2099))),
    "late": Habit(tell=told(dated=lambda _, story, __: story.at - 3 * DAY)),
    "very late": Habit(tell=told(dated=lambda _, story, __: story.at - 60 * DAY), announced=False),
    "re-dates": Habit(tell=told(dated=lambda _, __, now: now.replace(minute=0))),
    # floods
    "floods undated": Habit(tell=flooding(lambda _: None), flood=True, announced=False),
    "floods with old ones": Habit(
        tell=flooding(lambda story: START - (story.number - 4990) * HOUR), flood=True, announced=False
    ),
    "floods within the hour": Habit(
        tell=flooding(lambda story: story.at - (story.number - 5000) * MINUTE / 3), flood=True, announced=False
    ),
}
