"""The oracle finds what a storm may do: each mutation of sound streams is named, and sound streams are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from copytaster.keys import Keys
from copytaster.streams.effects import Cause, Outbox
from copytaster_schemas import ClusterChanged, EntryDied, EventModel, ItemDropped, Story, StoryCompared
from copytaster_schemas.registry import EVENT_TYPES
from tests.chaos.oracle import PUBLIC, Truth, findings
from tests.chaos.pressroom.press import Piece, host

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
OUTBOX: Final = Outbox(Keys("main"), "test")
PIECES: Final = [
    Piece(0, 0, 0, "One", (), ""),
    Piece(1, 1, 0, "One", (), ""),
    Piece(2, 2, 1, "Two", (), ""),
    Piece(3, 3, None, "Odd", (), ""),
]
TRUTH: Final = Truth(PIECES, frozenset(), {"articles": ["9-1"]})

Streams = dict[str, list[tuple[bytes, dict[bytes, bytes]]]]


def entry(type_name: str, subject: str, revision: int, data: EventModel) -> tuple[bytes, dict[bytes, bytes]]:
    """An entry as it lies on a stream."""
    event = OUTBOX.event(
        EVENT_TYPES[f"copytaster.{type_name}.v1"],
        subject,
        revision,
        data,
        time=NOON,
        cause=Cause("c"),
        guard=None,
    )
    return b"1-1", dict(event.fields)


def url(piece: Piece) -> str:
    """Where a piece lies."""
    return f"http://{host(piece.outlet)}:80{piece.path}"


def story(piece: Piece) -> tuple[bytes, dict[bytes, bytes]]:
    """The story of a piece."""
    uri = f"urn:story:{piece.number}"
    data = Story.model_validate(
        {
            "uri": uri,
            "version": 1,
            "altIds": [{"role": "url", "value": url(piece)}],
            "url": url(piece),
            "headlines": [{"role": "main", "value": piece.title}],
            "bodies": [],
            "versionCreated": NOON,
            "firstCreated": NOON,
            "contentCreatedBasis": "feed",
            "provider": {"outlet": host(piece.outlet), "feed": "urn:feed"},
            "textHash": "1:0",
        }
    )
    return entry("story.published", uri, 1, data)


def compared(piece: Piece) -> tuple[bytes, dict[bytes, bytes]]:
    """The comparison of a piece's story."""
    uri = f"urn:story:{piece.number}"
    data = StoryCompared.model_validate(
        {"story": {"uri": uri, "version": 1}, "revision": 1, "candidates": 0, "policy": "p"}
    )
    return entry("story.compared", uri, 1, data)


def cluster(name: str, numbers: list[int]) -> tuple[bytes, dict[bytes, bytes]]:
    """A cluster of the stories of these pieces."""
    members = [{"story": f"urn:story:{number}", "version": 1, "outlet": host(number)} for number in numbers]
    counts = dict.fromkeys(("members", "outlets", "families", "independent", "languages"), len(numbers))
    data = ClusterChanged.model_validate(
        {
            "cluster": name,
            "revision": 1,
            "op": "created",
            "state": "open",
            "reason": {"code": "compared"},
            "added": [],
            "removed": [],
            "members": members,
            "origin": {"seen": False, "confidence": 0.5},
            "counts": counts,
            "policy": "p",
        }
    )
    return entry("cluster.changed", name, 1, data)


def died(entry_id: str) -> tuple[bytes, dict[bytes, bytes]]:
    """The death of an entry of `articles`."""
    stream = Keys("main").stream("articles")
    data = EntryDied(
        stream=stream,
        group="extractor",
        entry_id=entry_id,
        fields={},
        code="undecodable",
        error="",
        failures=1,
    )
    return entry("entry.died", f"{stream}/extractor/{entry_id}", 1, data)


def sound() -> Streams:
    """Streams as they have to be."""
    drop = ItemDropped(article="urn:odd", sequence=1, code="robots", stage="fetcher", url=url(PIECES[3]))
    return {
        "stories": [story(piece) for piece in PIECES[:3]],
        "links": [compared(piece) for piece in PIECES[:3]],
        "clusters": [cluster("urn:a", [0, 1]), cluster("urn:b", [2])],
        "drops": [entry("item.dropped", "urn:odd", 1, drop)],
        "dead": [died("9-1")],
    }


def test_sound_streams_have_no_finding() -> None:
    """Each story once, compared, in its one cluster; the odd item dropped; the poison dead."""
    assert set(sound()) == set(PUBLIC)
    assert findings(TRUTH, sound(), ()) == []


@pytest.mark.parametrize(
    ("mutate", "word"),
    [
        (lambda streams: streams["stories"].pop(0), "lost: outlet-0"),
        (lambda streams: streams["stories"].append(streams["stories"][0]), "doubled"),
        (lambda streams: streams["links"].pop(), "never compared: urn:story:2"),
        (lambda streams: streams["links"].append(streams["links"][0]), "revisions of urn:story:0"),
        (lambda streams: streams["drops"].clear(), "dropped in silence: outlet-3"),
        (lambda streams: streams["dead"].clear(), "poison not in dead: articles 9-1"),
        (lambda streams: streams["dead"].append(died("8-1")), "died without poison: articles 8-1"),
        (lambda streams: streams["clusters"].pop(), "in 0 clusters: urn:story:2"),
        (lambda streams: streams["clusters"].append(cluster("urn:c", [2])), "in 2 clusters: urn:story:2"),
        (lambda streams: streams.update(clusters=[cluster("urn:a", [0, 1, 2])]), "mixed: urn:a"),
        (
            lambda streams: streams.update(clusters=[cluster(f"urn:{n}", [n]) for n in range(3)]),
            "apart: point 0",
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_each_fault_is_named(mutate: Callable[[Streams], Any], word: str) -> None:
    """One fault, and the findings say which."""
    streams = sound()
    mutate(streams)

    assert any(word in finding for finding in findings(TRUTH, streams, ()))
