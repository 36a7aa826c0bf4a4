"""`copytaster.cluster.changed.v1`: one cluster, complete, after one change; a merge is two events in one commit."""

from __future__ import annotations

from pydantic import Field

from copytaster_schemas.base import EventModel


class Member(EventModel):
    """A story of the cluster; `family` groups the stories that derive from one text."""

    story: str
    version: int = Field(ge=1)
    outlet: str
    language: str | None = None
    family: str | None = Field(default=None, description="uri of the family's earliest member")
    title: str | None = None
    url: str | None = None


class Origin(EventModel):
    """Where the news comes from, as far as the evidence says."""

    story: str | None = Field(default=None, description="the member that the others derive from")
    agency: str | None = Field(default=None, description="the credited agency")
    seen: bool = Field(description="whether the origin itself is among the members")
    confidence: float = Field(ge=0, le=1)
    basis: list[str] = Field(default_factory=list)


class Counts(EventModel):
    """`independent` counts origins, not members: twelve reprints of one report are one source."""

    members: int = Field(ge=0)
    outlets: int = Field(ge=0)
    families: int = Field(ge=0)
    independent: int = Field(ge=0)
    languages: int = Field(ge=0)


class Reason(EventModel):
    """Why the cluster changed; `code` is an open vocabulary (compared, withdrawn, operator, closed)."""

    code: str
    story: str | None = None
    text: str | None = None
    actor: str | None = None


class ClusterChanged(EventModel):
    """A cluster after one change."""

    cluster: str
    revision: int = Field(ge=1)
    op: str = Field(description="open vocabulary, see reasons.OPS")
    state: str = Field(description="open, closed or merged")
    merged_into: str | None = None
    merged_from: list[str] = Field(default_factory=list)
    split_from: str | None = None
    split_into: list[str] = Field(default_factory=list)
    reason: Reason
    added: list[str] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    members: list[Member] = Field(default_factory=list)
    members_truncated: bool | None = None
    headline: str | None = Field(default=None, description="of the origin story, else of the earliest member")
    origin: Origin
    counts: Counts
    policy: str
