"""What in a report needs a person, and what is only good to know; each with the next command to type. Pure; no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from copytaster.cli.looking.status_reading import GroupState, Report, StreamState
from copytaster.cli.plain import age, count, one_line
from copytaster.cli.running.serve import SERVICES
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.schedule import MAX_WEIGHT
from copytaster.streams.connection import POLICY_NEEDED

LATE_SECONDS: Final = 900.0
"""Three of the shortest intervals (COPYTASTER_POLL_INTERVAL_SECONDS): who is further behind does not catch up."""

MEMORY_PERCENT: Final = 80
"""Redis must never answer OOM (design 8); the last fifth is some hours' warning at the pace of a large desk."""

LOST_SECONDS: Final = 3_600.0
"""How long a process that ended unheard is told of while others do its work."""

FEEDS_NAMED: Final = 3

SERVICE_OF_GROUP: Final = {"extractor": "extractor", "linker": "deduplicator", "clusterer": "deduplicator"}
"""Our own groups; every other group is a subscriber's."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say: what it is, and the command to type next; `urgent` means that it needs a person."""

    code: str
    what: str
    next: str
    urgent: bool = True


def remarks(report: Report) -> list[Remark]:
    """All remarks, those that need a person first."""
    found = [
        *_services(report),
        *_redis(report),
        *_dead(report),
        *_groups(report),
        *_passed(report),
        *_queues(report),
        *_feeds(report),
    ]
    return sorted(found, key=lambda remark: not remark.urgent)


def _services(report: Report) -> Iterator[Remark]:
    if not any(seen.alive for seen in report.services):
        yield Remark("nothing_runs", "no service is running", "docker compose up -d")
        return
    for service in SERVICES:
        known = [seen for seen in report.services if seen.presence.service == service]
        gone = [seen for seen in known if not seen.alive]
        if not any(seen.alive for seen in known):
            last = min((seen.silent_seconds for seen in gone), default=None)
            heard = f", last heard of {age(last)} ago" if last is not None else ""
            yield Remark("not_running", f"no {service} is running{heard}", f"docker compose up -d {service}")
            continue
        for seen in gone:
            if seen.silent_seconds <= LOST_SECONDS:
                what = (
                    f"{service} {seen.presence.instance} went without a word {age(seen.silent_seconds)} ago"
                )
                yield Remark("lost", what, f"docker compose logs --since 2h {service}", urgent=False)
    versions = sorted({seen.presence.version for seen in report.services if seen.alive})
    if len(versions) > 1:
        what = f"services of different versions run side by side: {', '.join(versions)}"
        yield Remark("versions", what, "docker compose up -d --build", urgent=False)


def _redis(report: Report) -> Iterator[Remark]:
    state = report.redis
    if state.policy is not None and state.policy != POLICY_NEEDED:
        what = f"Redis has maxmemory-policy {state.policy}: it may throw unread entries away"
        yield Remark("eviction", what, "docker compose up -d redis")
    if state.write_failed:
        what = f"Redis could not write {state.write_failed} to its disk: a restart would lose data"
        yield Remark("disk", what, "docker compose logs --since 1h redis")
    if state.limit_bytes and state.used_bytes:
        percent = 100 * state.used_bytes // state.limit_bytes
        if percent >= MEMORY_PERCENT:
            what = f"Redis has used {percent} % of its memory; at 100 % nothing is taken in any more"
            yield Remark("memory", what, "REDIS_MAXMEMORY=2gb REDIS_MEM_LIMIT=4g docker compose up -d redis")
    if state.append_only is False:
        what = "Redis keeps no append-only file: a restart of Redis loses what came since its last snapshot"
        yield Remark("not_durable", what, "docker compose up -d redis", urgent=False)


def _dead(report: Report) -> Iterator[Remark]:
    if report.dead:
        what = f"{count(report.dead, 'entry')} could not be processed"
        yield Remark("dead", what, "copytaster dead list")


def _groups(report: Report) -> Iterator[Remark]:
    for stream in report.streams:
        for group in stream.groups:
            service = SERVICE_OF_GROUP.get(group.name)
            if service is None:
                yield from _foreign(stream, group)
            else:
                yield from _behind(stream, group, service)


