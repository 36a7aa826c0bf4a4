"""Asks for one article page: robots.txt of every hop, the page itself, and what its answer means. Commits nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from copytaster.fetcher.io.client import Client, FetchFailed, Limits, Response
from copytaster.fetcher.io.poller import hold_host
from copytaster.fetcher.io.robots import RobotsKeeper
from copytaster.fetcher.io.store import Store
from copytaster.fetcher.outcomes import Failure, failure_of_status
from copytaster.fetcher.robots import UNREACHABLE_SECONDS
from copytaster.fetcher.schedule import parse_retry_after
from copytaster.fetcher.wanted import Page
from copytaster.logs import Log, get_logger
from copytaster.streams.patience import Patience, Stopped

ACCEPT: Final = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no page: the failure, in words, the HTTP status, and how long the server asks us to wait."""

    failure: Failure
    detail: str
    http_status: int | None = None
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AfterRobots:
    """The host's robots.txt was read just now: the page has to wait for the host's next turn."""


@dataclass(frozen=True, slots=True)
class NotModified:
    """The page is as it was when its validators were served."""

    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Page | NotModified | Trouble | AfterRobots


class Pages:
    """Asks for pages of one desk."""

    def __init__(self, client: Client, store: Store, patience: Patience, limits: Limits) -> None:
        self._client = client
        self._store = store
        self._patience = patience
        self._robots = RobotsKeeper(client, store, patience)
        self._limits = limits

    async def ask(self, url: str, conditions: Mapping[str, str] | None = None) -> Answer:
        """The answer to one request for `url`; every trouble is an answer, a bug of ours too (with its traceback).

        `conditions` are the headers that ask for it only if it changed. Raises Stopped.
        """
        try:
            looked = await self._robots.rules(url)
            if looked.asked and looked.rules.reachable:
                return AfterRobots()
            objection = _objection(looked.rules.reachable, looked.rules.allows(url))
            if objection is not None:
                return objection
            response = await self._client.get(
                url, accept=ACCEPT, limits=self._limits, headers=conditions, check_hop=self._check_hop
            )
            return await self._judge(response, conditional=bool(conditions))
        except FetchFailed as error:
            wait = float(UNREACHABLE_SECONDS) if error.failure is Failure.ROBOTS_UNREACHABLE else None
            return Trouble(error.failure, error.detail, error.status, wait)
        except Stopped:
            raise
        except Exception as error:
            get_logger().error(Log.ARTICLE_FETCHED, status="crashed", article_url=url, exc_info=error)
            return Trouble(Failure.CRASHED, type(error).__name__)

    async def _check_hop(self, url: str) -> None:
        try:
            rules = (await self._robots.rules(url)).rules
        except (KeyError, ValueError) as error:
            raise FetchFailed(Failure.BAD_URL, f"redirect to {url[:200]}", url=url) from error
        objection = _objection(rules.reachable, rules.allows(url))
        if objection is not None:
            raise FetchFailed(objection.failure, f"{objection.detail}, after a redirect", url=url)

    async def _judge(self, response: Response, *, conditional: bool) -> Answer:
        if response.status == 304 and conditional:
            return NotModified(response.headers)
        challenged = response.headers.get("cf-mitigated", "").lower() == "challenge"
        failure = failure_of_status(response.status, challenged=challenged)
        if response.status == 304:
            failure = Failure.UNEXPECTED_STATUS
        if failure is not None:
            wait = parse_retry_after(response.headers.get("retry-after"), now=datetime.now(UTC))
            if failure is Failure.RATE_LIMITED and wait:
                await hold_host(self._store, self._patience, response.final_url, wait)
            return Trouble(failure, f"HTTP {response.status}", response.status, wait)
        if not response.body.strip():
            return Trouble(Failure.EMPTY_BODY, f"{len(response.body)} bytes", response.status)
        return Page(response.final_url, response.status, response.headers, response.body)


def _objection(reachable: bool, allowed: bool) -> Trouble | None:
    if not reachable:
        detail = "robots.txt cannot be read at present"
        return Trouble(Failure.ROBOTS_UNREACHABLE, detail, retry_after_seconds=float(UNREACHABLE_SECONDS))
    return None if allowed else Trouble(Failure.ROBOTS, "robots.txt disallows the address")
