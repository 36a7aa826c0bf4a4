"""Feed conformance: `python -m benchmarks.feeds --data DIR --out benchmarks/results`.

Compares what `parse_feed` reads with what the test suites of gofeed, miniflux, reader and feedparser expect, field by
field, reads the real feeds of the corpus, and takes the time. Fields that we do not carry (images, enclosures, …) are
counted as not applicable. docs/feed-conformance.md tells what differs and why. No text of the data goes into the result.
"""

from __future__ import annotations

import ast
import gzip
import html
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.common import ratio
from benchmarks.quality import surroundings, table
from copytaster.fetcher.dates import parse_feed_date
from copytaster.fetcher.discovery import feed_links
from copytaster.fetcher.document import FeedDocument, FeedItem, UnreadableFeed, item_url, plain_text
from copytaster.fetcher.opml import BrokenOpml, read_opml, salvage_opml
from copytaster.fetcher.parsing import parse_feed
from copytaster.text.urls import BadUrl, fetch_url, url_key

ITEM_FIELDS: Final[Mapping[str, Callable[[FeedItem], Any]]] = {
    "id": lambda item: item.guid,
    "title": lambda item: item.title,
    "link": lambda item: item.url,
    "published": lambda item: item.published.at if item.published else None,
    "updated": lambda item: item.updated.at if item.updated else None,
    "summary": lambda item: item.summary,
    "content": lambda item: item.content,
    "author": lambda item: ", ".join(item.authors),
}
FEED_FIELDS: Final[Mapping[str, Callable[[FeedDocument], Any]]] = {
    "title": lambda document: document.title,
    "link": lambda document: document.link,
    "language": lambda document: document.language,
    "entries": lambda document: len(document.items),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One expectation of a suite against what we read; `found` None where we read nothing."""

    file: str
    field: str
    expected: Any
    found: Any

    @property
    def agrees(self) -> bool:
        """Equal, white space, the slash after a bare host and the case of a language tag (RFC 5646, 2.1.1) aside."""
        if self.field == "feed.language":
            return (self.expected or "").lower() == (self.found or "").lower()
        return bool(_folded(self.expected) == _folded(self.found))


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        text = " ".join(value.split())
        return text.rstrip("/") if re.fullmatch(r"https?://[^/]+/", text) else text
    return value


def read(path: Path, url: str | None = None, content_type: str | None = None) -> FeedDocument | None:
    """The document in a file, None when it is refused as no feed."""
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    try:
        return parse_feed(raw, url=(url or "").strip() or None, content_type=content_type)
    except UnreadableFeed:
        return None


def compare(
    file: str, document: FeedDocument | None, feed: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]
) -> Iterator[Compared]:
    """The expected fields of a feed and of its entries against the document; an expected None says nothing."""
    for name, value in feed.items():
        if name in FEED_FIELDS and value is not None:
            yield Compared(file, f"feed.{name}", value, FEED_FIELDS[name](document) if document else None)
    for place, entry in enumerate(entries):
        item = document.items[place] if document and place < len(document.items) else None
        for name, value in entry.items():
            if name in ITEM_FIELDS and value not in (None, ""):
                found = ITEM_FIELDS[name](item) if item else None
                yield Compared(file, f"entry.{name}", _instant(value) if name in _TIMES else value, found)


_TIMES: Final = frozenset({"published", "updated"})


def _instant(value: Any) -> datetime | None:
    """The aware instant of an ISO text; a suite's time without a zone is UTC."""
    if not isinstance(value, str):
        return None
    at = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def gofeed(data: Path, *, universal: bool) -> list[Compared]:
    """The cases of gofeed: those with a universal model, or those of its parsers, which share our fields only in part."""
    found: list[Compared] = []
    for case in _cases(data, "gofeed"):
        expected = case["expected"]
        if expected is None or (case["model"] == "universal") is not universal or "entries" not in expected:
            continue
        document = read(data / case["file"])
        feed = {**expected, "entries": len(expected["entries"])}
        found += compare(case["file"], document, feed, expected["entries"] if universal else [])
    return found


def reader(data: Path) -> list[Compared]:
    """The cases of lemon24/reader; its feeds were read under the address that each case names."""
    found: list[Compared] = []
    for case in _cases(data, "reader"):
        if not case["entries"]:
            continue
        document = read(data / case["file"], case["feed"]["url"])
        entries = [_reader_entry(entry) for entry in case["entries"]]
        by_id = {item.guid: item for item in document.items} if document else {}
        for entry in entries:
            for name in set(entry) & set(ITEM_FIELDS):
                item = by_id.get(entry["id"])
                if entry[name] not in (None, ""):
                    got = ITEM_FIELDS[name](item) if item else None
                    found.append(Compared(case["file"], f"entry.{name}", entry[name], got))
    return found


def _reader_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: _instant(entry.get(name)) for name in _TIMES}
    return {"id": entry["id"], "title": entry.get("title"), "link": entry.get("link"), **times}


