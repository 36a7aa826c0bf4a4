"""What an operator knows of a site better than the rules do: where its body, date and credit stand, as CSS or XPath.

One YAML file, one entry a site; a rule holds for the site and its subdomains. No rule of the project names a host; these are the
operator's own. Pure: reading the file is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from cssselect import HTMLTranslator, SelectorError
from lxml.etree import XPath, XPathError
from lxml.html import HtmlElement

from copytaster.extractor.page import text_of
from copytaster.text.urls import BadUrl, host_of

FIELDS: Final = ("body", "date", "credit")
BLOCKS: Final = ("p", "h2", "h3", "h4", "li", "blockquote", "pre")
MAX_SITES: Final = 10_000
EXAMPLE: Final = """\
nordpost.example:                      # the site and its subdomains
  body: "div.story > p"                # CSS, all that match, in the order of the page
  date: "//time[@class='pub']/@datetime"   # XPath begins with a slash, a dot or a parenthesis
  credit: ".agency-line"
"""


@dataclass(frozen=True, slots=True)
class SiteRules:
    """The selectors of one site; None where the ordinary rules decide."""

    body: XPath | None = None
    date: XPath | None = None
    credit: XPath | None = None


@dataclass(frozen=True, slots=True)
class Overrides:
    """The rules of all sites, by host in lower case."""

    by_site: Mapping[str, SiteRules] = field(default_factory=dict)

    def for_url(self, url: str) -> SiteRules | None:
        """The rules for a page: those of its host, else of the nearest parent domain that has some."""
        if not self.by_site:
            return None
        try:
            labels = host_of(url).lower().partition(":")[0].split(".")
        except BadUrl:
            return None
        hosts = (".".join(labels[first:]) for first in range(len(labels)))
        return next((self.by_site[host] for host in hosts if host in self.by_site), None)


NONE: Final = Overrides()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one entry; `site` and `field` are empty for the file as a whole."""

    site: str
    field: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.site, self.field, self.reason)))


def read_overrides(content: str) -> tuple[Overrides, list[Problem]]:
    """The rules of a YAML file that can be used, and what is wrong with the others."""
    try:
        raw = yaml.safe_load(content)
    except yaml.YAMLError as error:
        return NONE, [Problem("", "", f"this is no YAML: {' '.join(str(error).split())}")]
    if raw is None:
        return NONE, []
    if not isinstance(raw, dict) or len(raw) > MAX_SITES:
        return NONE, [Problem("", "", f"expected a mapping of at most {MAX_SITES} sites to their selectors")]
    problems: list[Problem] = []
    by_site: dict[str, SiteRules] = {}
    for site, entry in raw.items():
        rules = _site_rules(str(site), entry, problems)
        if rules is not None:
            by_site[str(site).lower().removeprefix("www.")] = rules
    return Overrides(by_site), problems


def _site_rules(site: str, entry: Any, problems: list[Problem]) -> SiteRules | None:
    if not isinstance(entry, dict) or not entry:
        problems.append(Problem(site, "", f"expected one or more of {', '.join(FIELDS)}"))
        return None
    if "/" in site or "." not in site:
        problems.append(Problem(site, "", "a site is a host name such as nordpost.example"))
        return None
    compiled: dict[str, XPath] = {}
    for name, selector in entry.items():
        if name not in FIELDS:
            problems.append(Problem(site, str(name), f"unknown; known are {', '.join(FIELDS)}"))
            continue
        try:
            compiled[name] = compile_selector(selector)
        except (SelectorError, XPathError, ValueError) as error:
            problems.append(Problem(site, name, f"{selector!r}: {' '.join(str(error).split())}"))
    return SiteRules(**compiled) if compiled else None


def compile_selector(selector: Any) -> XPath:
    """A CSS selector or an XPath, compiled. Raises SelectorError, XPathError or ValueError, each with a reason."""
    if not isinstance(selector, str) or not selector.strip():
        raise ValueError("expected a selector in quotation marks")
    text = selector.strip()
    return XPath(text if text.startswith(("/", ".//", "./", "(")) else HTMLTranslator().css_to_xpath(text))


def selected_texts(selector: XPath, tree: HtmlElement) -> list[str]:
    """What a selector finds, as texts on one line each, without blank ones: elements, attributes or text nodes."""
    found = selector(tree)
    values = found if isinstance(found, list) else [found]
    texts = (
        text_of(value) if isinstance(value, HtmlElement) else " ".join(str(value).split()) for value in values
    )
    return [text for text in texts if text]


def body_lines(selector: XPath, tree: HtmlElement) -> list[str]:
    """The paragraphs that a body selector finds: the elements themselves, or the blocks inside a container."""
    found = selector(tree)
    lines: list[str] = []
    for element in found if isinstance(found, list) else []:
        if isinstance(element, HtmlElement):
            lines += filter(None, map(text_of, _blocks(element)))
    return list(dict.fromkeys(lines))


def _blocks(element: HtmlElement) -> Iterator[HtmlElement]:
    inner = [block for block in element.iterdescendants(*BLOCKS)]
    if not inner:
        yield element
    else:
        yield from (block for block in inner if not any(a in inner for a in block.iterancestors(*BLOCKS)))


def stated_date(selector: XPath, tree: HtmlElement) -> str | None:
    """The date that a selector finds as printed: an attribute `datetime` or `content` of the first element, or its text."""
    found = selector(tree)
    first = next(iter(found), None) if isinstance(found, list) else found
    if isinstance(first, HtmlElement):
        return first.get("datetime") or first.get("content") or text_of(first) or None
    return str(first).strip() or None if first is not None else None
