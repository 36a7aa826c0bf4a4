"""`copytaster.story.compared.v1`: all links of one story version, strongest first; replaces what was said before."""

from __future__ import annotations

from pydantic import Field

from copytaster_schemas.base import EventModel
from copytaster_schemas.story import Credit


class StoryVersion(EventModel):
    """A story and the version that was compared."""

    uri: str
    version: int = Field(ge=1)


class AlignedSpan(EventModel):
    """The same passage in both texts; code points into the two bodies."""

    a_begin: int = Field(ge=0)
    a_end: int = Field(ge=0)
    b_begin: int = Field(ge=0)
    b_end: int = Field(ge=0)
    kind: str = Field(description="exact or fuzzy")


class Shared(EventModel):
    """What two texts have in common, miss and contradict, of one kind (numbers, names, dates)."""

    shared: list[str] = Field(default_factory=list)
    only_a: list[str] = Field(default_factory=list)
    only_b: list[str] = Field(default_factory=list)
    conflicting: list[str] = Field(default_factory=list)


class Evidence(EventModel):
    """Everything the decision rests on; scores are integers in thousandths, so that anyone can recompute them."""

    scores: dict[str, int] = Field(default_factory=dict)
    contributions: dict[str, int] = Field(
        default_factory=dict,
        description="what the measures that told most moved the score by, in thousandths of log odds",
    )
    spans: list[AlignedSpan] = Field(default_factory=list)
    spans_truncated: bool | None = None
    numbers: Shared | None = None
    names: Shared | None = None
    dates: Shared | None = None
    credits: list[Credit] = Field(default_factory=list)
    vetoes: list[str] = Field(default_factory=list)


class Link(EventModel):
    """a is <relation> b."""

    id: str
    a: StoryVersion
    b: StoryVersion
    relation: str = Field(description="open vocabulary, see reasons.RELATIONS")
    merges: bool
    confidence: float = Field(ge=0, le=1, description="that both report the same news point")
    direction: str = Field(description="a_from_b, b_from_a or none")
    direction_basis: list[str] = Field(
        default_factory=list, description="credit, containment, time, source_link"
    )
    evidence: Evidence
    policy: str


class StoryCompared(EventModel):
    """One story version was compared with its candidates."""

    story: StoryVersion
    revision: int = Field(ge=1)
    links: list[Link] = Field(default_factory=list, description="the 16 strongest")
    links_truncated: bool | None = None
    candidates: int = Field(ge=0, description="how many stories were looked at")
    abstained: int = Field(default=0, ge=0)
    unrelated: int = Field(default=0, ge=0)
    withdrawn: bool | None = Field(
        default=None, description="true: the story was withdrawn, there is nothing to compare any more"
    )
    policy: str
