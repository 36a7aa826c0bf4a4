"""The status as a page for a person and as one object for a program. Pure; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from pydantic.alias_generators import to_camel
from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from copytaster.cli.looking.status_judgement import Remark
from copytaster.cli.looking.status_reading import GroupState, RedisState, Report
from copytaster.cli.plain import age, clock, count, instant, one_line
from copytaster.cli.running.serve import SERVICES
from copytaster.fetcher.feedstate import FeedStatus
from copytaster_schemas.base import format_instant


def page(report: Report, remarks: Sequence[Remark], *, where: str) -> Iterator[RenderableType]:
    """The page: who runs, what waits, the feeds, the drops, and in the end what needs a person."""
    yield Text(f"Desk {report.desk} at {where}, {clock(instant(report.now_ms))} UTC", style="bold")
    yield _services(report)
    yield Text(f"Redis: {_redis(report.redis)}")
    yield _streams(report)
    yield Text(_feeds(report))
    yield Text(_drops(report))
    yield Text("")
    yield from _remarks(remarks)


def _services(report: Report) -> Table:
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("Service", "Running", "Instance", "Version", "Since (UTC)"):
        shown.add_column(name, overflow="fold")
    for service in SERVICES:
        alive = [seen for seen in report.services if seen.alive and seen.presence.service == service]
        number = Text(str(len(alive)), style="" if alive else "bold red")
        if not alive:
            shown.add_row(service, number, "", "", "")
        for place, seen in enumerate(alive):
            one = seen.presence
            role = " (clusterer)" if service == "deduplicator" and one.instance == report.clusterer else ""
            shown.add_row(
                "" if place else service,
                Text("") if place else number,
                Text(one_line(one.instance) + role),
                one_line(one.version),
                one_line(one.since).replace("T", " ").removesuffix("Z"),
            )
    return shown


def _redis(state: RedisState) -> str:
    if state.used_bytes is None:
        return "its user may not ask for memory and disk"
    limit = f" of {_size(state.limit_bytes)}" if state.limit_bytes else ", no limit"
    disk = {True: "append-only file on", False: "append-only file off", None: ""}[state.append_only]
    return ", ".join(filter(None, (state.version, f"{_size(state.used_bytes)}{limit}", disk)))


def _size(size_bytes: int) -> str:
    for unit, length in (("GiB", 1 << 30), ("MiB", 1 << 20)):
        if size_bytes >= length:
            return f"{size_bytes / length:.1f} {unit}"
    return f"{size_bytes / 1024:.0f} KiB"


def _streams(report: Report) -> Table:
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    shown.add_column("Stream")
    for name in ("Entries", "Last"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("Group", overflow="fold")
    for name in ("Waiting", "In hand", "Oldest"):
        shown.add_column(name, justify="right", no_wrap=True)
    for stream in report.streams:
        last = "–" if stream.last_seconds is None else f"{age(stream.last_seconds)} ago"
        cells = [_group(group) for group in stream.groups] or [("", "", "", "")]
        for place, row in enumerate(cells):
            head = (stream.name, f"{stream.entries:,}", last) if not place else ("", "", "")
            shown.add_row(*head, *row)
    return shown


def _group(group: GroupState) -> tuple[str, str, str, str]:
    oldest = max(group.oldest_waiting_seconds or 0.0, group.oldest_pending_seconds or 0.0)
    waits = group.oldest_waiting_seconds is not None or group.oldest_pending_seconds is not None
    lag = "?" if group.lag is None else f"{group.lag:,}"
    return one_line(group.name), lag, f"{group.pending:,}", age(oldest) if waits else "–"


def _feeds(report: Report) -> str:
    paused = sum(feed.status is FeedStatus.PAUSED for feed in report.feeds)
    failing = sum(feed.failures > 0 for feed in report.polled_feeds)
    return (
        f"Feeds: {len(report.polled_feeds):,} polled, {paused:,} paused, {failing:,} failed at their last poll; "
        f"{count(report.pages.members, 'page')} to be fetched"
    )


def _drops(report: Report) -> str:
    least = "" if report.drops.complete else "at least "
    codes = ", ".join(f"{number:,} {one_line(code)}" for code, number in report.drops.by_code.items())
    told = f"{least}{report.drops.total:,}" + (f" ({codes})" if codes else "")
    return f"Left out on purpose in the last hour: {told}\nCould not be processed: {report.dead:,}"


def _remarks(remarks: Sequence[Remark]) -> Iterator[Text]:
    if not any(remark.urgent for remark in remarks):
        yield Text("Nothing needs a person.", style="green")
    else:
        yield Text("Needs a person:", style="bold red")
    for remark in remarks:
        mark, style = ("!", "red") if remark.urgent else ("·", "")
        yield Text.assemble((f"{mark} ", style), f"{remark.what}\n    ", (remark.next, "bold"))


def as_json(report: Report, remarks: Sequence[Remark]) -> dict[str, Any]:
    """One object, names in camelCase; what is not known is left out. `ok` is what the exit code says."""
    services = [
        {**asdict(seen.presence), "alive": seen.alive, "silentSeconds": round(seen.silent_seconds, 1)}
        for seen in report.services
    ]
    return {
        "ok": not any(remark.urgent for remark in remarks),
        "desk": report.desk,
        "time": format_instant(instant(report.now_ms)),
        "remarks": [asdict(remark) for remark in remarks],
        "services": services,
        **({"clusterer": report.clusterer} if report.clusterer else {}),
        "redis": _plain(asdict(report.redis)),
        "streams": [_plain(asdict(stream)) for stream in report.streams],
        "feeds": {
            "polled": len(report.polled_feeds),
            "paused": sum(feed.status is FeedStatus.PAUSED for feed in report.feeds),
            "failing": [
                {
                    "feed": feed.urn,
                    "url": feed.url,
                    "failures": feed.failures,
                    "lastFailure": feed.last_failure or "",
                }
                for feed in report.polled_feeds
                if feed.failures
            ],
        },
        "queues": {"polls": _plain(asdict(report.polls)), "pages": _plain(asdict(report.pages))},
        "drops": {"lastHour": dict(report.drops.by_code), "complete": report.drops.complete},
        "dead": report.dead,
        "passed": [_plain(asdict(one)) for one in report.passed],
        **({"held": asdict(report.held)} if report.held else {}),
    }


def _plain(value: Any) -> Any:
    """Names in camelCase, absent values left out, seconds to a tenth."""
    if isinstance(value, dict):
        return {to_camel(name): _plain(held) for name, held in value.items() if held is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(held) for held in value]
    return round(value, 1) if isinstance(value, float) else value
