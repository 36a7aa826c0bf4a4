"""The labelled texts and pairs of the evaluation data, in the form that training and measuring share.

Only `copytaster`'s own readers touch the texts: a record is made as `copytaster link` makes it, furniture learned from each file.
Nothing of the texts is written anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from copytaster.deduplicator.bulk import prepared
from copytaster.deduplicator.record import StoryRecord, from_line

LEFT_OUT_OF_PAIRS: Final = frozenset({"roundup", "kill"})
"""Kinds of wire texts that report several news points or none (data README)."""

THREE_LETTERS: Final = {
    "deu": "de",
    "fra": "fr",
    "rus": "ru",
    "spa": "es",
    "ukr": "uk",
    "vie": "vi",
    "eng": "en",
}

OTHER_TOPICS_SHARE: Final = 32
"""Of the wire pairs from different topics one in 32 is kept: they are easy and would be 95 % of all."""


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two record ids, whether they report one news point, and where the judgement comes from."""

    set: str
    relation: str
    a: str
    b: str
    same: bool


@dataclass(frozen=True, slots=True)
class LinkingData:
    """All records by id, the labelled pairs, the topic of every record, and the wire texts as written."""

    records: dict[str, StoryRecord]
    pairs: list[LabelledPair]
    topics: dict[str, str]
    wire: list[dict[str, Any]]


def load(folder: Path) -> LinkingData:
    """The open half of `linking/` under the folder of the evaluation data."""
    linking = folder / "linking"
    data = LinkingData({}, [], {}, lines(linking / "wire.jsonl"))
    docs = lines(linking / "docs.jsonl")
    _add(data, docs, {doc["id"]: f"{doc['set']} {doc['group']}" for doc in docs})
    _add(data, data.wire, {text["id"]: text["topic"] for text in data.wire})
    found = lines(linking / "copies_and_traps.jsonl")
    sides = [
        {
            "id": f"found:{place}:{side}",
            "text": row[f"text_{side}"],
            "url": row[f"url_{side}"],
            "lang": row["lang"],
        }
        for place, row in enumerate(found)
        for side in "ab"
    ]
    _add(data, sides, {side["id"]: side["id"].rpartition(":")[0] for side in sides})
    data.pairs.extend(
        LabelledPair(
            "copies_and_traps",
            row["label"],
            f"found:{place}:a",
            f"found:{place}:b",
            row["label"][:4] != "trap",
        )
        for place, row in enumerate(found)
    )
    data.pairs.extend(
        LabelledPair(row["set"], row["relation"], row["a"], row["b"], row["label"] == 1)
        for row in lines(linking / "pairs.jsonl")
        if row["label"] is not None
    )
    data.pairs.extend(_wire_pairs(data.wire))
    return data


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _add(data: LinkingData, rows: Iterable[dict[str, Any]], topics: dict[str, str]) -> None:
    records = [from_line({**row, "lang": THREE_LETTERS.get(row["lang"], row["lang"])}) for row in rows]
    data.records.update((record.id, record) for record in prepared(records))
    data.topics.update(topics)


def _wire_pairs(wire: list[dict[str, Any]]) -> Iterator[LabelledPair]:
    told = [text for text in wire if text["kind"] not in LEFT_OUT_OF_PAIRS]
    for place, one in enumerate(told):
        for other in told[place + 1 :]:
            kinds = "|".join(sorted((one["kind"], other["kind"])))
            if one["story"] == other["story"]:
                yield LabelledPair("wire", kinds, one["id"], other["id"], True)
            elif one["topic"] == other["topic"]:
                yield LabelledPair("wire", "sibling", one["id"], other["id"], False)
            elif sha256(f"{one['id']} {other['id']}".encode()).digest()[0] % OTHER_TOPICS_SHARE == 0:
                yield LabelledPair("wire", "other topic", one["id"], other["id"], False)
