"""The users of Redis and what each may do, as the lines of an ACL file. Pure: makes no password and writes no file.

A user has connection commands and, beyond them, only selectors: some commands on some keys. A Lua script runs with the
rights of its caller, so its commands are granted like all others; the keys that it declares have to be granted to EVALSHA, too.
Nobody may flush, configure or stop the server, and the user `default` is off. Needs Redis 7.0 or Valkey.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from copytaster_schemas import STREAMS

PUBLIC_STREAMS: Final = tuple(name for name, stream in STREAMS.items() if stream.public)

_PLACEHOLDER: Final = re.compile(r"<\w+>")


@dataclass(frozen=True, slots=True)
class Grant:
    """`commands` on `keys`, which are named as in the table of `copytaster.keys`; the keys are for reading alone, or for both."""

    commands: tuple[str, ...]
    keys: tuple[str, ...]
    read_only: bool = False

    def rules(self) -> list[str]:
        """The rules of the ACL language, for keys of every desk."""
        mode = "%R~" if self.read_only else "~"
        return [f"+{name}" for name in self.commands] + [mode + key_pattern(name) for name in self.keys]


@dataclass(frozen=True, slots=True)
class User:
    """One user: what it is for, its commands without a key, its grants, and the channels it may speak on."""

    name: str
    what: str
    commands: tuple[str, ...]
    grants: tuple[Grant, ...] = ()
    channels: tuple[str, ...] = ()


def key_pattern(name: str) -> str:
    """The glob of all keys, at every desk, of the row `name` in the table of keys; `*` stands for all of a desk."""
    return "copytaster:{*}:" + _PLACEHOLDER.sub("*", name)


def _on(commands: str, keys: str, *, read_only: bool = False) -> Grant:
    return Grant(tuple(commands.split()), tuple(keys.split()), read_only)


# What redis-py sends by itself, and transactions; none of these touches a key.
_CONNECTION: Final = (
    "ping",
    "select",
    "client|setinfo",
    "client|setname",
    "client|id",
    "multi",
    "exec",
    "discard",
)
_SCRIPTS: Final = ("script|load", "script|exists")
# The shell's own: the clock, the role and memory of the server, and whether its replicas have what was written.
_SHELL: Final = (*_CONNECTION, *_SCRIPTS, "time", "role", "info", "wait")
_PRESENCE: Final = _on("zadd zremrangebyscore zrem expire", "services")
_COUNT: Final = _on("hincrby expireat", "ledger:<hour>")
# What trimming writes down of subscribers that it passed over.
_PASSED: Final = _on("hgetall hset hdel expire", "passed")
_TRIM: Final = "xadd xtrim xinfo|groups xpending"
_CONSUME: Final = (
    "xgroup|create xgroup|delconsumer xreadgroup xclaim xack xpending xinfo|groups xinfo|consumers"
)


def _engine(group: str) -> tuple[Grant, ...]:
    """What the engine of a group keeps beside its stream: marks of finished entries, counts of failures."""
    return (
        _on("exists set", f"done:{group}:<event>"),
        _on("hget hmget hset hdel hexists expire", f"failures:{group}:<stream>"),
    )


FETCHER: Final = User(
    "fetcher",
    "polls feeds and fetches articles",
    _SHELL,
    (
        _on(
            "evalsha",
            "articles feeds drops feed:<id> feeds:due feeds:census feeds:paused feeds:file outcomes:<feed> seen:<feed> wanted "
            "refetch item:<id> busy:<lane>:<host> "
            "host:<name> page:<id> article:<article> ledger:<hour>",
        ),
        _COUNT,
        _on(_TRIM, "articles feeds drops"),
        _on(
            "hget hmget hgetall hset hdel hincrby exists expire pexpire persist",
            "feed:<id> item:<id> host:<name>",
        ),
        _on("hgetall hincrby", "feeds:census"),
        _on("hget hmget hset expire", "article:<article>"),
        _on("hget hgetall hset hdel expire", "seen:<feed>"),
        _on("lpush ltrim lrange expire", "outcomes:<feed>"),
        _on("zadd zrem zrange zrangebyscore zscore", "feeds:due wanted refetch"),
        _on("zadd zrem zcard zremrangebyscore pexpire", "busy:<lane>:<host>"),
        _on("sadd srem smembers", "feeds:paused feeds:file"),
        _on("del", "feed:<id> seen:<feed> outcomes:<feed>"),
        _on("get set", "robots:<host>"),
        _on("set unlink", "held"),
        _on("xinfo|groups xpending xlen", "articles stories links", read_only=True),
        # Balancing the ledger.
        _on("hgetall", "ledger:<hour>", read_only=True),
        _on("xrange", "articles dead", read_only=True),
        _on("evalsha_ro", "wanted item:<id>", read_only=True),
        _on("set", "page:<id>"),
        _PRESENCE,
    ),
)

EXTRACTOR: Final = User(
    "extractor",
    "turns fetched articles into stories",
    _SHELL,
    (
        _on(
            "evalsha",
            "articles stories drops dead done:extractor:<event> failures:extractor:<stream> article:<article> version:<story> "
            "page:<id> body:<story>:<version> outline:<story> furniture:<site>:<week> ledger:<hour>",
        ),
        _COUNT,
        _on(_CONSUME, "articles"),
        _on(_TRIM, "stories"),
        _on("xrange xrevrange", "stories", read_only=True),
        _PASSED,
        # The pages of dead entries.
        _on("xrevrange", "dead", read_only=True),
        _on("strlen", "page:<id>", read_only=True),
        _on("xadd", "drops dead"),
        *_engine("extractor"),
        _on("hget hmget hset expire", "article:<article> version:<story>"),
        _on("get unlink", "page:<id>"),
        _on("hmget hlen hset expire", "furniture:<site>:<week>"),
        _on("set", "body:<story>:<version>"),
        _on("get set", "outline:<story>"),
        _PRESENCE,
    ),
)

DEDUPLICATOR: Final = User(
    "deduplicator",
    "links stories and forms clusters",
    _SHELL,
    (
        _on(
            "eval evalsha",
            "stories links clusters decisions drops dead done:linker:<event> done:clusterer:<event> failures:linker:<stream> "
            "failures:clusterer:<stream> story:<story> pairs:<story> cluster:<id> clusters:due decision:<id> decided "
            "index:<slice>:<bucket> numbers numbers:<slice> lease:<role>",
        ),
        _on(_CONSUME, "stories links decisions"),
        _on(_TRIM, "links clusters"),
        _on("xrange xrevrange", "links clusters", read_only=True),
        _PASSED,
        _on("xadd", "drops dead"),
        *_engine("linker"),
        *_engine("clusterer"),
        _on(
            "hget hmget hgetall hset hdel hincrby expire del",
            "story:<story> pairs:<story> cluster:<id> numbers numbers:<slice>",
        ),
        _on("hget hmget hset hdel", "decision:<id> decided"),
        _on("zadd zrem zrangebyscore", "clusters:due"),
        _on("zadd zrem zcard zrange zlexcount zrangebylex expire", "index:<slice>:<bucket>"),
        _on("hget hset pexpire del", "lease:<role>"),
        _on("get", "body:<story>:<version>", read_only=True),
        _PRESENCE,
    ),
)

SUBSCRIBER: Final = User(
    "subscriber",
    "reads the public streams, alone or in a group of its own; writes nothing",
    _CONNECTION,
    (
        _on(
            "xread xrange xrevrange xlen xinfo|stream xinfo|groups xinfo|consumers exists type",
            " ".join(PUBLIC_STREAMS),
            read_only=True,
        ),
        # Reading in a group changes the group, which is a part of the stream: these need the right to write the key,
        # and are all that is granted with it. No XGROUP DESTROY, SETID or DELCONSUMER: they could hit a group of ours.
        _on(
            "xgroup|create xgroup|createconsumer xreadgroup xack xpending xclaim xautoclaim",
            " ".join(PUBLIC_STREAMS),
        ),
        _on("get exists", "body:<story>:<version>", read_only=True),
        _on("hgetall hget", "passed", read_only=True),
    ),
)

OPERATOR: Final = User(
    "operator",
    "a person's commands: reads everything, changes the list of feeds, decides, retries what is dead",
    (*_SHELL, "acl|whoami", "acl|log", "client|list", "memory|usage"),
    (
        _on("@read", "*", read_only=True),
        _on(
            "eval evalsha",
            "feeds dead decisions decision:<id> articles stories links feed:<id> feeds:due feeds:census feeds:paused "
            "feeds:file seen:<feed> outcomes:<feed> page:<id> ledger:<hour>",
        ),
        _on("evalsha_ro", "*", read_only=True),
        _COUNT,
        _on("xadd", "feeds decisions articles stories links"),
        _on("xdel", "dead"),
        _on("unlink", "page:<id>"),
        _on("hget hset hdel hincrby persist expire del", "feed:<id>"),
        _on("hget hset", "decision:<id>"),
        _on("del", "seen:<feed> outcomes:<feed>"),
        _on("zadd zrem", "feeds:due"),
        _on("hincrby", "feeds:census"),
        _on("sadd srem", "feeds:paused feeds:file"),
        # To take the group of a subscriber that is gone out of the way of trimming.
        _on("xgroup|destroy xgroup|delconsumer xgroup|setid", " ".join(PUBLIC_STREAMS)),
    ),
)

HEALTH: Final = User("health", "the health check of Redis itself", ("ping",))

REPLICA: Final = User("replica", "a replica that follows the master", ("ping", "psync", "replconf"))

SENTINEL: Final = User(
    "sentinel",
    "a Sentinel: watches master and replicas, and changes their roles",
    # As Redis' own page on Sentinel lists them.
    (
        *("ping", "info", "role", "multi", "exec", "slaveof", "config|rewrite", "publish", "subscribe"),
        *("client|setname", "client|kill", "script|kill"),
    ),
    channels=("__sentinel__:hello",),
)

OF_REDIS: Final = (HEALTH, REPLICA, SENTINEL)
"""Users of the servers themselves: their passwords lie with Redis."""

USERS: Final = (FETCHER, EXTRACTOR, DEDUPLICATOR, SUBSCRIBER, OPERATOR, *OF_REDIS)


DEFAULT_LINE: Final = "user default off resetpass sanitize-payload ~* &* +@all"
"""Nobody can be this user: it is off and has no password. But a server replays its append-only file in its name, and with
fewer rights it drops every transaction and every script's effects from it, with no more than a line in its log (measured:
Redis 8.0.2)."""


def acl_line(user: User, password: str) -> str:
    """The line of the ACL file for `user`; holds the password's SHA-256 and not the password."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    rules = [
        "on",
        "sanitize-payload",
        f"#{digest}",
        "resetchannels",
        *(f"&{name}" for name in user.channels),
        "-@all",
        *(f"+{name}" for name in user.commands),
    ]
    selectors = [f"({' '.join(grant.rules())})" for grant in user.grants]
    return " ".join(["user", user.name, *rules, *selectors])


def acl_file(passwords: Mapping[str, str], users: Iterable[User] = USERS) -> str:
    """The whole ACL file, given the password of each user by name; KeyError when one is missing."""
    return "\n".join([DEFAULT_LINE, *(acl_line(user, passwords[user.name]) for user in users)]) + "\n"
