"""The ledger over a real fetcher, a real extractor and a real server: it balances at every moment, to the unit."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from copytaster.extractor.io.workers import Workers
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.identity import keyed
from copytaster.fetcher.io.store import Store
from copytaster.fetcher.items import candidates, judge
from copytaster.fetcher.outcomes import PollStatus
from copytaster.fetcher.poll_steps import PollResult, poll_steps
from copytaster.fetcher.polling import PollPlan
from copytaster.streams import afterlife
from copytaster.streams.commit import Outcome
from copytaster.streams.effects import Outbox
from copytaster.streams.ledger.balance import Stage
from copytaster.streams.ledger.counting import Fate, hour_of
from copytaster.streams.ledger.reading import read, traced
from copytaster.streams.presence import now_ms_of
from copytaster_schemas import EntryDied, parse_event
from tests.stack.fetcher.desk import Desk
from tests.stack.fetcher.site import running_site
from tests.stack.fetcher.test_fetcher_process import DRIVER, process
from tests.stack.ledger.desk import Extracting, line_of, nothing_wanted, show, story_page
from tests.support import wait_until

BOTE, KURIER = "/bote.xml", "/kurier.xml"


@pytest.fixture
async def desk(valkey_url: str, redis_client: Redis, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with two feeds of one site, both empty."""
    async with running_site() as site:
        desk = Desk(site, valkey_url, redis_client, tmp_path)
        desk.feeds(site.url(BOTE), site.url(KURIER))
        show(desk, BOTE, {})
        show(desk, KURIER, {})
        yield desk


@pytest.fixture
async def extracting(desk: Desk) -> AsyncIterator[Extracting]:
    """An extractor with one worker on the desk."""
    workers = Workers(1, timeout_seconds=20, memory_mib=1024)
    yield Extracting(desk, workers)
    await workers.close()


async def poll(desk: Desk) -> None:
    """Let a fetcher poll both feeds once and fetch all that is wanted."""
    await desk.make_due()
    async with desk.fetcher():
        await nothing_wanted(desk)


async def deaths(desk: Desk) -> list[tuple[str, EntryDied]]:
    """What lies on `dead`."""
    entries = await desk.redis.xrange(desk.keys.stream("dead"))
    found = [(entry_id.decode(), parse_event(fields)[1]) for entry_id, fields in entries]
    return [(entry_id, death) for entry_id, death in found if isinstance(death, EntryDied)]


async def test_an_item_is_in_flight_until_its_story_is_published(desk: Desk, extracting: Extracting) -> None:
    """Seen with the poll, found on `articles` when fetched, published with the extractor's commit."""
    desk.site.text("/a", story_page("a"))
    show(desk, BOTE, {"/a": 1})
    await poll(desk)
    fetched = await line_of(desk)
    await extracting.pump()
    ended = await line_of(desk)

    assert (fetched.of(Fate.SEEN), fetched.in_flight, fetched.found[Stage.ARTICLES]) == (1, 1, 1)
    assert (ended.of(Fate.SEEN), ended.of(Fate.PUBLISHED), ended.in_flight) == (1, 1, 0)


async def test_each_fate_is_counted_by_its_name(desk: Desk, extracting: Extracting) -> None:
    """The same page through two feeds, no page, no story on it, no address; then a revision and a mere touch."""
    for name in ("/a", "/b"):
        desk.site.text(name, story_page(name[1:]))
    desk.site.text("/short", "<html><body><p>Kurz.</p></body></html>")
    show(desk, BOTE, {"/a": 1, "/b": 1, "/gone": 1, "/short": 1, "mailto:x@nordpost.example": 1})
    await poll(desk)
    await extracting.pump()
    show(desk, KURIER, {"/a": 1})
    show(desk, BOTE, {"/a": 2, "/b": 2})
    desk.site.text("/a", story_page("a", version=2))
    await poll(desk)
    await extracting.pump()

    line = await line_of(desk)
    codes = line.dropped
    assert (line.of(Fate.SEEN), line.in_flight) == (8, 0)
    assert (line.of(Fate.PUBLISHED), line.of(Fate.REVISED), line.of(Fate.UNCHANGED)) == (2, 1, 1)
    assert line.of(Fate.DUPLICATE) == 1
    assert (codes.pop("gone"), codes.pop("bad_url"), sum(codes.values())) == (1, 1, 1)


