"""`copytaster parse-feed`: what the fetcher reads in a feed, as JSON."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from typing import Any, BinaryIO, Final

import click

from copytaster.errors import CopytasterError
from copytaster.fetcher.dates import FeedTime
from copytaster.fetcher.document import FeedDocument, FeedItem, UnreadableFeed
from copytaster.fetcher.parsing import parse_feed

MAX_BYTES: Final = 64 * 1024 * 1024
"""A file may be larger than what the fetcher takes from a server, but not without end."""

_GZIP: Final = b"\x1f\x8b"


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--url", default=None, help="Where the feed came from; relative links are resolved against it.")
@click.option("--content-type", default=None, help="The Content-Type header it was served with.")
def command(file: BinaryIO, url: str | None, content_type: str | None) -> None:
    """Show what FILE (RSS, RDF, Atom, JSON Feed or a news sitemap; may be gzipped; - is standard input) says, as JSON.

    Times are ISO 8601 in UTC; a date without a time is given as its midnight and marked by "publishedPrecision" or
    "updatedPrecision" = "date". An index of sitemaps has no entries, but "sitemaps": those that a poll would read. Exit
    code 1 when the file is no feed.

    \b
    Example:
      curl -s https://example.org/feed.xml | copytaster parse-feed - --url https://example.org/feed.xml
    """
    try:
        document = parse_feed(read_bounded(file), url=url, content_type=content_type)
    except UnreadableFeed as error:
        click.echo(_to_json({"error": {"code": error.failure.value, "detail": error.detail}}))
        click.echo(f"{_name(file)}: {error}", err=True)
        sys.exit(1)
    click.echo(_to_json(as_json(document)))


def read_bounded(file: BinaryIO) -> bytes:
    """All bytes of `file`, inflated when they are gzip; CopytasterError when broken or beyond MAX_BYTES."""
    raw = file.read(MAX_BYTES + 1)
    if raw.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as inflated:
                raw = inflated.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise CopytasterError(f"{_name(file)}: broken gzip: {error}") from error
    if len(raw) > MAX_BYTES:
        raise CopytasterError(f"{_name(file)}: more than {MAX_BYTES >> 20} MB")
    return raw


def _name(file: BinaryIO) -> str:
    return str(getattr(file, "name", "-"))


def as_json(document: FeedDocument) -> dict[str, Any]:
    """The JSON value of a document; every field is there, null or an empty list where the feed says nothing."""
    return {
        "feed": {
            "title": document.title,
            "link": document.link,
            "language": document.language,
            "kind": document.kind,
        },
        **({"sitemaps": list(document.children)} if document.children else {}),
        "entries": [_entry(item) for item in document.items],
    }


def _entry(item: FeedItem) -> dict[str, Any]:
    return {
        "id": item.guid or item.url,
        "url": item.url,
        "title": item.title,
        **_time("published", item.published),
        **_time("updated", item.updated),
        "summary": item.summary,
        "content": item.content,
        "authors": list(item.authors),
        "categories": list(item.categories),
    }


def _time(name: str, time: FeedTime | None) -> dict[str, str | None]:
    precision = {f"{name}Precision": "date"} if time is not None and not time.has_time else {}
    return {name: time.iso if time else None, **precision}


def _to_json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
