"""Authors as names of people and desks: cleaned of roles, addresses and agencies.

An agency in the place of an author is a credit, not an author; what was printed is kept as the byline.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from lxml.html import HtmlElement

from copytaster.extractor.jsonld import resolve, string
from copytaster.extractor.page import Page, text_of
from copytaster.extractor.titles import fold
from copytaster.text.agencies import find_mentions
from copytaster.text.wordlists import words

MAX_NAME_CHARS: Final = 60
MAX_AUTHORS: Final = 20
MAX_PRINTED_CHARS: Final = 300

_META_NAMES: Final = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "cxenseparse:author",
    "byl",
    "citation_author",
    "og:article:author",
    "og:author",
)
_BY: Final = re.compile(
    r"^\W*(?:(?:ein (?:beitrag|artikel|kommentar|gastbeitrag) )?von|by|par|por|di|da|de|av|af|door|autor(?:in|en)?|author|"
    r"text|tekst|текст|автор|written by|story by|posted by|geschrieben von|protokoll|interview)\s*:?\s+(?=\S)",
    re.IGNORECASE,
)
_JOINTS: Final = re.compile(
    r"\s*(?:;|\||\n|,(?!\s*(?:jr|sr|md|phd|ii|iii)\b)|\s+(?:und|and|et|y|e|og|och|en|и|та|ve|&)\s+|\s+/\s+)\s*",
    re.IGNORECASE,
)
_ROLE: Final = re.compile(
    r"\s*(?:\(.*?\)|\[.*?\]|,?\s+(?:in|aus|from|for|für)\s+[A-ZÄÖÜ][\w.-]+$|\s+[-–—]\s+.*$|\s*\|.*$|\s*@\S+|\s*\S+@\S+\s*|\s*(?:기자|記者|记者)$)",
)
_CAPITALISED: Final = r"[^\W\d_a-zà-ÿа-яіїєґ][^\W\d_]*[^\W\d_A-ZÀ-ÞА-ЯІЇЄҐ]"
_SIGNATURE: Final = re.compile(
    rf"(?P<name>{_CAPITALISED}(?: {_CAPITALISED}){{1,3}})(?P<credit>\s*\([^()]{{2,80}}\))?$"
)
_AUTHOR_TAGS: Final = frozenset({"a", "span", "p", "div", "li", "strong", "em"})
_AUTHOR_PATH: Final = re.compile(
    r"/(?:authors?|autor(?:en|es|i|zy)?|auteurs?|reporters?|redakteure?|journalists?|staff)/[^/]",
    re.IGNORECASE,
)
_AUTHOR_CLASS: Final = re.compile(r"(?:^|[\s_-])author(?:s|[-_]*name)?(?:$|\s)", re.IGNORECASE)
_BYLINE_CLASS: Final = re.compile(r"(?:^|[\s_-])(?:byline(?:[-_]*name)?|writer|autor)(?:$|\s)", re.IGNORECASE)
_NO_NAMES: Final = words(
    """
    redaktion dieredaktion onlineredaktion newsredaktion redaction redacción redacao redazione redakcja redakce редакция
    редакція redaktionen redakcia admin administrator editor editors editorial editorialteam newsdesk newsroom newsteam
    webmaster unbekannt unknown anonymous none null undefined author autor staff staffwriter guest gastbeitrag
    onlinedesk webdesk thenewsdesk agenturen agencies agencias agences agentur nachrichtenagentur nachrichtenagenturen wires
    """
)


@dataclass(frozen=True, slots=True)
class Byline:
    """`authors` in the order printed, `printed` as the page has it (with agencies), both possibly empty."""

    authors: tuple[str, ...]
    printed: str


def page_byline(page: Page, article: dict[str, Any], *, site_names: frozenset[str]) -> Byline:
    """The byline from JSON-LD, else metadata, else the page's visible author element.

    The outlet's own name is an answer only where no later source names a person.
    """
    visible = visible_authors(page)
    found = _first_byline((_from_jsonld(page, article), _from_meta(page, site_names), visible), site_names)
    shown = ", ".join(visible)[:MAX_PRINTED_CHARS]
    # `Von Lena Hofer (mit dpa)`: metadata name the author, only the page names the agency.
    if {m.agency for m in find_mentions(shown)} - {m.agency for m in find_mentions(found.printed)}:
        return Byline(found.authors, shown)
    return found


def _first_byline(sources: tuple[list[str], ...], site_names: frozenset[str]) -> Byline:
    fallback = Byline((), "")
    for stated in sources:
        names = [name for one in stated for name in split_names(one)]
        authors = tuple(dict.fromkeys(n for n in names if _is_author(n)))[:MAX_AUTHORS]
        byline = Byline(authors, ", ".join(dict.fromkeys(s.strip() for s in stated))[:MAX_PRINTED_CHARS])
        if authors and not all(_is_outlet(author, site_names) for author in authors):
            return byline
        if byline.printed and (not fallback.printed or (authors and not fallback.authors)):
            fallback = byline
        if byline.printed and not authors and find_mentions(byline.printed):
            return byline  # an agency instead of an author
    return fallback


def signature(last_line: str) -> tuple[str | None, bool]:
    """The author who signs a text in its last line, and whether the line says nothing else.

    `Minh Hà` is only a signature; `Ngoc Anh (laut TASS, RIA)` is a credit line, too, and stays in the text.
    """
    match = _SIGNATURE.match(last_line.strip())
    if match is None or find_mentions(match["name"]) or fold(match["name"]) in _NO_NAMES:
        return None, False
    credit = match["credit"]
    if credit is not None and not find_mentions(credit):
        return None, False
    return match["name"], credit is None


def _is_outlet(name: str, site_names: frozenset[str]) -> bool:
    folded = fold(name)
    return any(folded == site or (len(site) > 3 and folded.startswith(site)) for site in site_names)


def split_names(stated: str) -> list[str]:
    """The names in one stated author value, without `By`, roles and addresses."""
    text = re.sub(r"\s+", " ", html.unescape(stated)).strip()
    if re.match(r"https?://|www\.", text):
        return []
    text = _BY.sub("", text)
    # "Doe, Jane" is one person: exactly two single words around one comma.
    one_person = re.fullmatch(r"[^\W\d]+, [^\W\d]+", text) and len(text) < MAX_NAME_CHARS
    parts = [text] if one_person else _JOINTS.split(text)
    names = (_ROLE.sub("", _BY.sub("", part)).strip(" .,:-–—*·•") for part in parts)
    return [
        name for name in names if 1 < len(name) <= MAX_NAME_CHARS and not re.search(r"https?://|\d", name)
    ]


def _is_author(name: str) -> bool:
    folded = fold(name)
    if not folded or folded in _NO_NAMES:
        return False
    # `dpa`, `AFP/Reuters`: nothing is left once the agencies are taken out.
    rest = name
    for mention in reversed(find_mentions(name)):
        rest = rest[: mention.begin] + rest[mention.end :]
    return bool(
        re.sub(r"\b(?:mit|with|the|und|and|ag|agentur|news agency)\b|[\W_]+", "", rest, flags=re.IGNORECASE)
    )


def _from_jsonld(page: Page, article: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for value in resolve(article.get("author") or article.get("creator"), page.jsonld):
        if isinstance(value, dict):
            parts = [value.get("givenName"), value.get("familyName")]
            name = value.get("name") or " ".join(part for part in parts if isinstance(part, str))
            found += [n for n in (name if isinstance(name, list) else [name]) if isinstance(n, str)]
        elif (name := string(value)) is not None:
            found.append(name)
    return [name for name in found if not re.match(r"\s*(?:https?://|$)", name)]


def _from_meta(page: Page, site_names: frozenset[str]) -> list[str]:
    # Some pages state two authors under one name: the outlet for every page, and the person for this one.
    named = [e.get("content", "").strip() for e in page.tree.iter("meta") if e.get("name") == "author"]
    stated = [value for name in _META_NAMES if (value := page.meta.get(name, ""))] + named
    usable = [value for value in stated if not re.match(r"https?://", value) and len(value) <= 200]
    return next(([value] for value in usable if not _is_outlet(value, site_names)), usable[:1])


def visible_authors(page: Page) -> list[str]:
    """The texts of the first author element that the page shows, and of those beside it."""
    for marks in (_by_relation, _by_link, _by_class):
        marked = marks(page)
        first = next((e for e in marked if _may_be_name(text_of(e))), None)
        if first is None:
            continue
        beside = [e for e in marked if _ancestor(e) is _ancestor(first)]
        return list(dict.fromkeys(text for e in beside if _may_be_name(text := text_of(e))))[:6]
    return []


def _may_be_name(text: str) -> bool:
    """Whether a text has the length of one or two names; three letters only for an agency."""
    return 3 < len(text) <= 2 * MAX_NAME_CHARS or (len(text) > 1 and bool(find_mentions(text)))


def _ancestor(element: HtmlElement) -> HtmlElement | None:
    parent = element.getparent()
    # Each author of several stands in an element of his own, a list item or a span.
    return parent.getparent() if parent is not None and parent.tag in {"li", "span"} else parent


def _by_relation(page: Page) -> list[HtmlElement]:
    return [
        e
        for e in page.elements
        if e.tag in _AUTHOR_TAGS
        and (e.get("itemprop") == "author" or "author" in (e.get("rel") or "").lower().split())
    ]


def _by_link(page: Page) -> list[HtmlElement]:
    return [e for e in page.tree.iter("a") if _AUTHOR_PATH.search(e.get("href") or "")]


def _by_class(page: Page) -> list[HtmlElement]:
    return [e for e, classes in page.classed if e.tag in _AUTHOR_TAGS and _is_author_class(classes)]


@lru_cache(maxsize=8_192)
def _is_author_class(classes: str) -> bool:
    return bool(_AUTHOR_CLASS.search(classes) or _BYLINE_CLASS.search(classes))