_MINIFLUX: Final = (
    (re.compile(r"feed\.Title"), "title"),
    (re.compile(r"feed\.SiteURL"), "link"),
    (re.compile(r"feed\.Language"), "language"),
    (re.compile(r"len\(feed\.Entries\)"), "entries"),
)
_MINIFLUX_ENTRY: Final = re.compile(r"feed\.Entries\[(\d+)\]\.(Title|URL|Author|Content|Date)")
_MINIFLUX_NAMES: Final = {
    "Title": "title",
    "URL": "link",
    "Author": "author",
    "Content": "content",
    "Date": "published",
}
_GO_DATE: Final = re.compile(r"time\.Date\((\d+), time\.(\w+), (\d+), (\d+), (\d+), (\d+), \d+, time\.UTC\)")


def miniflux(data: Path) -> list[Compared]:
    """What miniflux's own tests assert of feeds, in the fields that we carry."""
    found: list[Compared] = []
    for case in _cases(data, "miniflux"):
        if not case.get("asserts") or "/discovery/" in case["file"] or "/opml/" in case["file"]:
            continue
        document = read(data / case["file"], case.get("url"))
        for assertion in [*case["asserts"], *(case.get("time_asserts") or [])]:
            found += _miniflux_assert(case, assertion, document)
    return found


def _miniflux_assert(
    case: Mapping[str, Any], assertion: Mapping[str, Any], document: FeedDocument | None
) -> Iterator[Compared]:
    expression, expected = assertion["expr"], assertion["expected"]
    for form, name in _MINIFLUX:
        if form.fullmatch(expression):
            yield from compare(case["file"], document, {name: expected}, [])
    match = _MINIFLUX_ENTRY.fullmatch(expression)
    if match is None:
        return
    name = _MINIFLUX_NAMES[match[2]]
    if name == "published":
        expected = _go_time(expected if "time.Date" in expected else case.get("expected_time") or "")
        if expected is None:
            return
    place = int(match[1])
    item = document.items[place] if document and place < len(document.items) else None
    found = ITEM_FIELDS[name](item) if item else None
    if name == "content" and not found and item is not None:
        found = item.summary  # miniflux has one field for both
    yield Compared(case["file"], f"entry.{name}", expected, found)


def _go_time(text: str) -> datetime | None:
    match = _GO_DATE.fullmatch(text)
    if match is None:
        return None
    named = f"{match[1]} {match[2]} {match[3]} {match[4]}:{match[5]}:{match[6]} +0000"
    return datetime.strptime(named, "%Y %B %d %H:%M:%S %z")


NOT_OURS: Final = frozenset({"sanitize", "base"})
"""What feedparser does to the HTML of contents, and we leave to the extractor."""

_FEEDPARSER_NAMES: Final = {"id", "title", "link", "summary", "author"}
_FEEDPARSER_FEED: Final = {"title", "link", "language"}


