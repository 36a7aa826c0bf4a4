"""What each user of Redis may not do, and that a subscriber can do all it needs; tried on real servers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import redis
import redis.asyncio
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from copytaster.keys import Keys
from copytaster.streams.acl import PUBLIC_STREAMS, USERS
from copytaster.streams.commit import Outcome, commit
from copytaster.streams.effects import Effects, OutEvent
from tests.stack.safety.guarded import Guarded

KEYS = Keys("main")

FORBIDDEN = {
    "fetcher": (
        "XADD stories * a b",
        "XADD clusters * a b",
        "XTRIM clusters MAXLEN 0",
        "DEL articles",
        "SET articles x",
        "HSET cluster:1 state merged",
        "HSET version:1 revision 9",
        "GET lease:clusterer",
        "XREADGROUP GROUP linker me STREAMS stories >",
        "XGROUP DESTROY articles extractor",
    ),
    "extractor": (
        "ZADD feeds:due 0 x",
        "HSET feed:1 url x",
        "ZREM wanted x",
        "XADD articles * a b",
        "XADD clusters * a b",
        "XADD feeds * a b",
        "XTRIM articles MAXLEN 0",
        "DEL articles",
        "SET page:1 x",
        "HSET cluster:1 state merged",
        "XREADGROUP GROUP linker me STREAMS stories >",
    ),
    "deduplicator": (
        "XADD stories * a b",
        "XADD articles * a b",
        "XTRIM articles MAXLEN 0",
        "XTRIM stories MAXLEN 0",
        "DEL stories",
        "GET page:1",
        "SET body:1:1 x",
        "ZADD feeds:due 0 x",
        "HSET version:1 revision 9",
        "XREADGROUP GROUP extractor me STREAMS articles >",
        "XADD decisions * a b",
    ),
    "subscriber": (
        *(f"XADD {stream} * a b" for stream in PUBLIC_STREAMS),
        *(f"XTRIM {stream} MAXLEN 0" for stream in PUBLIC_STREAMS),
        *(f"XDEL {stream} 1-1" for stream in PUBLIC_STREAMS),
        *(f"DEL {stream}" for stream in PUBLIC_STREAMS),
        *(f"SET {stream} x" for stream in PUBLIC_STREAMS),
        "UNLINK stories",
        "EXPIRE stories 1",
        "RENAME stories mine",
        "XSETID stories 9-9",
        "XGROUP DESTROY stories linker",
        "XGROUP SETID stories linker $",
        "XGROUP DELCONSUMER stories linker me",
        "XRANGE articles - +",
        "XRANGE feeds - +",
        "XRANGE drops - +",
        "XRANGE dead - +",
        "XGROUP CREATE articles mine 0",
        "HGETALL story:1",
        "HGETALL feed:1",
        "GET page:1",
        "SET body:1:1 x",
    ),
    "operator": (
        *(f"XTRIM {stream} MAXLEN 0" for stream in PUBLIC_STREAMS),
        *(f"DEL {stream}" for stream in PUBLIC_STREAMS),
        "XADD clusters * a b",
        "XDEL stories 1-1",
        "HSET cluster:1 state merged",
        "HSET story:1 cluster x",
        "SET page:1 x",
        "DEL lease:clusterer",
        "DEL dead",
    ),
    "health": ("GET page:1", "XRANGE stories - +"),
}
"""Each as `command key arguments`; the key is one of the desk."""

WITHOUT_KEY = (
    "FLUSHALL",
    "FLUSHDB",
    "SHUTDOWN",
    "CONFIG SET maxmemory 1",
    "CONFIG GET *",
    "ACL SETUSER x on",
    "ACL LIST",
    "DEBUG SLEEP 0",
    "REPLICAOF NO ONE",
    "CLIENT KILL TYPE normal",
    "SCRIPT FLUSH",
    "FUNCTION FLUSH",
    "MODULE LIST",
    "MONITOR",
    "SWAPDB 0 1",
    "MIGRATE h 1 k 0 1",
)

COMMANDS_BEFORE_THE_KEY = {"XREADGROUP": 5, "XGROUP": 2}
"""Where the key stands, for the commands whose first argument it is not."""


def _on_the_desk(line: str) -> list[str]:
    words = line.split()
    place = COMMANDS_BEFORE_THE_KEY.get(words[0], 1)
    return [*words[:place], KEYS.key(words[place]), *words[place + 1 :]]


def _refused(guarded: Guarded, user: str, words: list[str]) -> bool:
    with guarded.client("root", decode_responses=True) as root:
        answer = str(root.execute_command("ACL DRYRUN", user, *words))
    assert answer == "OK" or "permissions" in answer, answer
    return answer != "OK"


@pytest.mark.parametrize("user", FORBIDDEN)
def test_a_user_may_not_touch_what_is_anothers(guarded: Guarded, user: str) -> None:
    """Neither write, trim nor remove another service's streams and keys, nor read what it has no use for."""
    allowed = [line for line in FORBIDDEN[user] if not _refused(guarded, user, _on_the_desk(line))]

    assert allowed == []


WORK_OF = {"sentinel": ["CLIENT KILL TYPE normal"]}
"""A Sentinel cuts the clients off that still talk to a demoted master."""


