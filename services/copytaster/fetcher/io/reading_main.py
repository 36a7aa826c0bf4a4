"""A process that reads feeds: `python -m copytaster.fetcher.io.reading_main MEMORY_MIB`.

Takes requests on standard input and answers on standard output, one at a time: a line of JSON, then for a request the
body. Ends with its standard input, so that it never outlives the fetcher.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from typing import Any, BinaryIO

from copytaster.fetcher.document import UnreadableFeed
from copytaster.fetcher.documentjson import document_to_lines
from copytaster.fetcher.parsing import parse_feed


def main(memory_mib: int, requests: BinaryIO, answers: BinaryIO) -> int:
    """Serve until `requests` ends; gives the exit code."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C at a terminal is for the fetcher, which closes the input
    _limit_memory(memory_mib)
    while line := requests.readline():
        request = json.loads(line)
        body = requests.read(int(request["size"]))
        answer = "\n".join(_answer(body, request)).encode("utf-8", errors="replace")
        answers.writelines((b"%d\n" % len(answer), answer))
        answers.flush()
    return 0


def _answer(body: bytes, request: dict[str, Any]) -> list[str]:
    """The lines of the document, or one that says why there is none."""
    try:
        document = parse_feed(body, url=request["url"], content_type=request["content_type"])
    except UnreadableFeed as error:
        return [json.dumps({"failure": error.failure.value, "detail": error.detail})]
    return document_to_lines(document)


def _limit_memory(mib: int) -> None:
    """Have the process run out of memory before the machine does; macOS does not take this limit."""
    if sys.platform == "linux":
        limit = mib * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    answers_to_parent = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the answers
    sys.exit(main(int(sys.argv[1]), sys.stdin.buffer, answers_to_parent))