def feedparser(data: Path, *, folders: tuple[str, ...]) -> list[Compared]:
    """The expectations of feedparser's suite that compare one of our fields with a constant, in these folders."""
    found: list[Compared] = []
    for case in _cases(data, "feedparser"):
        parts = case["file"].split("/")
        if parts[1] not in folders or parts[2] in NOT_OURS or not case["expect"]:
            continue
        wanted = list(_constants(case["expect"]))
        if not wanted:
            continue
        served = {name.lower(): value for name, value in (case["headers"] or {}).items()}
        document = read(data / case["file"], served.get("content-location"), served.get("content-type"))
        for owner, place, name, value in wanted:
            if owner == "feed":
                found += compare(case["file"], document, {name: value}, [])
            else:
                item = document.items[place] if document and place < len(document.items) else None
                got = ITEM_FIELDS[name](item) if item else None
                found.append(Compared(case["file"], f"entry.{name}", value, got))
    return found


def _constants(expression: str) -> Iterator[tuple[str, int, str, Any]]:
    """The equalities of the form `feed['title'] == 'x'` and `entries[0]['title'] == 'x'` in an expression."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq)):
            continue
        left, right = node.left, node.comparators[0]
        if not (isinstance(left, ast.Subscript) and isinstance(left.slice, ast.Constant)):
            continue
        if not isinstance(right, ast.Constant) or not isinstance(right.value, str) or not right.value:
            continue
        name, owner = left.slice.value, left.value
        if isinstance(owner, ast.Name) and owner.id == "feed" and name in _FEEDPARSER_FEED:
            yield "feed", 0, name, right.value
        elif _is_entry(owner) and name in _FEEDPARSER_NAMES:
            yield "entry", _place(owner), name, right.value


def _is_entry(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "entries"


def _place(node: ast.expr) -> int:
    assert isinstance(node, ast.Subscript)
    place = node.slice.value if isinstance(node.slice, ast.Constant) else 0
    return place if isinstance(place, int) else 0


def dates(data: Path) -> list[Compared]:
    """The dates of the three suites, to the second; of some a suite only says that they are dates."""
    found = []
    for case in _cases(data, "dates"):
        time_of = parse_feed_date(case["input"])
        expected: Any = bool(case.get("must_parse"))
        got: Any = time_of is not None
        if "must_parse" not in case:
            expected = _case_time(case)
            got = time_of.at.replace(microsecond=0) if time_of else None
        found.append(Compared(f"dates/{case['suite']}", "date", expected, got))
    return found


def _case_time(case: Mapping[str, Any]) -> datetime | None:
    if isinstance(case.get("utc"), str):
        return datetime.strptime(case["utc"] + " +0000", "%Y-%m-%d %H:%M:%S %z")
    if case.get("utc"):
        year, month, day, hour, minute, second = case["utc"][:6]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return datetime.fromtimestamp(case["unix"], UTC) if case.get("unix") is not None else None


def urls(data: Path) -> list[Compared]:
    """Miniflux's cleaning of URLs: what we fetch, or at least what we compare by, has the trackers taken off.

    Of what is no web address nothing is fetched; another scheme's address stays as it is, in the drop that says so.
    """
    found = []
    for case in _cases(data, "miniflux_urlcleaner"):
        given = item_url(case["input"], None, case.get("feedURL")) or case["input"]
        try:
            same = url_key(given) == url_key(case["expected"] or given)
            got = case["expected"] if same else fetch_url(given)
        except BadUrl:
            got = "" if given.startswith("http") else given
        found.append(Compared("miniflux_urlcleaner", "url", case["expected"], got))
    return found


def lists(data: Path) -> list[Compared]:
    """Miniflux's OPML files and pages with feeds: how many feeds, and the address of the first."""
    found = []
    for case in _cases(data, "miniflux"):
        if "/discovery/" in case["file"]:
            page = (data / case["file"]).read_bytes()
            got = [link.url for link in feed_links(page, url=case.get("url") or "http://example.org/")]
        elif "/opml/" in case["file"]:
            content = (data / case["file"]).read_bytes()
            try:
                got = [outline.url for outline in read_opml(content)]
            except BrokenOpml:
                got = [outline.url for outline in salvage_opml(content)]
        else:
            continue
        for assertion in case.get("asserts", []):
            if assertion["expr"] == "len(subscriptions)":
                found.append(Compared(case["file"], "feeds", assertion["expected"], len(got)))
            elif assertion["expr"] == "subscriptions[0].URL":
                found.append(
                    Compared(case["file"], "address", assertion["expected"], got[0] if got else None)
                )
    return found


