"""Names of consumers, and whether the process behind a name still lives.

A group's own record of each consumer is the sign of life: a living process reads every second or renews its lease every few,
and the server notes when (`idle` of XINFO CONSUMERS). A process of the same host can also see that another has ended.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from copytaster.logs import instance_name


@cache
def _process_space() -> str:
    """Names this start of the kernel and this space of process ids: two containers of one host have ids of their own."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        parts.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        parts.append("not Linux")  # the host's name has to do
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:6]


@cache
def _birth(process_id: int) -> str:
    """A mark of this very process, for ids are used again: a container's first process has the same after each restart."""
    return f"{process_id:x}{os.urandom(3).hex()}"


def consumer_name() -> str:
    """The name under which this process consumes: `<host>-<pid>.<space of ids>.<random>`; no other process has it."""
    return f"{instance_name()}.{_process_space()}.{_birth(os.getpid())}"


def has_ended(name: str) -> bool:
    """Whether this process can see for itself that the one called `name` has ended; False when it cannot tell."""
    instance, space, _ = ("", "", *name.rsplit(".", 2))[-3:]
    process_id = instance.rpartition("-")[2]
    if space != _process_space() or not process_id.isdigit():
        return False
    if int(process_id) == os.getpid():
        return name != consumer_name()
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def gone(consumers: Collection[Mapping[str, Any]], *, silent_ms: int, steady: bool) -> frozenset[str]:
    """Names among the rows of XINFO CONSUMERS whose process is gone: it ended, or gave no sign for `silent_ms`.

    `steady` says whether Redis was there for that long; after an outage silence says nothing.
    """
    return frozenset(
        name
        for row in consumers
        if (name := row["name"].decode()) and ((steady and int(row["idle"]) >= silent_ms) or has_ended(name))
    )
