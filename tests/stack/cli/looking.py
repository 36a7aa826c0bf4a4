"""The commands for looking, over a desk with a few clustered stories of our own writing. Not a test."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from copytaster.cli.main import main
from copytaster.streams.commit import Outcome, commit
from copytaster.streams.effects import Cause, Effects, Guard, Outbox
from copytaster_schemas import EventModel, FeedChanged, ItemDropped, Story
from copytaster_schemas.identity import article_urn, feed_urn, short_id
from copytaster_schemas.registry import FEED_CHANGED, ITEM_DROPPED, EventType
from tests.stack.deduplicator.desk import KEYS, Desk, make_story

HARBOUR = (
    "KARSTADT (TASS) - Der Hafen von Karstadt bleibt nach einem Brand im Kohlelager bis Freitag gesperrt. "
    "Das teilte die Hafenbehörde am Montag mit.\n"
    "Bei dem Feuer in Lagerhalle 14 wurden nach Angaben der Feuerwehr 23 Menschen leicht verletzt. "
    "Rund 140 Einsatzkräfte brauchten sechs Stunden, um die Flammen zu löschen.\n"
    "Hafendirektorin Henrike Vossmann sprach von einem Schaden von 18 Millionen Kronen. "
    "Die Ursache werde untersucht, Brandstiftung könne derzeit nicht ausgeschlossen werden.\n"
    "Über Karstadt läuft die Hälfte aller Getreideausfuhren der Republik Nordau. "
    "Frachter werden bis auf weiteres nach Olpenitz umgeleitet."
)
COPY = HARBOUR.replace("Rund 140 Einsatzkräfte", "Etwa 140 Helfer").replace("KARSTADT (TASS) - ", "")
RAILWAY = (
    "Die Republik Nordau will ihre Eisenbahn an private Betreiber verkaufen. Verkehrsminister Olaf Brandner nannte "
    "am Dienstag einen Preis von 900 Millionen Kronen.\n"
    "Die Gewerkschaft der Lokführer kündigte Widerstand an. Ihr Vorsitzender Pelle Krogh sagte, man werde notfalls "
    "das ganze Land stilllegen.\n"
    "Das Parlament soll im Herbst über das Gesetz abstimmen."
)

FIRE = make_story("hafen", HARBOUR, title="Hafen von Karstadt gesperrt")
FIRE_COPY = make_story(
    "brand", COPY, title="Nach Brand: Hafen bleibt zu", outlet="suedblatt.example", minutes=40
)
SALE = make_story("bahn", RAILWAY, title="Nordau verkauft die Bahn", outlet="kurier.example", minutes=90)

COPYTASTER = [sys.executable, "-m", "copytaster.cli.main"]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(slots=True)
class Looking:
    """The command line over a desk."""

    desk: Desk
    url: str

    @property
    def redis(self) -> Redis:
        """A client of the desk's server."""
        return self.desk.redis

    async def run(self, *arguments: str) -> Ran:
        """The outcome of `copytaster` with these arguments at this desk, as a shell would see it."""
        return await asyncio.to_thread(run, *arguments, "--redis-url", self.url, "--desk", KEYS.desk)

    async def tell(self, *stories: Story) -> None:
        """Let stories come in, and work until all is quiet."""
        await self.desk.publish(stories)
        await self.desk.pump()

    def process(self, *arguments: str) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
        """The command as a process of its own, its output piped; killed in the end."""
        return process(*arguments, "--redis-url", self.url, "--desk", KEYS.desk)


def run(*arguments: str) -> Ran:
    """The outcome of `copytaster` with these arguments, as a shell would see it."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(list(arguments))
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`copytaster` with these arguments as a process, its output piped; killed in the end."""
    with subprocess.Popen(
        [*COPYTASTER, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as started:
        try:
            yield started
        finally:
            started.kill()


async def publish(
    redis: Redis,
    kind: EventType,
    subject: str,
    revision: int,
    data: EventModel,
    *,
    guard: Guard | None = None,
) -> None:
    """Put one event on its stream as a service does."""
    event = Outbox(KEYS, "fetcher").event(
        kind, subject, revision, data, time=datetime.now(UTC), cause=Cause(subject), guard=guard
    )
    assert await commit(redis, Effects(events=[event])) is Outcome.COMMITTED


async def drop(redis: Redis, url_key: str, code: str) -> str:
    """A drop of the article at an address; gives the article's urn."""
    article = article_urn(url_key)
    data = ItemDropped(
        article=article, sequence=1, code=code, stage="fetcher", url=f"https://{url_key}", title="Ein Titel"
    )
    key = KEYS.key("article", short_id(article))
    await redis.hset(key, "dropped", 0)
    await redis.expire(key, 1000)
    await publish(redis, ITEM_DROPPED, article, 1, data, guard=Guard(key, "dropped"))
    return article


async def feed_news(redis: Redis, url_key: str, change: str) -> None:
    """A notice about a feed."""
    feed = feed_urn(url_key)
    data = FeedChanged(feed=feed, revision=1, url=f"https://{url_key}", title="Nordpost", change=change)
    await publish(redis, FEED_CHANGED, feed, 1, data)


async def add_from_the_future(redis: Redis, stream: str) -> None:
    """An event of a type that this version does not know, and an entry that is no event at all."""
    await redis.xadd(
        KEYS.stream(stream),
        {
            "ce_specversion": "1.0",
            "ce_id": "f" * 32,
            "ce_source": "/copytaster/test/prophet",
            "ce_type": "copytaster.cluster.foreseen.v9",
            "ce_subject": "urn:uuid:00000000-0000-4000-8000-000000000009",
            "ce_time": "2031-01-01T00:00:00Z",
            "content-type": "application/json",
            "data": '{"foreseen": "much"}',
        },
    )
    await redis.xadd(KEYS.stream(stream), {"note": "no event"})