def _cases(data: Path, suite: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((data / f"{suite}.expected.json").read_text(encoding="utf-8"))
    return cases


SUITES: Final[Mapping[str, Callable[[Path], list[Compared]]]] = {
    "gofeed_universal": lambda data: gofeed(data, universal=True),
    "gofeed_parsers": lambda data: gofeed(data, universal=False),
    "miniflux": miniflux,
    "miniflux_lists": lists,
    "reader": reader,
    "feedparser_wellformed": lambda data: feedparser(data, folders=("wellformed",)),
    "feedparser_illformed": lambda data: feedparser(data, folders=("illformed",)),
    "feedparser_encoding": lambda data: feedparser(data, folders=("encoding",)),
    "feedparser_entities": lambda data: feedparser(data, folders=("entities",)),
    "dates": dates,
    "url_cleaning": urls,
}


REASONS: Final[Mapping[str, str]] = {
    "plain_text": "titles and names are plain text here, without markup, entities and e-mail addresses",
    "nothing_made_up": "what the feed does not say is absent: no title from the text or the address, no address of an "
    "item from its feed or its sound file, no site from the feed's own address",
    "only_web_addresses": "an address that is not http or https is no page that could be fetched",
    "guid_as_written": "a guid is an identity and stays as written, relative ones too",
    "one_list_of_authors": "JSON Feed 1.1's `authors` wins over the old `author`; the order is the document's",
    "html_kept": "HTML stays as the feed gives it, references to characters included",
    "broken_end_tag": "the element is closed by another's end tag; what the reader cannot close it drops",
    "header_language": "the Content-Language of the HTTP answer says nothing of the feed",
    "unqualified_lang": "`lang` without the prefix `xml:` is taken for what it was meant to be",
    "rdf_about": "an RSS 1.0 item without a link has its address in `rdf:about`",
    "no_channel": "an RDF document without channel and items is refused as no feed",
    "old_format": "the Channel Definition Format of 1997 is no news format any more",
    "legacy_entity": "an HTML entity without its semicolon is read as HTML 5 does",
    "date_is_read": "what the suite calls no date has a readable day",
}
"""Why we differ from a suite on purpose; docs/feed-conformance.md has the same list with its counts."""

NOT_APPLICABLE: Final = frozenset(
    {"nothing_made_up", "plain_text", "only_web_addresses", "guid_as_written", "rdf_about"}
)
"""Reasons that contradict what a product of news has to do, so that agreeing would be the mistake."""

_BY_FILE: Final[Mapping[str, str]] = {
    "issue_320_legacy_entity_prefix.xml": "legacy_entity",
    "version_rdf_090.xml": "no_channel",
    "rss_channel_language.xml": "broken_end_tag",
    "atom10_feed_title_xhtml_escaped_markup.xml": "broken_end_tag",
    "atom10_feed_title_xhtml_inline_markup.xml": "broken_end_tag",
    "TestParseFeedWithUnqualifiedLangAttribute.xml": "unqualified_lang",
    "TestParseItemWithoutLink.xml": "rdf_about",
    "TestParseItemWithMultipleAuthorFields.json": "one_list_of_authors",
    "TestParseItemWithMultipleDuplicateAuthors.json": "one_list_of_authors",
    "TestParseAtom03WithSummaryOnly.xml": "html_kept",
    "charref_uppercase_x.xml": "html_kept",
    "http_content_language.xml": "header_language",
}
_MAIL: Final = re.compile(r"\s*\((?:mailto:)?[\w.]+@[\w.]+\)")


def reason_of(one: Compared) -> str | None:
    """The key in REASONS of a difference, None for one that nobody has explained yet."""
    name = Path(one.file).name
    if name in _BY_FILE:
        return _BY_FILE[name]
    if "/cdf/" in one.file:
        return "old_format"
    if one.field == "date" and one.expected is None:
        return "date_is_read"
    if one.field == "entry.id" and one.file.startswith("reader/relative"):
        return "guid_as_written"
    if one.file.startswith("reader/") and one.field == "entry.link":
        return _reader_reason(one)
    if one.found is None and one.field in ("entry.title", "feed.title", "entry.link", "feed.link"):
        return "nothing_made_up"
    if one.field.endswith(("title", "author")) and _plain(str(one.expected)) == _plain(str(one.found)):
        return "plain_text"
    return None


def _reader_reason(one: Compared) -> str:
    return "only_web_addresses" if not str(one.expected).startswith("http") else "guid_as_written"


def _plain(text: str) -> str | None:
    return plain_text(html.unescape(_MAIL.sub("", text)), is_html=True)


def real(data: Path) -> dict[str, Any]:
    """The real feeds: how many give entries, how complete these are, and how fast they are read.

    Where they were fetched from is not known; a made-up address stands in for what relative links are resolved against.
    """
    files = sorted((data / "real").glob("*.gz"))
    bodies = [gzip.decompress(path.read_bytes()) for path in files]
    begun = time.process_time()
    documents = [parse_feed(body, url="https://feed.example/feed.xml") for body in bodies]
    seconds = time.process_time() - begun
    items = [item for document in documents for item in document.items]
    have = {name: sum(1 for item in items if read_field(item)) for name, read_field in ITEM_FIELDS.items()}
    return {
        "feeds": len(files),
        "with_entries": sum(1 for document in documents if document.items),
        "with_an_address_for_every_entry": sum(1 for one in documents if all(item.url for item in one.items)),
        "entries": len(items),
        **{
            f"with_{name}": round(ratio(count, len(items)), 4)
            for name, count in have.items()
            if name != "updated"
        },
        "feeds_per_cpu_second": round(len(files) / seconds, 1),
        "megabytes_per_cpu_second": round(sum(map(len, bodies)) / seconds / 1e6, 1),
    }


def summary(found: list[Compared]) -> dict[str, Any]:
    """Figures of one suite: files, expectations, how many agree, why the others do not, the share of what applies."""
    differing = [one for one in found if not one.agrees]
    reasons = Counter(reason_of(one) or "unexplained" for one in differing)
    applying = len(found) - sum(reasons[reason] for reason in NOT_APPLICABLE)
    return {
        "files": len({one.file for one in found}),
        "expectations": len(found),
        "agree": len(found) - len(differing),
        "share": round(ratio(len(found) - len(differing), len(found)), 4),
        "applicable": applying,
        "share_of_applicable": round(ratio(len(found) - len(differing), applying), 4),
        "differ_because": dict(sorted(reasons.items())),
    }


def run(data: Path) -> dict[str, Any]:
    """All figures over the folder of feeds."""
    return {**{name: summary(suite(data)) for name, suite in SUITES.items()}, "real": real(data)}


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Evaluation data.",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the results."
)
@click.option("--differences", is_flag=True, help="List what differs, field by field, and write nothing.")
def command(data: Path, out: Path, differences: bool) -> None:
    """Measure feed conformance, print the figures and keep them as dated JSON."""
    folder = data / "feeds"
    if differences:
        for name, suite in SUITES.items():
            for one in suite(folder):
                if not one.agrees:
                    reason = reason_of(one) or "unexplained"
                    click.echo(f"{name}\t{one.file}\t{one.field}\t{reason}\t{one.expected!r}\t{one.found!r}")
        return
    figures = run(folder)
    now = datetime.now(UTC)
    result = {"measured": now.isoformat(timespec="seconds"), **surroundings(), **figures}
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"feeds-{now:%Y-%m-%d}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for line in table(figures):
        click.echo(line)
    click.echo(f"written to {path}")


if __name__ == "__main__":
    command()
