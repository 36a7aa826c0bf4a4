"""What the newsroom prints, given its start time and port: texts with their dates, addresses and times filled in.

The same start time and port give the same texts to the letter. Pure; the server and the tests use it alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from copytaster.newsroom.almanac import zone
from copytaster.newsroom.model import Article, Caption, Catalogue, Oddity, Outlet
from copytaster.newsroom.texts import apply_edits, fill_in

TEXT_ZONE: Final = zone(60)
"""Datelines and weekdays of all outlets count in Karsund's time: copies of one text must name the same day."""

SUMMARY_CHARS: Final = 220
"""Length at which a feed's summary is cut: the size of the teasers that real feeds carry."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One version of an article as a reader sees it; `modified` equals `published` for a first version."""

    id: str
    url: str
    section: str
    headline: str
    lead: str | None
    byline: str | None
    paragraphs: tuple[str, ...]
    credit_line: str | None
    captions: tuple[Caption, ...]
    correction_note: str | None
    published: datetime
    modified: datetime

    @property
    def summary(self) -> str:
        """The lead, or the beginning of the first paragraph, as a feed's teaser."""
        text = self.lead or self.paragraphs[0]
        if len(text) <= SUMMARY_CHARS:
            return text
        return text[:SUMMARY_CHARS].rsplit(" ", 1)[0] + " …"


@dataclass(frozen=True, slots=True)
class Edition:
    """A catalogue printed by a server that started at `started_at` (aware) and listens on `port`."""

    catalogue: Catalogue
    started_at: datetime
    port: int

    def base_url(self, host: str) -> str:
        """The address of an outlet, without a closing slash."""
        return f"http://{host}" if self.port == 80 else f"http://{host}:{self.port}"

    def url(self, item: Article | Oddity) -> str:
        """The address of an article's or oddity's page."""
        return self.base_url(item.outlet) + item.path

    def published(self, item: Article | Oddity) -> datetime:
        """When the item was published: to the minute, in its outlet's zone."""
        moment = self.started_at - timedelta(minutes=item.published_minutes_before)
        outlet = self.catalogue.outlets[item.outlet]
        return moment.replace(second=0, microsecond=0).astimezone(zone(outlet.utc_offset_minutes))

    def related(self, outlet: Outlet, article_id: str, count: int = 3) -> tuple[Article, ...]:
        """Other articles of the outlet for its box of further headlines: the same ones at any moment of a demo."""
        others = [article for article in self.catalogue.of_outlet(outlet.host) if article.id != article_id]
        return tuple(others[-count:])

    def reading(self, article: Article, corrected_at: datetime | None = None) -> Reading:
        """The article as it stands before its correction, or since `corrected_at`; without one there is one version."""
        published = self.published(article)
        headline, paragraphs = self._wording(article, first=corrected_at is None)
        note = article.correction.note if article.correction and corrected_at else None
        return Reading(
            id=article.id,
            url=self.url(article),
            section=article.section,
            headline=headline,
            lead=self._filled(article, article.lead) if article.lead else None,
            byline=article.byline,
            paragraphs=paragraphs,
            credit_line=self._filled(article, article.credit_line) if article.credit_line else None,
            captions=article.captions,
            correction_note=note,
            published=published,
            modified=corrected_at.astimezone(published.tzinfo) if note and corrected_at else published,
        )

    def _wording(self, article: Article, *, first: bool) -> tuple[str, tuple[str, ...]]:
        lines: Sequence[str] = (article.headline, *(paragraph.text for paragraph in article.paragraphs))
        if first and article.correction:
            lines = apply_edits(lines, article.correction.first_said)
        headline, *paragraphs = (self._filled(article, line) for line in lines)
        return headline, tuple(paragraphs)

    def _filled(self, article: Article, text: str) -> str:
        day = (self.started_at - timedelta(minutes=article.event_minutes_before)).astimezone(TEXT_ZONE)
        return fill_in(text, language=article.language, day=day, url_of=self._url_of)

    def _url_of(self, article_id: str) -> str:
        return self.url(self.catalogue.articles[article_id])
