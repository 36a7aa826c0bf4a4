"""What a person may do with a dead entry: put it back on its stream, or drop it for good. Each is one atomic step.

An entry on `dead` holds the original whole (`entry.died`), so that it can be processed again exactly as it was.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

from redis.asyncio import Redis

from copytaster.keys import Keys
from copytaster.streams.deaths import BASE64_MARK
from copytaster_schemas import EntryDied

_RETRY: Final = """
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return 1
"""


def original_fields(death: EntryDied) -> dict[bytes, bytes]:
    """The fields of the entry that died, byte for byte."""
    return {_raw(name): _raw(value) for name, value in death.fields.items()}


def _raw(text: str) -> bytes:
    if text.startswith(BASE64_MARK):
        return base64.b64decode(text.removeprefix(BASE64_MARK))
    return text.encode()


async def retry(redis: Redis, keys: Keys, entry_id: str, death: EntryDied) -> bool:
    """Put the original back on its stream and take the entry `entry_id` off `dead`; False if it is gone already.

    Only the group in which it died processes it again: the others hold the mark that it took effect for them.
    """
    flat = [part for pair in original_fields(death).items() for part in pair]
    done = await redis.eval(_RETRY, 2, keys.stream("dead"), death.stream, entry_id, *flat)
    return bool(done)


async def drop(redis: Redis, keys: Keys, entry_id: str, death: EntryDied) -> bool:
    """Take the entry off `dead` for good, and the page bytes it waited for with it; False if it is gone already."""
    dataref = _dataref(death.fields)
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xdel(keys.stream("dead"), entry_id)
        if dataref is not None:
            pipe.unlink(keys.key(dataref))
        return bool((await pipe.execute())[0])


def _dataref(fields: Mapping[str, str]) -> str | None:
    """Where the page of a dead `article.fetched` lies, if the entry can be read that far."""
    if fields.get("ce_type") != "copytaster.article.fetched.v1":
        return None
    try:
        found = json.loads(fields.get("data", "")).get("dataref")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, str) and found.startswith("page:") else None
