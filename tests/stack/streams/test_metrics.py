"""The metrics as Prometheus reads them: names and labels are a contract with dashboards and rules."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from copytaster.errors import Quarantine
from copytaster.keys import Keys
from copytaster.streams.effects import Effects
from copytaster.streams.engine import Engine
from copytaster.streams.entries import Entry
from copytaster.streams.groups import ensure_group
from copytaster.streams.health import LIVE_SECONDS, Health
from copytaster.streams.metrics import Metrics, Sources
from tests.stack.streams.builders import KEYS, SOURCE, copy_on, make_engine, notice, read_new
from tests.support import ROOT

CONTRACT = {
    "copytaster_entries_total": {"service", "status"},
    "copytaster_dead_total": {"reason"},
    "copytaster_commit_seconds_bucket": {"le"},
    "copytaster_commit_seconds_count": set(),
    "copytaster_commit_seconds_sum": set(),
    "copytaster_end_to_end_seconds_bucket": {"group", "le"},
    "copytaster_end_to_end_seconds_count": {"group"},
    "copytaster_end_to_end_seconds_sum": {"group"},
    "copytaster_stream_lag_entries": {"stream", "group"},
    "copytaster_stream_pending_entries": {"stream", "group"},
    "copytaster_stream_oldest_pending_seconds": {"stream", "group"},
    "copytaster_redis_memory_used_bytes": set(),
    "copytaster_redis_memory_limit_bytes": set(),
    "copytaster_ledger_imbalance": set(),
    "copytaster_fetching_held": {"reason"},
}
PROMETHEUS = ROOT / "deploy" / "prometheus"
NAME = re.compile(r"\bcopytaster_[a-z_]+")

SOURCES = Sources(("drops",), ledger=True, holding=lambda: "memory")


async def second_fails(entry: Entry) -> Effects:
    """A handler that cannot process the second notice."""
    if (entry.envelope.correlationid or "").endswith("-2"):
        raise Quarantine("page_lost", "made so by the test")
    return await copy_on(entry)


async def worked(redis: Redis) -> tuple[Metrics, Engine]:
    """Metrics and engine after three notices, one of which died, and a fourth that waits."""
    metrics, engine = Metrics("copier"), make_engine(redis, second_fails)
    engine.decider.metrics = metrics
    await ensure_group(redis, SOURCE, "copier")
    for number in (1, 2, 3):
        await redis.xadd(SOURCE, notice(number))
    await engine.process(await read_new(redis, engine))
    await redis.xadd(SOURCE, notice(4))
    return metrics, engine


async def samples(redis: Redis, metrics: Metrics) -> dict[str, list[Any]]:
    """The samples of one scrape, by name."""
    text = (await metrics.exposition(redis, KEYS, SOURCES)).decode()
    found: dict[str, list[Any]] = {}
    for family in text_string_to_metric_families(text):
        assert len(family.documentation) > 20
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


async def test_names_and_labels_are_exactly_those_of_the_contract(redis_client: Redis) -> None:
    """Nothing more, nothing less, each with a help text."""
    metrics, _ = await worked(redis_client)

    found = await samples(redis_client, metrics)

    labels = {name: {label for one in some for label in one.labels} for name, some in found.items()}
    assert labels == CONTRACT


async def test_what_was_done_is_counted_and_what_waits_is_measured(redis_client: Redis) -> None:
    """Two copied, one dead, one waiting; the fetcher waits for memory."""
    metrics, _ = await worked(redis_client)

    found = await samples(redis_client, metrics)

    def value(name: str, **labels: str) -> float:
        return next(float(one.value) for one in found[name] if one.labels == labels)

    assert value("copytaster_entries_total", service="copier", status="copied") == 2
    assert value("copytaster_dead_total", reason="page_lost") == 1
    assert value("copytaster_stream_lag_entries", stream="drops", group="copier") == 1
    assert value("copytaster_stream_pending_entries", stream="drops", group="copier") == 0
    assert value("copytaster_commit_seconds_count") == 3
    assert value("copytaster_end_to_end_seconds_count", group="copier") == 2
    assert value("copytaster_ledger_imbalance") == 0
    assert value("copytaster_fetching_held", reason="memory") == 1
    assert value("copytaster_fetching_held", reason="backlog") == 0


async def test_two_scrapes_in_a_row_ask_redis_once(redis_client: Redis) -> None:
    """A second Prometheus costs nothing."""
    metrics, _ = await worked(redis_client)
    await metrics.exposition(redis_client, KEYS, SOURCES)
    before = (await redis_client.info("stats"))["total_commands_processed"]

    await metrics.exposition(redis_client, KEYS, SOURCES)

    assert (await redis_client.info("stats"))["total_commands_processed"] - before <= 2


async def test_without_redis_the_counters_are_still_told() -> None:
    """Only what would have to be read is missing."""
    metrics = Metrics("copier")
    metrics.ended("copied")
    nowhere = Redis(port=1)

    text = (await metrics.exposition(nowhere, Keys("test"), SOURCES)).decode()
    await nowhere.aclose()

    assert 'copytaster_entries_total{service="copier",status="copied"} 1.0' in text
    assert "copytaster_stream_lag_entries{" not in text


@pytest.mark.parametrize("name", ["alerts.yml", "dashboard.json"])
def test_rules_and_dashboard_name_metrics_that_exist(name: str) -> None:
    """Every metric that they ask for is in the contract."""
    text = (PROMETHEUS / name).read_text(encoding="utf-8")
    parsed = json.loads(text) if name.endswith(".json") else yaml.safe_load(text)

    asked = set(NAME.findall(text))

    assert parsed
    assert asked
    assert asked <= set(CONTRACT)


def test_the_operators_guide_explains_every_metric() -> None:
    """A name that nobody explains helps nobody at three in the morning."""
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in CONTRACT}

    assert {name for name in families if f"`{name}`" not in guide} == set()


async def test_a_process_lives_while_a_lease_is_renewed(redis_client: Redis) -> None:
    """The read loop stands still and no entry ended, but the one in hand was renewed: a long page is no dead process."""
    engine = make_engine(redis_client)
    old = time.monotonic() - 2 * LIVE_SECONDS
    engine.last_progress = engine.last_renewal = old
    health = Health(redis_client, [engine], [lambda: old])

    before = health.live()[0]
    engine.last_renewal = time.monotonic()

    assert not before
    assert health.live()[0]


async def test_it_is_ready_only_while_redis_takes_writes(redis_client: Redis) -> None:
    """A full server answers PING and refuses what changes anything."""
    engine = make_engine(redis_client)
    await ensure_group(redis_client, SOURCE, "copier")
    health = Health(redis_client, [engine], write=lambda: redis_client.sadd(KEYS.key("feeds", "paused"), "x"))

    ready = await health.ready()
    await redis_client.config_set("maxmemory", "1")
    full = await health.ready()
    await redis_client.config_set("maxmemory", "0")

    assert ready[0]
    assert not full[0]
    assert "OutOfMemory" in full[1]["redis"] or "OOM" in full[1]["redis"]
