"""`copytaster link`: link the stories of a file, in bulk or for named pairs, by the code of the service.

This module reads and writes; everything that decides is in `copytaster.deduplicator`.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from copytaster.cli.files.progress import progress
from copytaster.deduplicator.bulk import Cluster, link_archive, pair_decision, prepared
from copytaster.deduplicator.decide import PairDecision
from copytaster.deduplicator.encoder import Encoder
from copytaster.deduplicator.features import Features
from copytaster.deduplicator.io.sentence_encoder import ENCODERS, encoder_named
from copytaster.deduplicator.policy import load
from copytaster.deduplicator.record import StoryRecord, from_line


@click.command("link")
@click.argument("stories", type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for links.jsonl and clusters.jsonl.",
)
@click.option(
    "--pairs",
    "pairs_file",
    type=click.Path(dir_okay=False, allow_dash=True),
    help='Decide these: lines {"a", "b"}.',
)
@click.option(
    "--encoder",
    type=click.Choice(ENCODERS),
    default=ENCODERS[0],
    show_default=True,
    envvar="COPYTASTER_ENCODER",
    help="Sentence encoder; none links by words alone.",
)
def command(stories: str, out: Path | None, pairs_file: str | None, encoder: str) -> None:
    r"""Link the stories of STORIES (JSON Lines, may be .gz, - is standard input) into clusters.

    A line is {"id", "text", "title"?, "url"?, "outlet"?, "language"?, "published"?} or a full story. Furniture that recurs
    over an outlet's texts is learned from the whole file first.

    \b
    Examples:
      copytaster link stories.jsonl                        clusters on standard output
      copytaster link stories.jsonl.gz --out linked        linked/links.jsonl and linked/clusters.jsonl
      copytaster link stories.jsonl --pairs pairs.jsonl    one decision a line, in the order of the pairs
    """
    if out is not None and pairs_file is not None:
        raise click.UsageError("--out and --pairs exclude each other")
    if stories == "-" and pairs_file == "-":
        raise click.UsageError("stories and pairs cannot both come from standard input")
    records, failed = _read_stories(stories)
    if pairs_file is not None:
        failed |= _write_pairs(records, pairs_file, encoder_named(encoder))
    else:
        _write_archive(list(records.values()), out, encoder_named(encoder))
    if failed:
        sys.exit(1)


def _read_stories(name: str) -> tuple[dict[str, StoryRecord], bool]:
    """The readable records by id; a line that cannot be read is told on standard error and the answer's second part is true."""
    records: dict[str, StoryRecord] = {}
    failed = False
    for number, line in enumerate(_lines(name), 1):
        try:
            row = _object(line)
            record = from_line(row)
            if record.id in records:
                raise ValueError("this id came before")
        except ValueError as error:
            failed = True
            _complain({"id": _id_of(line), "line": number, "error": _one_line(error)})
        else:
            records[record.id] = record
    return records, failed


def _write_archive(records: list[StoryRecord], out: Path | None, encoder: Encoder | None) -> None:
    with progress() as show:
        links, clusters = link_archive(records, load(), show, encoder)
    if out is None:
        _print(cluster.to_dict() for cluster in clusters)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        _save(out / "links.jsonl", map(_link_line, links))
        _save(out / "clusters.jsonl", map(Cluster.to_dict, clusters))
    except OSError as error:
        raise click.UsageError(f"cannot write to {out}: {error.strerror}") from error


def _write_pairs(records: dict[str, StoryRecord], pairs_file: str, encoder: Encoder | None) -> bool:
    """One decision for every line of pairs, in order; true when a line could not be served."""
    policy = load()
    ready = {record.id: record for record in prepared(list(records.values()))}
    known: dict[str, Features] = {}
    failed = False
    for line in _lines(pairs_file):
        try:
            a, b = _pair_of(line, ready)
            decision = pair_decision(a, b, policy, known, encoder)
            shown: dict[str, Any] = {
                "a": a.id,
                "b": b.id,
                "relation": decision.relation,
                "confidence": decision.confidence,
            }
        except ValueError as error:
            failed = True
            shown = {"id": _pair_id(line), "error": _one_line(error)}
        _print([shown])
    return failed


def _pair_of(line: str, records: dict[str, StoryRecord]) -> tuple[StoryRecord, StoryRecord]:
    row = _object(line)
    sides = []
    for side in "ab":
        name = row.get(side)
        if not isinstance(name, str):
            raise ValueError(f"the field {side!r} is missing or not a string")
        if name not in records:
            raise ValueError(f"no story has the id {name!r}")
        sides.append(records[name])
    if sides[0].id == sides[1].id:
        raise ValueError("a story cannot be compared with itself")
    return sides[0], sides[1]


def _link_line(link: PairDecision) -> dict[str, Any]:
    return {
        "a": link.a,
        "b": link.b,
        "relation": link.relation,
        "merges": link.merges,
        "confidence": link.confidence,
        "direction": link.direction,
        "directionBasis": list(link.direction_basis),
        "evidence": link.evidence,
    }


def _lines(name: str) -> Iterator[str]:
    """The lines of a file that hold something; a file that cannot be read is an error of usage."""
    try:
        with _opened(name) as file:
            for raw in file:
                line = raw.decode("utf-8-sig", errors="replace").strip()
                if line:
                    yield line
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"cannot read {name}: {reason}") from error


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield _unzipped(sys.stdin.buffer)
    else:
        with open(name, "rb") as file:
            yield _unzipped(file)


def _unzipped(file: IO[bytes]) -> IO[bytes]:
    """The stream, unpacked when it begins like gzip, whatever it is called."""
    buffered = io.BufferedReader(file) if not isinstance(file, io.BufferedReader) else file  # type: ignore[type-var]
    packed = buffered.peek(2)[:2] == b"\x1f\x8b"
    return gzip.open(buffered) if packed else buffered  # type: ignore[return-value]


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("not a JSON object") from None
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    return row


def _id_of(line: str) -> str | None:
    try:
        found = _object(line).get("id")
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def _pair_id(line: str) -> str | None:
    try:
        row = _object(line)
    except ValueError:
        return None
    return f"{row.get('a')} {row.get('b')}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _complain(shown: dict[str, Any]) -> None:
    click.echo(json.dumps(shown, ensure_ascii=False), err=True)


def _print(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False))


def _save(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
