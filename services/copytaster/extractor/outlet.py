"""Who publishes: the outlet's name as the page states it, and the names under which a title may carry it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from copytaster.extractor.jsonld import resolve, string
from copytaster.extractor.page import Page
from copytaster.extractor.titles import fold
from copytaster.text.urls import host_of, site_of

MAX_NAME_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Outlet:
    """`site` as in `text.urls.site_of`, `name` for people, `folded_names` for cutting them from titles."""

    site: str
    name: str
    folded_names: frozenset[str]


def page_outlet(page: Page, article: dict[str, Any]) -> Outlet:
    """The outlet of a page; the name falls back to the site. Raises `BadUrl` for a page without a web address."""
    site = site_of(page.url)
    publishers = [
        string(p.get("name") if isinstance(p, dict) else p)
        for p in resolve(article.get("publisher"), page.jsonld)
    ]
    stated = [
        page.meta.get("og:site_name"),
        *publishers,
        page.meta.get("application-name"),
        page.meta.get("apple-mobile-web-app-title"),
        page.meta.get("publisher"),
        page.meta.get("twitter:site", "").lstrip("@"),
    ]
    names = [
        name.strip()
        for name in stated
        if name and not re.match(r"\s*https?://", name) and len(name) <= MAX_NAME_CHARS
    ]
    host = host_of(page.url).partition(":")[0]
    addresses = {site, host, host.removeprefix("www."), site.split(".")[0]}
    return Outlet(site, names[0] if names else site, frozenset(filter(None, map(fold, {*names, *addresses}))))
