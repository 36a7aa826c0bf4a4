"""Structured logs: one table of event names, JSON unless a person watches, the same fields on every line.

Every line carries `timestamp level event service instance desk version`, and `correlation_id` where an item is
concerned. A unit of work ends with one closing line that has a `status`. No secret and no article text is logged.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import structlog
from pydantic_core import to_json

from copytaster import __version__


class Log(StrEnum):
    """All event names; `noun.verb_past`, constant strings, facts go into fields. The README has the same table."""

    SERVICE_STARTED = "service.started"
    SERVICE_STOPPED = "service.stopped"
    SERVICE_MISCONFIGURED = "service.misconfigured"
    REDIS_LOST = "redis.lost"
    REDIS_RECOVERED = "redis.recovered"
    REPLICATION_UNGUARDED = "replication.unguarded"
    GROUP_CREATED = "group.created"
    GROUP_PASSED = "group.passed"
    PAGES_RELEASED = "pages.released"
    STREAM_TRIMMED = "stream.trimmed"
    ENTRY_FAILED = "entry.failed"
    ENTRY_DIED = "entry.died"
    ENTRY_CLAIMED = "entry.claimed"
    ENTRIES_RETURNED = "entries.returned"
    CONSUMER_FORGOTTEN = "consumer.forgotten"
    LEASE_TAKEN = "lease.taken"
    LEASE_LOST = "lease.lost"
    FEEDS_APPLIED = "feeds.applied"
    FEEDS_AWAITED = "feeds.awaited"
    POLLING_REFUSED = "polling.refused"
    FEED_POLLED = "feed.polled"
    ARTICLE_FETCHED = "article.fetched"
    ARTICLE_REFETCHED = "article.refetched"
    FETCHING_HELD = "fetching.held"
    FETCHER_FAILED = "fetcher.failed"
    STORY_EXTRACTED = "story.extracted"
    STORY_COMPARED = "story.compared"
    CLUSTERS_DERIVED = "clusters.derived"
    CLUSTERS_SWEPT = "clusters.swept"
    DECISION_APPLIED = "decision.applied"
    DECISION_UNMET = "decision.unmet"
    LIBRARY_LOGGED = "library.logged"


def instance_name() -> str:
    """Host and process id: unique per process, also the name under which it consumes from a group."""
    return f"{socket.gethostname()}-{os.getpid()}"


def configure(*, service: str, desk: str, level: str = "info", json_lines: bool | None = None) -> None:
    """Set up structlog and the standard library's logging for one process, writing to standard error.

    `json_lines` None means JSON unless standard error is a terminal. Libraries that log through `logging` come out
    as `library.logged` with their own text in `message`, from warning level up.
    """
    as_json = (not sys.stderr.isatty()) if json_lines is None else json_lines
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _in_reading_order(service=service, instance=instance_name(), desk=desk, version=__version__),
        structlog.processors.StackInfoRenderer(),
    ]
    final: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_as_json)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS.get(level.lower(), logging.INFO)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    _route_standard_logging()


def _as_json(line: dict[str, Any], **_: Any) -> str:
    """One line as JSON; pydantic's writer takes a third of the time of `json.dumps` (`make bench-delivery`)."""
    return to_json(line, fallback=repr).decode()


_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


def _in_reading_order(**constants: str) -> Any:
    """When, how grave, what, by whom first; then the facts. One step for all of it, since it runs for every entry."""

    def order(_logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        moment = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        line = {"timestamp": moment, "level": "error" if method == "exception" else method, "event": ""}
        if "status" in event:
            line["status"] = ""
        line |= constants
        if "correlation_id" in event:
            line["correlation_id"] = ""
        return line | event  # a fact of the line's own wins, in the place that is kept for it

    return order


class _ToStructlog(logging.Handler):
    """Carries records of libraries over, so that every line on standard error has the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        method = {"WARNING": log.warning, "ERROR": log.error, "CRITICAL": log.critical}.get(
            record.levelname, log.info
        )
        error = record.exc_info[1] if record.exc_info else None
        fields = {"error": f"{type(error).__name__}: {error}"} if error else {}
        method(Log.LIBRARY_LOGGED, logger=record.name, message=record.getMessage(), **fields)


def _route_standard_logging() -> None:
    root = logging.getLogger()
    root.handlers = [_ToStructlog()]
    root.setLevel(logging.WARNING)


def get_logger() -> Any:
    """The logger of this process; bind facts of a unit of work with `structlog.contextvars`."""
    return structlog.get_logger()
