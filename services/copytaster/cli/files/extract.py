"""`copytaster extract`: pages into stories, as JSON, with the code and in the worker processes of the extractor."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from copytaster.cli.console import wide_console
from copytaster.cli.files.extract_view import lines_of
from copytaster.cli.files.reading import JsonLine, UnreadableInput, json_lines, read_bytes
from copytaster.errors import CopytasterError, Discard, Misconfigured
from copytaster.extractor.explanation import Explanation
from copytaster.extractor.extracted import Extracted, flat, to_story
from copytaster.extractor.io.overrides_file import checked_overrides, load_overrides
from copytaster.extractor.io.workers import Workers
from copytaster.extractor.page import stated_url

PROCESSES: Final = 2
AHEAD: Final = 8
"""Pages under way at once: enough to keep the processes busy while results wait for their turn."""

TIMEOUT_SECONDS: Final = 10.0
MEMORY_MIB: Final = 1_024


@click.command()
@click.argument("file", required=False)
@click.option("--url", help="The page's final address; without it the one that the page itself states.")
@click.option("--content-type", help="The Content-Type header it was served with.")
@click.option(
    "--manifest",
    metavar="PAGES.jsonl",
    help='Many pages: lines {"id","file","url","contentType"?}; files relative to the manifest.',
)
@click.option("--flat", "as_flat", is_flag=True, help="A small flat form instead of the story event's data.")
@click.option(
    "--overrides",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML with CSS or XPath of your own for single sites: body, date, credit.",
)
@click.option(
    "--check-overrides",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Say what is wrong with such a file, and do nothing else; exit code 1 if anything is.",
)
@click.option(
    "--explain", is_flag=True, help="Show where each block of the page went and which rule decided."
)
@click.option("--all", "every_block", is_flag=True, help="With --explain: every block of long menus, too.")
@click.option("--json", "as_json", is_flag=True, help="With --explain: one JSON object instead of lines.")
def command(
    file: str | None,
    url: str | None,
    content_type: str | None,
    manifest: str | None,
    as_flat: bool,
    overrides: Path | None,
    check_overrides: Path | None,
    explain: bool,
    every_block: bool,
    as_json: bool,
) -> None:
    """Turn a page FILE (HTML; may be .gz; - is standard input) into one story's data.

    What is no story gives {"dropped": {"code", "detail"}}. With --manifest, one output line per input line, in input
    order; a page that cannot be read gives {"id","error"}, and exit code 1 at the end.

    \b
    Examples:
      curl -s https://outlet.example/news/1 | copytaster extract - --url https://outlet.example/news/1
      copytaster extract --manifest pages.jsonl --flat > stories.jsonl
      copytaster extract page.html --explain
      copytaster extract page.html --overrides sites.yml --explain
    """
    if check_overrides is not None:
        sys.exit(_check(check_overrides))
    if (file is None) == (manifest is None):
        raise click.UsageError("give either FILE or --manifest")
    if manifest is not None and (url or content_type):
        raise click.UsageError("--url and --content-type belong to FILE; a manifest states them line by line")
    if explain and (manifest is not None or as_flat):
        raise click.UsageError("--explain is for one FILE, and has a form of its own")
    if (every_block or as_json) and not explain:
        raise click.UsageError("--all and --json belong to --explain; stories are JSON anyway")
    if explain:
        work = _explain(file or "-", url, content_type, overrides, every_block=every_block, as_json=as_json)
    elif file is not None:
        work = _one(file, url, content_type, overrides, as_flat=as_flat)
    else:
        work = _many(manifest or "", overrides, as_flat=as_flat)
    sys.exit(1 if asyncio.run(work) else 0)


def _workers(size: int, overrides: Path | None) -> Workers:
    try:
        usable = checked_overrides(overrides)
    except Misconfigured as error:
        raise click.ClickException(str(error)) from None
    return Workers(size, timeout_seconds=TIMEOUT_SECONDS, memory_mib=MEMORY_MIB, overrides=usable)


def _check(file: Path) -> int:
    """Print what is wrong with a file of overrides, or that nothing is; the exit code."""
    try:
        found, problems = load_overrides(file)
    except Misconfigured as error:
        raise click.ClickException(str(error)) from None
    for problem in problems:
        click.echo(str(problem))
    if not problems:
        click.echo(f"{file}: {len(found.by_site)} sites, nothing wrong")
    return 1 if problems else 0


async def _one(
    file: str, url: str | None, content_type: str | None, overrides: Path | None, *, as_flat: bool
) -> bool:
    body = read_bytes(file)
    address = _address(file, url, body)
    workers = _workers(1, overrides)
    try:
        result = await _result(workers, body, address, content_type, as_flat=as_flat)
    finally:
        await workers.close()
    _print(result.get("story") or result.get("flat") or result)
    return "error" in result


def _address(file: str, url: str | None, body: bytes) -> str:
    return url or stated_url(body) or f"https://unknown.invalid/{Path(file).name}"


async def _explain(
    file: str,
    url: str | None,
    content_type: str | None,
    overrides: Path | None,
    *,
    every_block: bool,
    as_json: bool,
) -> bool:
    body = read_bytes(file)
    workers = _workers(1, overrides)
    try:
        found = await workers.explain(body, url=_address(file, url, body), content_type=content_type)
    except Discard as reason:
        found = Explanation({}, (), (reason.code, reason.detail))
    except (CopytasterError, RuntimeError) as error:
        _print({"error": str(error).strip().splitlines()[-1]})
        return True
    finally:
        await workers.close()
    if as_json:
        _print(asdict(found))
        return False
    console = wide_console()
    for line in lines_of(found, every_block=every_block):
        console.print(line, overflow="ellipsis", no_wrap=True)
    return False


async def _many(manifest: str, overrides: Path | None, *, as_flat: bool) -> bool:
    workers = _workers(PROCESSES, overrides)
    folder = Path(manifest).parent if manifest != "-" else Path()
    lines = json_lines(manifest, fields=("id", "file", "url"))
    failed = done = 0
    try:
        async for result in _in_order(workers, lines, folder, as_flat=as_flat):
            _print(result)
            done += 1
            failed += "error" in result
            _progress(done, failed)
    finally:
        await workers.close()
        if sys.stderr.isatty() and done:
            click.echo(err=True)
    return failed > 0


async def _in_order(
    workers: Workers, lines: Iterator[JsonLine], folder: Path, *, as_flat: bool
) -> AsyncIterator[dict[str, Any]]:
    """The results in the order of the lines, while later pages are already being extracted."""
    waiting: deque[asyncio.Task[dict[str, Any]]] = deque()
    try:
        for line in lines:
            waiting.append(asyncio.create_task(_line(workers, line, folder, as_flat=as_flat)))
            if len(waiting) >= AHEAD:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()


async def _line(workers: Workers, line: JsonLine, folder: Path, *, as_flat: bool) -> dict[str, Any]:
    if line.error is not None:
        return {"id": line.id, "error": line.error}
    try:
        body = read_bytes(line.value["file"], folder=folder)
    except UnreadableInput as error:
        return {"id": line.id, "error": str(error)}
    content_type = line.value.get("contentType")
    content_type = content_type if isinstance(content_type, str) else None
    result = await _result(workers, body, line.value["url"], content_type, as_flat=as_flat)
    return {"id": line.id, **result}


async def _result(
    workers: Workers, body: bytes, url: str, content_type: str | None, *, as_flat: bool
) -> dict[str, Any]:
    try:
        found = await workers.extract(body, url=url, content_type=content_type)
    except Discard as reason:
        return {"dropped": {"code": reason.code, "detail": reason.detail}}
    except (CopytasterError, RuntimeError) as error:
        return {"error": str(error).strip().splitlines()[-1]}
    return {"flat": flat(found)} if as_flat else {"story": _story(found)}


def _story(found: Extracted) -> dict[str, Any]:
    now = datetime.now(UTC)
    return to_story(found, version=1, recorded=now, first_recorded=now).to_dict()


def _progress(done: int, failed: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} pages" + (f", {failed} failed" if failed else ""), nl=False, err=True)


def _print(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
