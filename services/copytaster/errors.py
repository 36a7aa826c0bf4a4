"""The error tree: the class of an error decides what happens to the entry that met it, not the call site.

CopytasterError
├─ RetryLater       transient (DNS, 429, 5xx, Redis away, worker killed)     → not acknowledged, tried again
├─ Quarantine       can never succeed (undecodable entry, broken schema)     → `dead` stream with the whole entry
├─ Discard          rightly left out (a wall, no article, forbidden by robots)→ `drops` stream with its code
└─ Misconfigured    an operator's mistake, found at start                    → one clear line, exit code 2

Anything else is a bug of ours: logged with its traceback, counted, retried a bounded number of times.
"""

from __future__ import annotations


class CopytasterError(Exception):
    """Root of all errors that this project raises on purpose."""


class RetryLater(CopytasterError):
    """Transient trouble; `retry_after_seconds` is the least wait that makes sense, or None for the usual back-off."""

    def __init__(self, detail: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class _Coded(CopytasterError):
    """An error with a registered `code` (see `copytaster_schemas.reasons`) and a human `detail`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail

    def __reduce__(self) -> tuple[type[_Coded], tuple[str, str]]:
        """Both arguments survive pickling, so that a worker process can raise it to its parent."""
        return (type(self), (self.code, self.detail))


class Quarantine(_Coded):
    """Can never succeed, and nobody chose to leave it out: a person has to look."""


class Discard(_Coded):
    """Left out on purpose; the item gets a `drops` entry with `code` and `detail`."""


class Misconfigured(CopytasterError):
    """An operator's mistake; the message names the setting or file, what is wrong with it, and the mend."""
