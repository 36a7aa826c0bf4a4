"""The words of the demo newsroom: outlets, news points, articles, and what is true of each. Plain values, no reading.

`catalogue` reads them from the package's files; `edition` turns them into what is printed at a moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from copytaster.newsroom.texts import Paragraph

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
    """How an outlet's feed is written: `dates` is one of `almanac.FEED_DATE_FORMS`.

    `link_suffix` is what its links carry for counting readers; the page is the same without it.
    """

    kind: FeedKind
    path: str
    dates: str
    permalink_guids: bool
    full_text: bool
    charset: str
    link_suffix: str


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

    def at_address(self, url: str) -> Article | None:
        """The article whose page has that address, whatever its port, query and fragment; None for any other."""
        parts = urlsplit(url)
        place = (parts.hostname, parts.path)
        return next((one for one in self.articles.values() if (one.outlet, one.path) == place), None)

    def item_ids(self) -> tuple[str, ...]:
        """The ids of all feed items, articles and oddities, in the order of their publication."""
        items: list[Article | Oddity] = [*self.articles.values(), *self.oddities]
        return tuple(
            item.id for item in sorted(items, key=lambda item: (-item.published_minutes_before, item.id))
        )

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
