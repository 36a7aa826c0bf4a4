"""`copytaster.story.published|revised|withdrawn.v1`: one outlet's normalised text, with names from IPTC ninjs 3.1.

Offsets (`begin`, `end`) are code points, end exclusive, into the field named beside them of this very version.
"""

from __future__ import annotations

from pydantic import Field

from copytaster_schemas.base import EventModel, Instant


class Headline(EventModel):
    """ninjs `headlines`: `main` is the title without the site's name."""

    role: str = "main"
    value: str


class Body(EventModel):
    """ninjs `bodies`: plain text, a line per paragraph, without title, lead and captions."""

    role: str = "main"
    content_type: str = "text/plain"
    char_count: int = Field(ge=0)
    word_count: int = Field(ge=0)
    value: str | None = Field(default=None, description="absent when the text lies behind dataref")


class InfoSource(EventModel):
    """ninjs `infoSources`: who provided the information, in which role."""

    name: str
    role: str | None = None
    uri: str | None = None
    literal: str | None = Field(default=None, description="the words as printed")


class AltId(EventModel):
    """ninjs `altIds`: roles `url` (final), `requested`, `canonical`, `guid`."""

    role: str
    value: str


class Subject(EventModel):
    """ninjs `subjects`: section and keywords as the page states them."""

    name: str
    creator: str | None = None


class Association(EventModel):
    """ninjs `associations`: a picture of the story with its caption and credit."""

    name: str
    type: str = "picture"
    uri: str | None = None
    description_text: str | None = None
    credit_line: str | None = None


class Located(EventModel):
    """ninjs `located`: the place of the dateline."""

    name: str


class Credit(EventModel):
    """One credit: which agency, in which role, on which evidence."""

    agency: str | None = Field(default=None, description="key of the agency list; absent for a bare address")
    role: str = Field(description="open vocabulary, see reasons.ROLES")
    field: str = Field(description="text, lead, title, caption, byline or dom")
    begin: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=0)
    quote: str = Field(description="the words or the address as printed")
    rule: str
    confidence: float = Field(ge=0, le=1)


class FurnitureSpan(EventModel):
    """A span of the body that recurs over the outlet's pages and proves nothing."""

    begin: int = Field(ge=0)
    end: int = Field(ge=0)
    kind: str


class Provider(EventModel):
    """Who publishes: the outlet's site, the family it belongs to, the feed it came through."""

    outlet: str = Field(description="the outlet's site, for example nordpost.example")
    name: str | None = None
    family: str | None = Field(default=None, description="unit of independence; absent = the outlet itself")
    feed: str | None = None


class Delta(EventModel):
    """What a revision changed. Numbers and names are told while the version before is remembered (three days)."""

    version: int = Field(ge=1, description="the version that this one is compared with")
    changed: list[str] = Field(default_factory=list, description="among headline, lead, body, credits")
    numbers_added: list[str] = Field(default_factory=list, description="digits with a point for decimals")
    numbers_removed: list[str] = Field(default_factory=list)
    names_added: list[str] = Field(default_factory=list, description="capitalised words, as printed")
    names_removed: list[str] = Field(default_factory=list)


class Story(EventModel):
    """A story version, complete and ready to use."""

    uri: str
    version: int = Field(ge=1, description="revision of this story; counts published, revised and withdrawn")
    type: str = "text"
    pub_status: str = Field(default="usable", description="usable, withheld or canceled")
    headlines: list[Headline] = Field(default_factory=list)
    bodies: list[Body] = Field(default_factory=list)
    dataref: str | None = Field(default=None, description="where a body beyond 48 KiB lies")
    lead: str | None = None
    captions: list[str] = Field(default_factory=list)
    by: str | None = Field(default=None, description="the byline as printed")
    authors: list[str] = Field(default_factory=list)
    located: Located | None = None
    language: str | None = Field(default=None, description="BCP 47, by content")
    version_created: Instant = Field(description="when this version was recorded")
    first_created: Instant = Field(description="when the first version was recorded")
    content_created: Instant | None = Field(
        default=None, description="publication as the page or feed states it"
    )
    content_created_basis: str | None = Field(default=None, description="jsonld, meta, feed, visible or url")
    content_created_precision: str | None = Field(default=None, description="second, minute or date")
    content_modified: Instant | None = None
    info_sources: list[InfoSource] = Field(default_factory=list)
    alt_ids: list[AltId] = Field(default_factory=list)
    subjects: list[Subject] = Field(default_factory=list)
    associations: list[Association] = Field(default_factory=list)
    usage_terms: str | None = None
    is_accessible_for_free: bool | None = None
    body_scope: str | None = Field(default=None, description="full or teaser")
    text_from: str | None = Field(
        default=None,
        description="`feed`: the text is the feed's, for the page was not to be had; absent = the page's",
    )
    correction_note: str | None = None
    live_ticker: bool | None = None
    credits: list[Credit] = Field(default_factory=list)
    furniture: list[FurnitureSpan] = Field(default_factory=list)
    provider: Provider
    delta: Delta | None = Field(
        default=None, description="in story.revised: what changed since the version before"
    )
    text_hash: str = Field(description="hash of the normalised text; decides published, revised, unchanged")

    @property
    def title(self) -> str:
        """The main headline, or an empty string."""
        return next((headline.value for headline in self.headlines if headline.role == "main"), "")

    @property
    def text(self) -> str:
        """The main body, or an empty string when it lies behind `dataref`."""
        return next((body.value or "" for body in self.bodies if body.role == "main"), "")

    @property
    def url(self) -> str:
        """The final address, or an empty string for an item without one."""
        return next((alt.value for alt in self.alt_ids if alt.role == "url"), "")
