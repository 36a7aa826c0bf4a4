"""A subscriber of Copytaster: reads stories and clusters as a consumer group and prints one line for each event."""

import os
import socket
import sqlite3
import sys
from pathlib import Path

import redis

from copytaster_schemas import ClusterChanged, NotAnEvent, Story, parse_event, stream_key

ENV = os.environ.get
GROUP, CONSUMER = ENV("GROUP", "example"), socket.gethostname()
START = ENV("START", "0")  # of a new group: "0" is all that is still there, "$" what comes from now on
STREAMS = [stream_key(ENV("DESK", "main"), name) for name in ("stories", "clusters")]
CLAIM_IDLE_MS = int(ENV("CLAIM_IDLE_MS", "60000"))  # idle for so long: left behind by its consumer


def handle(data):
    """What to say of one event; here is the place for what you do with it."""
    if isinstance(data, ClusterChanged):
        return f"{data.op}: {data.headline or '(nothing left)'}"
    return data.title if isinstance(data, Story) else ""


def take(server, store, stream, entries):
    """Handle entries of one stream; each is acknowledged when its effect and its mark are safe."""
    for entry_id, fields in entries:
        try:
            event, data = parse_event(fields)
        except NotAnEvent as reason:  # a type from the future, for example
            print(f"passed over {entry_id.decode()}: {reason}", file=sys.stderr)
        else:
            with store:  # one transaction: handled and remembered, or neither
                mark = store.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (event.source, event.id))
                if mark.rowcount:
                    print(event.source, event.id, handle(data), flush=True)
        server.xack(stream, GROUP, entry_id)


def connect():
    """A client of the server that the environment names, its password from a file."""
    file = ENV("REDIS_PASSWORD_FILE")
    password = Path(file).read_text().strip() if file else ""
    url = ENV("REDIS_URL", "redis://127.0.0.1:6379")
    return redis.Redis.from_url(url, username=ENV("REDIS_USERNAME") or None, password=password or None)


def main():
    """Read for ever: first what a dead consumer of the group left behind, then what is new."""
    server, store = connect(), sqlite3.connect(ENV("STORE", "subscriber.db"))
    store.execute("CREATE TABLE IF NOT EXISTS seen (source TEXT, id TEXT, PRIMARY KEY (source, id))")
    for stream in STREAMS:
        try:
            server.xgroup_create(stream, GROUP, id=START, mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):  # the group is there already: go on where it stopped
                raise
    while True:
        for stream in STREAMS:
            left = server.xautoclaim(stream, GROUP, CONSUMER, CLAIM_IDLE_MS, count=100)[1]
            take(server, store, stream, left)
        new = dict.fromkeys(STREAMS, ">")
        for stream, entries in server.xreadgroup(GROUP, CONSUMER, new, count=100, block=2000):
            take(server, store, stream, entries)


if __name__ == "__main__":
    try:
        main()
    except (redis.RedisError, OSError) as error:  # Redis is away, or the password wrong
        sys.exit(f"subscriber: {error}")
