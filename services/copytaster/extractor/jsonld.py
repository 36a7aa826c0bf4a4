"""What the JSON-LD of a page says of its article: the article's node, names of people and organisations, plain values."""

from __future__ import annotations

from typing import Any, Final

_RANKS: Final = {
    "newsarticle": 6,
    "reportagenewsarticle": 6,
    "analysisnewsarticle": 6,
    "opinionnewsarticle": 6,
    "backgroundnewsarticle": 6,
    "reviewnewsarticle": 6,
    "liveblogposting": 6,
    "article": 5,
    "techarticle": 5,
    "scholarlyarticle": 5,
    "report": 5,
    "advertisercontentarticle": 5,
    "satiricalarticle": 5,
    "blogposting": 5,
    "review": 4,
    "socialmediaposting": 3,
    "videoobject": 2,
    "audioobject": 2,
    "webpage": 1,
    "itempage": 1,
}
"""How surely a node of this schema.org type is the page's article."""


def article_node(nodes: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """The node that describes the article, an empty dict if there is none; the fullest of the best-ranked types."""

    def worth(node: dict[str, Any]) -> tuple[int, int]:
        filled = sum(
            1 for key in ("headline", "datePublished", "author", "publisher", "articleBody") if node.get(key)
        )
        return (rank_of(node), filled)

    best = max(nodes, key=worth, default={})
    return best if best and rank_of(best) else {}


def rank_of(node: dict[str, Any]) -> int:
    """0 for a node that cannot be an article, up to 6 for news."""
    return max((_RANKS.get(kind, 0) for kind in types_of(node)), default=0)


def types_of(node: dict[str, Any]) -> list[str]:
    """The node's types in lower case, without the vocabulary's address."""
    raw = node.get("@type")
    listed = raw if isinstance(raw, list) else [raw]
    return [kind.rpartition("/")[2].lower() for kind in listed if isinstance(kind, str)]


def resolve(value: Any, nodes: tuple[dict[str, Any], ...]) -> list[Any]:
    """`value` as a list, with references (`{"@id": …}`) replaced by the nodes they point to."""
    items = value if isinstance(value, list) else [value]
    by_id = {n["@id"]: n for n in nodes if isinstance(n.get("@id"), str) and len(n) > 2}
    return [
        by_id.get(item["@id"], item)
        if isinstance(item, dict) and isinstance(item.get("@id"), str) and "name" not in item
        else item
        for item in items
        if item is not None
    ]


def string(value: Any) -> str | None:
    """The first string in a value, stripped; None if there is none."""
    if isinstance(value, list):
        return next((found for item in value if (found := string(item))), None)
    if isinstance(value, dict):
        return string(value.get("@value") or value.get("name"))
    return value.strip() or None if isinstance(value, str) else None


def strings(value: Any) -> list[str]:
    """All strings in a value, one level deep."""
    items = value if isinstance(value, list) else [value]
    return [found for item in items if (found := string(item))]