async def test_a_wanted_item_ends_when_a_newer_revision_takes_its_place(desk: Desk) -> None:
    """It is counted as superseded in its own hour, and only one of the two is in flight."""
    show(desk, BOTE, {"/slow": 1})
    desk.site.text("/slow", "", status=503, headers={"Retry-After": "3600"})
    async with desk.fetcher():
        await wait_until(lambda: "/slow" in desk.site.paths(), description="the page was asked for in vain")
        show(desk, BOTE, {"/slow": 2})
        await desk.make_due()

        async def replaced() -> bool:
            return (await line_of(desk)).of(Fate.SEEN) == 2

        await wait_until(replaced, description="the second revision is seen")
    line = await line_of(desk)

    assert line.dropped.get("superseded") == 1
    assert line.in_flight + sum(line.dropped.values()) == 2


async def test_a_dead_item_is_counted_back_when_it_is_retried_and_dropped(
    desk: Desk, extracting: Extracting
) -> None:
    """Two die; one is put back and published, the other let go for good. A second try of either counts nothing."""
    for name in ("/poison-1", "/poison-2"):
        desk.site.text(name, story_page(name[1:]))
    show(desk, BOTE, {"/poison-1": 1, "/poison-2": 1})
    await poll(desk)
    await extracting.pump()
    dead = await line_of(desk)
    (first, one), (second, two) = await deaths(desk)

    assert [await afterlife.retry(desk.redis, desk.keys, first, one) for _ in range(2)] == [True, False]
    assert [await afterlife.drop(desk.redis, desk.keys, second, two) for _ in range(2)] == [True, False]
    between = await line_of(desk)
    extracting.cured = True
    await extracting.pump()
    ended = await line_of(desk)

    assert (dead.of(Fate.DEAD), dead.in_flight) == (2, 0)
    assert (between.of(Fate.DEAD), between.in_flight, between.dropped) == (0, 1, {"given_up": 1})
    assert (ended.of(Fate.PUBLISHED), ended.in_flight) == (1, 0)


