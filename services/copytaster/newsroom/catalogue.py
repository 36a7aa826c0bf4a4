"""The catalogue of the demo newsroom: outlets, news points, articles, and the truth about who copied whom.

Everything comes from `content/`: an outlet a TOML file beside its page template, a news point a TOML file with all its
articles. The catalogue knows no clock and no port; `edition` turns it into what is printed at a moment.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal

from copytaster.newsroom.texts import Paragraph, apply_edits, expand, split_paragraphs

KINDS: Final = (
    "original",
    "verbatim",
    "edited",
    "excerpt",
    "rewrite",
    "translation",
    "own_report",
    "lookalike",
)
"""What an article is: the first text of its news point, one derived from another, an own report of the same point, or
a text with the same cast and some of the same background about something else."""

FeedKind = Literal["rss2", "atom", "rdf"]
OddityKind = Literal["consent_wall", "list_page", "dead_link", "disallowed"]


@dataclass(frozen=True, slots=True)
class FeedForm:
    """How an outlet's feed is written: `dates` is one of `almanac.FEED_DATE_FORMS`."""

    kind: FeedKind
    path: str
    dates: str
    permalink_guids: bool
    full_text: bool
    charset: str


@dataclass(frozen=True, slots=True)
class Insert:
    """Furniture in the middle of a text: `html` stands after that many paragraphs."""

    after_paragraph: int
    html: str


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented outlet and the build of its pages; `markup` holds a template for each part of a page."""

    host: str
    title: str
    language: str
    utc_offset_minutes: int
    charset: str
    content_type: str
    json_ld: Literal["none", "article", "graph"]
    visible_date: str
    robots: str
    feed: FeedForm
    markup: Mapping[str, str]
    inserts: tuple[Insert, ...]
    template: str


@dataclass(frozen=True, slots=True)
class ExpectedCredit:
    """A credit that the article carries: `agency` is None for a plain source address (role `cited_url`)."""

    role: str
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Caption:
    """A picture's caption with its photo credit, after that many paragraphs."""

    after_paragraph: int
    text: str


@dataclass(frozen=True, slots=True)
class Correction:
    """The article first says the second text of each pair where it later says the first one."""

    note: str
    first_said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Article:
    """One outlet's text, complete, with dates and addresses still to be filled in (see `texts`).

    `published_minutes_before` counts back from the start of the server, `event_minutes_before` is when the news
    happened: the day that datelines and weekdays speak of.
    """

    id: str
    point: str
    topic: str
    outlet: str
    path: str
    kind: str
    derived_from: str | None
    language: str
    section: str
    headline: str
    lead: str | None
    byline: str | None
    paragraphs: tuple[Paragraph, ...]
    credit_line: str | None
    captions: tuple[Caption, ...]
    credits: tuple[ExpectedCredit, ...]
    published_minutes_before: int
    event_minutes_before: int
    correction: Correction | None
    vanishes: bool

    @property
    def text(self) -> str:
        """The body as plain text, a line a paragraph."""
        return "\n".join(paragraph.text for paragraph in self.paragraphs)


@dataclass(frozen=True, slots=True)
class NewsPoint:
    """What some stories report; points of one topic share their cast and differ in their news."""

    slug: str
    title: str
    topic: str
    event_minutes_before: int


@dataclass(frozen=True, slots=True)
class Oddity:
    """A feed item that must not become a story; `dropped_as` is the reason code it should be dropped with."""

    id: str
    outlet: str
    path: str
    kind: OddityKind
    published_minutes_before: int
    headline: str
    summary: str
    page: str | None
    dropped_as: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of the newsroom; keys are host, slug and article id."""

    outlets: Mapping[str, Outlet]
    points: Mapping[str, NewsPoint]
    articles: Mapping[str, Article]
    oddities: tuple[Oddity, ...]

    def of_outlet(self, host: str) -> tuple[Article, ...]:
        """An outlet's articles, the newest first."""
        return tuple(
            sorted(
                (article for article in self.articles.values() if article.outlet == host),
                key=lambda article: (article.published_minutes_before, article.id),
            )
        )

    def of_point(self, slug: str) -> tuple[Article, ...]:
        """The articles of a news point, the earliest first: what one cluster should hold."""
        return tuple(
            sorted(
                (article for article in self.articles.values() if article.point == slug),
                key=lambda article: (-article.published_minutes_before, article.id),
            )
        )

    def lookalikes(self, article_id: str) -> tuple[Article, ...]:
        """Articles with the same cast that report another news point: what must stay apart from this one."""
        one = self.articles[article_id]
        return tuple(
            other for other in self.articles.values() if other.topic == one.topic and other.point != one.point
        )

    def first_text(self, article_id: str) -> Article:
        """The text that this article derives from in the end; itself if it derives from none."""
        article = self.articles[article_id]
        while article.derived_from is not None:
            article = self.articles[article.derived_from]
        return article

    def expected(self) -> list[dict[str, Any]]:
        """The ground truth as plain data, an article an element, in order of id; absent values are left out."""
        return [_expected(article) for _, article in sorted(self.articles.items())]


