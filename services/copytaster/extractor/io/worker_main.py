"""The worker process: reads pages from standard input, extracts them, writes the results to standard output.

Started by `workers.Workers`, one page at a time, with a cap on its address space. It ends when its input ends; a page that
hangs in a C library is ended by the parent, or by its own alarm if the parent is gone.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, BinaryIO

from copytaster.errors import Discard
from copytaster.extractor.explain import explain_page
from copytaster.extractor.io.frames import HEADER, Done, Explained, Failed, Job, LeftOut, Ready, pack, unpack
from copytaster.extractor.io.overrides_file import load_overrides
from copytaster.extractor.overrides import NONE, Overrides
from copytaster.extractor.story import extract_page

WARM_PAGE = b"<html><head><title>Warm</title></head><body><article><p>A paragraph to load the libraries.</p></article></body></html>"


def main(argv: list[str]) -> int:
    """Serve until standard input ends; `argv[1]` is the cap in MiB, `argv[2]` a file of overrides if there is one."""
    memory_mib = int(argv[1])
    overrides = load_overrides(Path(argv[2]))[0] if len(argv) > 2 else NONE
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # A library that prints must not write into the frames.
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare()
    limit_memory(memory_mib)
    _send(sink, Ready())
    while (job := _receive(source)) is not None:
        signal.setitimer(signal.ITIMER_REAL, job.alarm_seconds)
        answer = _answer(job, overrides)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(sink, answer)
    return 0


def prepare() -> None:
    """Load the libraries and their tables, and spare the garbage collector the look through them at every page."""
    with contextlib.suppress(Discard):
        extract_page(WARM_PAGE, url="https://warm.example/page", content_type=None)
    gc.collect()
    gc.freeze()


def limit_memory(mib: int) -> None:
    """Cap the address space; an allocation beyond it fails instead of taking the machine along."""
    # macOS refuses the limit; the parent's deadline still holds there.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (mib << 20, mib << 20))


def _answer(job: Job, overrides: Overrides) -> Done | Explained | LeftOut | Failed:
    try:
        if job.explain:
            return Explained(
                explain_page(job.body, url=job.url, content_type=job.content_type, overrides=overrides)
            )
        found = extract_page(
            job.body,
            url=job.url,
            content_type=job.content_type,
            feed_item=job.feed_item,
            overrides=overrides,
        )
    except Discard as reason:
        return LeftOut(reason.code, reason.detail)
    except MemoryError:
        return LeftOut("extraction_crashed", "the page needs more memory than a worker may use")
    except Exception:
        return Failed(traceback.format_exc())
    return Done(found)


def _receive(source: BinaryIO) -> Job | None:
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    job: Job = unpack(source.read(HEADER.unpack(header)[0]))
    return job


def _send(sink: BinaryIO, message: Any) -> None:
    sink.write(pack(message))
    sink.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