def _passed(report: Report) -> Iterator[Remark]:
    for one in report.passed:
        if not one.caught_up:
            what = (
                f"the subscriber {one_line(one.group)} was too far behind and lost entries {one.first} to {one.last} "
                f"of {one.stream}"
            )
            yield Remark("passed", what, f"copytaster tail {one.stream} --last 1 --no-follow", urgent=False)


def _behind(stream: StreamState, group: GroupState, service: str) -> Iterator[Remark]:
    waiting, pending = group.oldest_waiting_seconds, group.oldest_pending_seconds
    if waiting is not None and waiting > LATE_SECONDS:
        what = (
            f"the {group.name} is behind on {stream.name}: {_lag(group)} wait, the oldest for {age(waiting)}"
        )
        # The clusterer is one per desk: more of it would not help.
        more = f"docker compose up -d --scale {service}=2" if group.name != "clusterer" else ""
        yield Remark("behind", what, more or f"docker compose logs --since 1h {service}")
    if pending is not None and pending > LATE_SECONDS:
        what = (
            f"the {group.name} holds {count(group.pending, 'entry')} of {stream.name} unfinished, "
            f"the oldest for {age(pending)}"
        )
        yield Remark("stuck", what, f"docker compose logs --since 1h {service}")


def _foreign(stream: StreamState, group: GroupState) -> Iterator[Remark]:
    behind = max(group.oldest_waiting_seconds or 0.0, group.oldest_pending_seconds or 0.0)
    if behind > LATE_SECONDS:
        what = f"the subscriber {one_line(group.name)} is {age(behind)} behind on {stream.name}"
        yield Remark("subscriber", what, f"copytaster tail {stream.name} --last 1 --no-follow", urgent=False)


def _lag(group: GroupState) -> str:
    return "entries" if group.lag is None else count(group.lag, "entry")


def _queues(report: Report) -> Iterator[Remark]:
    held = report.held
    if held is not None:
        what = f"the fetcher has waited for {age(held.seconds)}: {one_line(held.detail)}"
        more = {"memory": "REDIS_MAXMEMORY=2gb REDIS_MEM_LIMIT=4g docker compose up -d redis"}
        mend = more.get(held.reason, "docker compose up -d --scale extractor=2 --scale deduplicator=2")
        yield Remark("held", what, mend, urgent=held.seconds > LATE_SECONDS)
    if not any(seen.alive and seen.presence.service == "fetcher" for seen in report.services):
        return
    for queue, what in ((report.polls, "feed"), (report.pages, "page")):
        if queue.oldest_overdue_seconds > LATE_SECONDS:
            words = f"{count(queue.overdue, what)} should have been fetched by now, the first {age(queue.oldest_overdue_seconds)} ago"
            yield Remark(f"{what}s_late", words, "docker compose up -d --scale fetcher=2")


def _feeds(report: Report) -> Iterator[Remark]:
    polled = report.polled_feeds
    if not report.feeds:
        yield Remark("no_feeds", "no feeds yet", "copytaster feeds add https://…", urgent=False)
    gone = [feed for feed in polled if feed.notified == "gone"]
    dormant = [feed for feed in polled if feed not in gone and feed.weight > MAX_WEIGHT]
    failing = [feed for feed in polled if feed not in gone and feed not in dormant and feed.notified]
    if failing:
        what = f"{_some(failing)} failed several times in a row"
        yield Remark("failing", what, "copytaster feeds health")
    if dormant:
        what = f"{_some(dormant)} failed for so long that the fetcher asks once a week only"
        yield Remark("dormant", what, f"copytaster feeds health {dormant[0].url}")
    if gone:
        what = f"{_some(gone)} said that the feed is gone for good"
        yield Remark("gone", what, f"copytaster feeds remove {gone[0].url}")


def _some(feeds: list[FeedState]) -> str:
    named = ", ".join(one_line(feed.url) for feed in feeds[:FEEDS_NAMED])
    more = ", …" if len(feeds) > FEEDS_NAMED else ""
    return f"{count(len(feeds), 'feed')} ({named}{more})"
