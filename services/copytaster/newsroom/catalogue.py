"""The catalogue of the demo newsroom, read from `content/`.

An outlet is a TOML file beside its page template, a news point a TOML file with all its articles, of which copies are
written down as what a sub-editor did to their source (see `texts`). Knows no clock and no port.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from copytaster.newsroom.model import (
    Article,
    Caption,
    Catalogue,
    Correction,
    ExpectedCredit,
    FeedForm,
    Insert,
    NewsPoint,
    Oddity,
    Outlet,
)
from copytaster.newsroom.texts import Paragraph, apply_edits, expand, split_paragraphs

__all__ = ["Catalogue", "content", "load_catalogue"]


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
    feed = {"full_text": False, "charset": "utf-8", "link_suffix": "", **raw.pop("feed")}
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
        language=entry.get("language", languages[entry["outlet"]]),
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
