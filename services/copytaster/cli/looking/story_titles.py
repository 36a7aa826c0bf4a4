"""The headline and outlet of a story by its urn, for lists that name stories only by urn; from the store of record."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from copytaster.cli.plain import one_line, short
from copytaster.errors import CopytasterError
from copytaster.keys import Keys

REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class Titled:
    """A story as it is named to a person."""

    outlet: str
    title: str

    def __str__(self) -> str:
        return f"{self.outlet}: {self.title}" if self.title else self.outlet


class Titles:
    """Looks stories up and remembers them for the length of a command."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._known: dict[str, Titled] = {}

    async def of(self, stories: Iterable[str]) -> dict[str, Titled]:
        """What is known of the stories; those whose record has expired, or may not be read, go by the start of their urn."""
        wanted = list(dict.fromkeys(stories))
        missing = [story for story in wanted if story not in self._known]
        if len(self._known) > REMEMBERED:
            self._known.clear()
            missing = wanted
        if not missing:
            return {story: self._known[story] for story in wanted}
        # Here and not above: the other streams are watched where the deduplicator's packages are not installed, too.
        from copytaster.deduplicator.io.index import Index

        try:
            records = await Index(self._redis, self._keys).records(missing)
        except NoPermissionError:
            records = {}  # a subscriber reads the streams and not the store of record
        except (ValueError, zlib.error) as error:
            raise CopytasterError(f"a stored record cannot be read by this version: {error}") from error
        for story in missing:
            record = records.get(story)
            self._known[story] = (
                Titled(one_line(record.outlet), one_line(record.title))
                if record
                else Titled(short(story), "(text not at hand)")
            )
        return {story: self._known[story] for story in wanted}