@pytest.mark.parametrize("user", [user.name for user in USERS])
def test_nobody_may_manage_the_server(guarded: Guarded, user: str) -> None:
    """No user of the stack can flush, stop or configure the server, or give rights to anybody."""
    allowed = [line for line in WITHOUT_KEY if not _refused(guarded, user, line.split())]

    assert allowed == WORK_OF.get(user, [])


@pytest.mark.parametrize("user", [user.name for user in USERS])
def test_nobody_has_rights_beyond_the_keys_of_a_desk(guarded: Guarded, user: str) -> None:
    """A key that is not `copytaster:{…}:…` cannot be read, written or named to a script."""
    tries = (
        ["GET", "other"],
        ["SET", "other", "x"],
        ["XADD", "other", "*", "a", "b"],
        ["EVALSHA", "0" * 40, "1", "other"],
    )

    assert [words for words in tries if not _refused(guarded, user, words)] == []


async def test_a_commit_with_another_services_stream_changes_nothing(guarded: Guarded) -> None:
    """The atomic step runs with the rights of its caller: refused as a whole, before the first write."""
    client = redis.asyncio.Redis(
        host=guarded.host, port=guarded.port, username="fetcher", password=guarded.password("fetcher")
    )
    effects = Effects(events=[OutEvent(KEYS.stream("clusters"), {b"a": b"b"}, 1, None)])
    effects.op("SADD", KEYS.key("feeds", "paused"), "x")
    try:
        with pytest.raises((NoPermissionError, ResponseError), match=r"(?i)permission|ACL"):
            await commit(client, effects)
    finally:
        await client.aclose()

    with guarded.client("root") as root:
        assert root.dbsize() == 0


async def test_what_was_committed_is_there_after_a_restart_of_redis(guarded: Guarded) -> None:
    """A server replays its append-only file as the user `default`, which is off but must be allowed everything."""
    client = redis.asyncio.Redis(
        host=guarded.host, port=guarded.port, username="fetcher", password=guarded.password("fetcher")
    )
    effects = Effects(events=[OutEvent(KEYS.stream("feeds"), {b"a": b"b"}, 1, None)])
    effects.op("SADD", KEYS.key("feeds", "paused"), "x")
    try:
        assert await commit(client, effects) is Outcome.COMMITTED
    finally:
        await client.aclose()

    with guarded.client("root") as root:
        root.execute_command("DEBUG LOADAOF")
        assert (root.xlen(KEYS.stream("feeds")), root.scard(KEYS.key("feeds", "paused"))) == (1, 1)


def test_a_script_reaches_no_further_than_its_caller(guarded: Guarded) -> None:
    """A script that names a key only in its text is held to the same rights."""
    with guarded.client("root") as root:
        root.xadd(KEYS.stream("articles"), {"a": "b"})
    text = f"return redis.call('XTRIM', '{KEYS.stream('articles')}', 'MAXLEN', 0)"

    with guarded.client("deduplicator") as client, pytest.raises(ResponseError, match=r"(?i)permission|ACL"):
        client.eval(text, 0)

    with guarded.client("root") as root:
        assert root.xlen(KEYS.stream("articles")) == 1


def test_without_a_user_nothing_is_answered(guarded: Guarded) -> None:
    """The user `default` is off, so that a client without a name gets not even a PING."""
    with redis.Redis(host=guarded.host, port=guarded.port) as nobody, pytest.raises(AuthenticationError):
        nobody.ping()


def test_a_subscriber_reads_in_a_group_of_its_own(guarded: Guarded) -> None:
    """Groups before the first entry, reading, claiming, acknowledging, looking, and the body of a long story."""
    with guarded.client("subscriber", decode_responses=True) as client:
        for name in PUBLIC_STREAMS:
            client.xgroup_create(KEYS.stream(name), "mine", id="0", mkstream=True)
        with guarded.client("root") as root:
            for name in PUBLIC_STREAMS:
                root.xadd(KEYS.stream(name), {"a": datetime.now(UTC).isoformat()})
            root.set(KEYS.key("body", "1", "1"), "a long text")
        streams = {KEYS.stream(name): ">" for name in PUBLIC_STREAMS}
        got = client.xreadgroup("mine", "one", streams)
        for stream, entries in got:
            client.xpending(stream, "mine")
            client.xclaim(stream, "mine", "two", 0, [entries[0][0]])
            client.xautoclaim(stream, "mine", "three", 0)
            assert client.xack(stream, "mine", entries[0][0]) == 1
            assert len(client.xrange(stream)) == len(client.xrevrange(stream)) == client.xlen(stream) == 1
            client.xinfo_stream(stream)
            client.xinfo_groups(stream)
        assert len(client.xread({stream: "0" for stream in streams})) == len(PUBLIC_STREAMS) == len(got)
        assert client.get(KEYS.key("body", "1", "1")) == "a long text"

    assert guarded.denied() == []


def test_the_health_check_may_ping(guarded: Guarded) -> None:
    """And that is all it does."""
    with guarded.client("health") as client:
        assert client.ping() is True


def test_two_users_never_share_a_password(guarded: Guarded) -> None:
    """The password of one is refused for all others."""
    assert len({guarded.password(user.name) for user in USERS}) == len(USERS)
    with (
        redis.Redis(
            host=guarded.host, port=guarded.port, username="fetcher", password=guarded.password("subscriber")
        ) as client,
        pytest.raises(AuthenticationError),
    ):
        client.ping()