def _expected(article: Article) -> dict[str, Any]:
    truth: dict[str, Any] = {
        "id": article.id,
        "outlet": article.outlet,
        "path": article.path,
        "newsPoint": article.point,
        "topic": article.topic,
        "kind": article.kind,
        "derivedFrom": article.derived_from,
        "language": article.language,
        "credits": [
            {"agency": credit.agency, "role": credit.role} if credit.agency else {"role": credit.role}
            for credit in article.credits
        ],
    }
    return {name: value for name, value in truth.items() if value is not None}


def content() -> Traversable:
    """The folder of the newsroom's texts and templates, wherever the package is installed."""
    return resources.files("copytaster.newsroom") / "content"


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The whole catalogue, read from the package's own files; ValueError names the file or article that is wrong."""
    points = [tomllib.loads(path.read_text("utf-8")) for path in _files("points", ".toml")]
    outlets = [_outlet(path) for path in _files("outlets", ".toml")]
    languages = {outlet.host: outlet.language for outlet in outlets}
    oddities = tomllib.loads((content() / "oddities.toml").read_text("utf-8"))["items"]
    return Catalogue(
        outlets={outlet.host: outlet for outlet in outlets},
        points={point["slug"]: _point(point) for point in points},
        articles=_articles(points, languages),
        oddities=tuple(Oddity(page=entry.pop("page", None), **entry) for entry in oddities),
    )


def _files(folder: str, ending: str) -> list[Traversable]:
    return sorted(
        (path for path in (content() / folder).iterdir() if path.name.endswith(ending)),
        key=lambda path: path.name,
    )


def _outlet(path: Traversable) -> Outlet:
    raw = tomllib.loads(path.read_text("utf-8"))
    feed = {"full_text": False, "charset": "utf-8", **raw.pop("feed")}
    inserts = tuple(Insert(**insert) for insert in raw.pop("inserts", ()))
    template = (content() / "outlets" / f"{raw['host']}.html").read_text("utf-8")
    raw["robots"] = raw["robots"].lstrip()
    return Outlet(feed=FeedForm(**feed), inserts=inserts, template=template, **raw)


def _point(raw: Mapping[str, Any]) -> NewsPoint:
    return NewsPoint(raw["slug"], raw["title"], raw["topic"], raw["event_minutes_before"])


def _articles(points: Sequence[Mapping[str, Any]], languages: Mapping[str, str]) -> dict[str, Article]:
    raw = {entry["id"]: (point, entry) for point in points for entry in point["articles"]}
    bodies: dict[str, tuple[Paragraph, ...]] = {}

    def body(article_id: str) -> tuple[Paragraph, ...]:
        if article_id not in bodies:
            bodies[article_id] = _body(raw[article_id][1], body)
        return bodies[article_id]

    return {
        article_id: _article(entry, point, body(article_id), languages)
        for article_id, (point, entry) in raw.items()
    }


def _body(entry: Mapping[str, Any], body: Callable[[str], tuple[Paragraph, ...]]) -> tuple[Paragraph, ...]:
    source = body(entry["derived_from"]) if "derived_from" in entry else ()
    try:
        paragraphs = expand(split_paragraphs(entry["text"]), source, body)
        edited = apply_edits([one.text for one in paragraphs], _pairs(entry.get("edits", ())))
    except ValueError as error:
        raise ValueError(f"{entry['id']}: {error}") from error
    return tuple(Paragraph(text, one.background) for text, one in zip(edited, paragraphs, strict=True))


def _pairs(raw: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((old, new) for old, new in raw)


def _article(
    entry: Mapping[str, Any],
    point: Mapping[str, Any],
    paragraphs: tuple[Paragraph, ...],
    languages: Mapping[str, str],
) -> Article:
    correction = entry.get("correction")
    return Article(
        id=entry["id"],
        point=point["slug"],
        topic=point["topic"],
        outlet=entry["outlet"],
        path=entry["path"],
        kind=entry["kind"],
        derived_from=entry.get("derived_from"),
        language=languages[entry["outlet"]],
        section=entry["section"],
        headline=entry["headline"],
        lead=entry.get("lead"),
        byline=entry.get("byline"),
        paragraphs=paragraphs,
        credit_line=entry.get("credit_line"),
        captions=tuple(Caption(**caption) for caption in entry.get("captions", ())),
        credits=tuple(ExpectedCredit(**credit) for credit in entry["credits"]),
        published_minutes_before=point["event_minutes_before"] - entry["lag_minutes"],
        event_minutes_before=point["event_minutes_before"],
        correction=Correction(correction["note"], _pairs(correction["first_said"])) if correction else None,
        vanishes=entry.get("vanishes", False),
    )


def item_ids(catalogue: Catalogue) -> tuple[str, ...]:
    """The ids of all feed items, articles and oddities, in the order of their publication."""
    items: list[Article | Oddity] = [*catalogue.articles.values(), *catalogue.oddities]
    return tuple(
        item.id for item in sorted(items, key=lambda item: (-item.published_minutes_before, item.id))
    )
