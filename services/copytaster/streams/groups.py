"""Consumer groups: created from the very first entry, and made again from there when they were lost.

FastStream would create them at the end of the stream and skip what was published before its first start. Reading
again from the start is harmless: the marks of committed entries answer `duplicate`.
"""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from copytaster.logs import Log, get_logger


async def ensure_group(redis: Redis, stream: str, group: str) -> bool:
    """Create `group` on the stream key `stream` from entry 0, the stream too; True if it was not there before."""
    try:
        await redis.xgroup_create(stream, group, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" in str(error):
            return False
        raise
    get_logger().info(Log.GROUP_CREATED, status="created", stream=stream, group=group)
    return True
