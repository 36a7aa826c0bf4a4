"""What has to lie on the streams after a storm, compared event by event with what does. Pure.

The truth is the edition of the storm's newsroom, the articles that were corrected, and the poison that was poured in.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from copytaster_schemas import ClusterChanged, EntryDied, ItemDropped, Story, parse_event
from tests.chaos.pressroom.press import Piece, host

PUBLIC: Final = ("stories", "links", "clusters", "drops", "dead")
ENDED: Final = frozenset({"merged"})
"""States of a cluster that has gone into another one and speaks of its members no more."""

Entries = Sequence[tuple[bytes, Mapping[bytes, bytes]]]


@dataclass(frozen=True, slots=True)
class Truth:
    """What went in: the pieces that came out, the numbers of the corrected ones, the ids of poisoned entries."""

    pieces: Sequence[Piece]
    corrected: Collection[int]
    poison: Mapping[str, Collection[str]]
    """Stream to the ids of the entries that nobody can process."""


def findings(truth: Truth, streams: Mapping[str, Entries], poison_entries: Collection[str]) -> list[str]:
    """Everything that is not as it has to be; empty when nothing was lost, doubled, out of order or wrongly joined.

    `poison_entries` are `stream/id` of entries that lie on the public streams as poison and are no events.
    """
    clean = {
        name: [entry for entry in streams[name] if f"{name}/{entry[0].decode()}" not in poison_entries]
        for name in PUBLIC
    }
    events = {name: [parse_event(fields)[1] for _, fields in clean[name]] for name in PUBLIC}
    stories = [event for event in events["stories"] if isinstance(event, Story)]
    return [
        *_doubled(clean),
        *_gaps(clean),
        *_stories(truth, stories),
        *_compared(clean),
        *_drops(truth, [event for event in events["drops"] if isinstance(event, ItemDropped)]),
        *_dead(truth, [event for event in events["dead"] if isinstance(event, EntryDied)]),
        *_clusters(
            truth, stories, [event for event in events["clusters"] if isinstance(event, ClusterChanged)]
        ),
    ]


def _doubled(streams: Mapping[str, Entries]) -> Iterator[str]:
    ids = Counter((fields[b"ce_source"], fields[b"ce_id"]) for name in PUBLIC for _, fields in streams[name])
    yield from (
        f"doubled: {source.decode()} {event.decode()}" for (source, event), count in ids.items() if count > 1
    )


def _gaps(streams: Mapping[str, Entries]) -> Iterator[str]:
    """Subjects whose revisions are not 1, 2, 3 … in the order of their stream."""
    told: defaultdict[tuple[str, bytes], list[int]] = defaultdict(list)
    for name, key in (("stories", "version"), ("links", "revision"), ("clusters", "revision")):
        for _, fields in streams[name]:
            told[name, fields[b"ce_subject"]].append(json.loads(fields[b"data"])[key])
    for (name, subject), revisions in told.items():
        if revisions != list(range(1, len(revisions) + 1)):
            yield f"revisions of {subject.decode()} on {name}: {revisions}"


def _place(url: str | None) -> tuple[str, str]:
    parts = urlsplit(url or "")
    return parts.hostname or "", parts.path


def _stories(truth: Truth, stories: Sequence[Story]) -> Iterator[str]:
    """Each article one story, each corrected one a second version, and nothing else."""
    found = Counter(_place(story.url) for story in stories)
    expected = {
        (host(piece.outlet), piece.path): 1 + (piece.number in truth.corrected)
        for piece in truth.pieces
        if piece.point is not None
    }
    for place, count in expected.items():
        if found[place] < count:
            yield f"lost: {''.join(place)} has {found[place]} of {count} versions"
    for place, count in found.items():
        if count > expected.get(place, 0):
            yield f"told too often: {''.join(place)} {count} times"


def _compared(streams: Mapping[str, Entries]) -> Iterator[str]:
    """Every version of every story was compared."""
    versions = {
        (fields[b"ce_subject"], json.loads(fields[b"data"])["version"]) for _, fields in streams["stories"]
    }
    compared = set()
    for _, fields in streams["links"]:
        story = json.loads(fields[b"data"])["story"]
        compared.add((str(story["uri"]).encode(), story["version"]))
    yield from (f"never compared: {uri.decode()} version {version}" for uri, version in versions - compared)


def _drops(truth: Truth, drops: Sequence[ItemDropped]) -> Iterator[str]:
    found = Counter(_place(drop.url) for drop in drops)
    expected = {(host(piece.outlet), piece.path) for piece in truth.pieces if piece.point is None}
    yield from (f"dropped in silence: {''.join(place)}" for place in expected - found.keys())
    for place, count in found.items():
        if place not in expected:
            yield f"dropped, though it is an article: {''.join(place)}"
        elif count > 1:
            yield f"dropped {count} times: {''.join(place)}"


def _dead(truth: Truth, deaths: Sequence[EntryDied]) -> Iterator[str]:
    found = Counter((death.stream.rpartition(":")[2], death.entry_id) for death in deaths)
    expected = {(stream, entry) for stream, ids in truth.poison.items() for entry in ids}
    yield from (f"poison not in dead: {stream} {entry}" for stream, entry in expected - found.keys())
    for (stream, entry), count in found.items():
        if (stream, entry) not in expected:
            yield f"died without poison: {stream} {entry}"
        elif count > 1:
            yield f"died {count} times: {stream} {entry}"


def _clusters(truth: Truth, stories: Sequence[Story], changes: Sequence[ClusterChanged]) -> Iterator[str]:
    """Every story in exactly one living cluster, all copies of a point in one, and no two points in one."""
    points = {(host(piece.outlet), piece.path): piece.point for piece in truth.pieces}
    point_of = {story.uri: points.get(_place(story.url)) for story in stories}
    latest = {change.cluster: change for change in changes}
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for cluster, change in latest.items():
        if change.state in ENDED:
            continue
        for member in change.members:
            homes[member.story].append(cluster)
        held = {point_of.get(member.story) for member in change.members}
        if len(held) > 1:
            yield f"mixed: {cluster} has the points {sorted(map(str, held))}"
    yield from (f"in {len(homes[uri])} clusters: {uri}" for uri in point_of if len(homes[uri]) != 1)
    together: defaultdict[int, set[str]] = defaultdict(set)
    for uri, point in point_of.items():
        if point is not None:
            together[point].update(homes[uri])
    yield from (
        f"apart: point {point} in {len(parts)} clusters"
        for point, parts in together.items()
        if len(parts) > 1
    )
