"""The ledger as a page for a person and as one object for a program. Pure; no I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from copytaster.cli.plain import count, instant, one_line
from copytaster.keys import LEDGER_DAYS
from copytaster.streams.ledger.balance import (
    Fault,
    Line,
    Snapshot,
    Stage,
    imbalance,
    lines,
    total,
)
from copytaster.streams.ledger.counting import HOUR_SECONDS, Fate, Place, start_of
from copytaster_schemas.base import format_instant

_PLAIN = (Fate.SEEN, Fate.PUBLISHED, Fate.REVISED, Fate.WITHDRAWN, Fate.UNCHANGED, Fate.DUPLICATE)


@dataclass(frozen=True, slots=True)
class Window:
    """Which hours are shown: one, or the last ones."""

    hour: str | None = None
    hours: int = LEDGER_DAYS * 24

    def holds(self, hour: str, now_ms: int) -> bool:
        """Whether `hour` is shown."""
        if self.hour is not None:
            return hour == self.hour
        return start_of(hour) > now_ms // 1000 - self.hours * HOUR_SECONDS


def _shown(snapshot: Snapshot, window: Window, feeds: Collection[str] | None) -> dict[Place, Line]:
    return {
        place: line
        for place, line in lines(snapshot).items()
        if window.holds(place.hour, snapshot.now_ms) and (feeds is None or place.feed_id in feeds)
    }


def page(
    snapshot: Snapshot,
    faults: Sequence[Fault],
    urls: Mapping[str, str],
    window: Window,
    feeds: Collection[str] | None,
) -> Iterator[RenderableType]:
    """A row for each hour and feed, the totals, and what does not balance."""
    shown = _shown(snapshot, window, feeds)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_footer=bool(shown))
    whole = _cells(total(shown.values()))
    table.add_column("Hour (UTC)", footer="total", no_wrap=True)
    table.add_column("Feed", overflow="fold")
    names = ("Seen", "Publ", "Rev", "Wdrn", "Same", "Dupl", "Drop", "Dead", "Flight", "Off")
    for name, cell in zip(names, whole, strict=True):
        table.add_column(name, justify="right", no_wrap=True, footer=cell)
    for place, line in shown.items():
        off = Text(_cells(line)[-1], style="bold red" if line.missing or line.missing_dead else "")
        table.add_row(place.hour, one_line(urls.get(place.feed_id, place.feed_id)), *_cells(line)[:-1], off)
    yield table if shown else Text("No feed brought an item in this time.")
    codes = total(shown.values()).dropped
    if codes:
        yield Text("Dropped: " + ", ".join(f"{number:,} {one_line(code)}" for code, number in codes.items()))
    yield from _verdict(faults, urls)


def _cells(line: Line) -> list[str]:
    numbers = [line.of(fate) for fate in _PLAIN]
    numbers += [line.of(Fate.DROPPED), line.of(Fate.DEAD), line.in_flight]
    return [f"{number:,}" for number in (*numbers, imbalance([line]))]


def _verdict(faults: Sequence[Fault], urls: Mapping[str, str]) -> Iterator[Text]:
    if not faults:
        yield Text(
            f"Balanced: every item of the last {LEDGER_DAYS} days has ended or was found.", style="green"
        )
        return
    yield Text("Out of balance:", style="bold red")
    for fault in faults:
        feed = one_line(urls.get(fault.place.feed_id, fault.place.feed_id))
        yield Text(f"! {fault.place.hour} {feed}: {_words(fault)}")
        for name in fault.items:
            yield Text(f"    {name}")


def _words(fault: Fault) -> str:
    items = count(abs(fault.number), "item")
    if fault.stage is Stage.DEAD:
        more = "counted as dead and not on `dead`" if fault.lost else "on `dead` and not counted"
        return f"{items} {more}"
    if not fault.lost:
        place = f" at the stage {fault.stage.value}" if fault.stage else " in queues"
        return f"{items} lie{place} although counted as ended"
    place = f"lost at the stage {fault.stage.value}" if fault.stage else "lost, nobody can tell where"
    return f"{items} {place}"


def as_json(
    snapshot: Snapshot,
    faults: Sequence[Fault],
    urls: Mapping[str, str],
    window: Window,
    feeds: Collection[str] | None,
) -> dict[str, Any]:
    """One object: whether all hours balance, the totals and rows of those shown, the faults."""
    shown = _shown(snapshot, window, feeds)
    return {
        "balanced": not faults,
        "imbalance": imbalance(lines(snapshot).values()),
        "time": format_instant(instant(snapshot.now_ms)),
        "totals": _object(total(shown.values())),
        "rows": [
            {"hour": place.hour, **_feed(place, urls), **_object(line)} for place, line in shown.items()
        ],
        "faults": [
            {
                "hour": fault.place.hour,
                **_feed(fault.place, urls),
                "items": list(fault.items),
                "number": fault.number,
                **({"stage": fault.stage.value} if fault.stage else {}),
                "what": _words(fault),
            }
            for fault in faults
        ],
    }


def _feed(place: Place, urls: Mapping[str, str]) -> dict[str, str]:
    return {"feed": place.feed_id, "url": urls.get(place.feed_id, "")}


def _object(line: Line) -> dict[str, Any]:
    return {
        **{fate.value: line.of(fate) for fate in _PLAIN},
        "dropped": line.dropped,
        "dead": line.of(Fate.DEAD),
        "inFlight": line.in_flight,
        "found": {stage.value: line.found[stage] for stage in Stage},
        "imbalance": imbalance([line]),
    }