async def test_a_poll_whose_answer_got_lost_is_counted_once(desk: Desk) -> None:
    """The same step sent again changes nothing, a mere duplicate in it included."""
    store, feed = Store(desk.redis, desk.keys), FeedState("f" * 32, url=desk.site.url(BOTE), fence=1)
    await desk.redis.hset(desk.keys.key("feed", feed.feed_id), "fence", 1)
    now_ms = await now_ms_of(desk.redis)
    items = keyed(show(desk, BOTE, {"/a": 1, "/A": 1, "mailto:x@nordpost.example": 1}))
    judged = judge(feed.feed_id, candidates(feed.feed_id, items, {}), {})
    seen = {item.key: f"{item.revision} 1" for item in items}
    result = PollResult(PollPlan(PollStatus.NEW_ITEMS, {}, 60.0), judged, None, seen)
    [step] = poll_steps(desk.keys, Outbox(desk.keys, "fetcher"), feed, result, now_ms=now_ms)

    outcomes = [await store.commit(step) for _ in range(2)]

    assert outcomes == [Outcome.COMMITTED, Outcome.CONFLICT]
    assert (await line_of(desk)).of(Fate.SEEN) == len(items)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_it_balances_at_every_moment_of_random_lives(
    desk: Desk, extracting: Extracting, seed: int
) -> None:
    """Items come, change, move between feeds and vanish; pages fail; entries die, are retried and dropped; half work is left lying."""
    dice = random.Random(seed)
    shown: dict[str, dict[str, int]] = {BOTE: {}, KURIER: {}}
    for _ in range(8):
        for path, items in shown.items():
            for _ in range(dice.randrange(2, 7)):
                kind = dice.choice(["page", "page", "page", "poison", "gone", "mailto:x@bote.example?"])
                items[f"{'' if ':' in kind else '/'}{kind}{dice.randrange(12)}"] = dice.randrange(3)
            for name in dice.sample(sorted(items), len(items) // 4):
                del items[name]
            for name, version in items.items():
                if name.startswith(("/page", "/poison")):
                    desk.site.text(name, story_page(name[1:], version if dice.random() < 0.7 else 0))
            show(desk, path, items)
        await poll(desk)
        await line_of(desk)
        extracting.cured = dice.random() < 0.3
        await extracting.pump(dice.randrange(1, 12))
        await line_of(desk)
        for entry_id, death in await deaths(desk):
            act = dice.choice([afterlife.retry, afterlife.drop, None])
            if act is not None:
                await act(desk.redis, desk.keys, entry_id, death)
        await line_of(desk)
    extracting.cured = True
    await extracting.pump()

    line = await line_of(desk)
    assert line.of(Fate.SEEN) > 20
    assert line.in_flight == 0


@pytest.mark.slow
async def test_kills_of_fetcher_and_extractor_leave_it_balanced(desk: Desk) -> None:
    """Each is killed without a word twice in the middle of its work; in the end all is accounted for."""
    paths = {f"/{number}": 1 for number in range(24)}
    for path in paths:
        desk.site.text(path, story_page(path[1:]))
    show(desk, BOTE, paths)
    show(desk, KURIER, dict.fromkeys(list(paths)[:10], 1) | {"/nowhere": 1})
    extractor = ("-m", "copytaster.cli.main", "serve", "extractor")
    settings = {"COPYTASTER_CLAIM_IDLE_SECONDS": "1", "COPYTASTER_EXTRACT_WORKERS": "1"}

    async def told() -> int:
        return int(await desk.redis.xlen(desk.keys.stream("stories")))

    for goal in (3, 12):
        async with process(desk, DRIVER) as fetcher, process(desk, extractor, settings) as second:

            async def far_enough(goal: int = goal) -> bool:
                return await told() >= goal

            await wait_until(far_enough, description=f"{goal} stories", timeout_seconds=60)
            fetcher.send_signal(signal.SIGKILL)
            second.send_signal(signal.SIGKILL)
        await line_of(desk)
    async with process(desk, DRIVER), process(desk, extractor, settings):

        async def calm() -> bool:
            line = await line_of(desk)
            return line.of(Fate.SEEN) == 35 and line.in_flight == 0

        await wait_until(calm, description="nothing is in flight", timeout_seconds=60)
    line = await line_of(desk)

    assert (line.of(Fate.PUBLISHED), line.of(Fate.DUPLICATE), line.dropped) == (24, 10, {"gone": 1})


async def test_an_item_that_fell_out_of_the_queue_is_named(desk: Desk) -> None:
    """A foreign hand took it out: the fault has feed, hour, stage and article."""
    show(desk, BOTE, {"/slow": 1})
    desk.site.text("/slow", "", status=503, headers={"Retry-After": "3600"})
    async with desk.fetcher():
        await wait_until(lambda: "/slow" in desk.site.paths(), description="the page was asked for")
    await wait_until(lambda: _wanted(desk), description="the page is wanted")
    [article] = await desk.redis.zrange(desk.keys.key("wanted"), 0, -1)
    await desk.redis.delete(desk.keys.key("wanted"))

    [fault] = await traced(desk.redis, desk.keys, await read(desk.redis, desk.keys))

    assert (fault.number, fault.stage, fault.items) == (1, Stage.WANTED, (article.decode(),))
    assert fault.place.hour == hour_of(await now_ms_of(desk.redis))


async def test_an_entry_that_was_deleted_before_its_time_is_named(desk: Desk) -> None:
    """The page was fetched, the entry is gone, nothing was extracted."""
    desk.site.text("/a", story_page("a"))
    show(desk, BOTE, {"/a": 1})
    await poll(desk)
    [(entry_id, fields)] = await desk.redis.xrange(desk.keys.stream("articles"))
    await desk.redis.xdel(desk.keys.stream("articles"), entry_id)

    [fault] = await traced(desk.redis, desk.keys, await read(desk.redis, desk.keys))

    article = json.loads(fields[b"data"])["article"].removeprefix("urn:uuid:").replace("-", "")
    assert (fault.number, fault.stage, fault.items) == (1, Stage.ARTICLES, (article,))


async def _wanted(desk: Desk) -> bool:
    return bool(await desk.redis.zcard(desk.keys.key("wanted")))
