"""What the demo shows: reads the streams as any subscriber would, tells what happens, knows when all is done."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.console import Console
from rich.text import Text

from copytaster.cli.looking import cluster_view
from copytaster.keys import Keys
from copytaster.newsroom.model import Catalogue
from copytaster.newsroom.verdict import Verdict, judge
from copytaster_schemas import ClusterChanged, EventModel, ItemDropped, Story, parse_event

WATCHED: Final = ("stories", "drops", "clusters")
BLOCK_MS: Final = 500
MAX_CLUSTERS_SHOWN: Final = 24


class DemoWatch:
    """A subscriber of the public streams and of `drops`."""

    def __init__(self, url: str, catalogue: Catalogue, console: Console) -> None:
        self._redis = Redis.from_url(url)
        self._keys = Keys("main")
        self._catalogue = catalogue
        self._console = console
        self._article_of: dict[str, str] = {}
        self._clusters: dict[str, ClusterChanged] = {}
        self._drops: list[ItemDropped] = []
        self._revised: set[str] = set()
        self._began = time.monotonic()
        self.finished = False

    async def until_done(self, deadline_seconds: float) -> None:
        """Return when every article stands in a cluster and every odd item was dropped, or at the deadline."""
        positions = {self._keys.stream(name): "0" for name in WATCHED}
        try:
            while not self.finished and time.monotonic() - self._began < deadline_seconds:
                try:
                    reply = await self._redis.xread(positions, block=BLOCK_MS, count=50)
                except RedisError:
                    await asyncio.sleep(BLOCK_MS / 1000)
                    continue
                for stream, entries in reply or []:
                    for entry_id, fields in entries:
                        positions[stream.decode()] = entry_id
                        self._take(parse_event(fields)[1])
                self.finished = self._all_told() and await self._quiet()
        finally:
            await self._redis.aclose()

    def _take(self, event: EventModel) -> None:
        if isinstance(event, Story):
            self._take_story(event)
        elif isinstance(event, ItemDropped):
            self._drops.append(event)
            self._say("dropped", "yellow", f"{event.title or event.url or event.article} ({event.code})")
        elif isinstance(event, ClusterChanged):
            self._clusters[event.cluster] = event
            if event.counts.members > 1 and event.op != "updated":
                counts = event.counts
                self._say(
                    "cluster",
                    "green",
                    f"{event.headline or event.cluster}: {counts.members} stories of {counts.outlets} outlets, "
                    f"{counts.independent} independent",
                )

    def _take_story(self, story: Story) -> None:
        article = self._catalogue.at_address(story.url)
        if article is not None:
            self._article_of[story.uri] = article.id
        if story.version > 1:
            self._revised.add(story.uri)
        kind, style = ("story", "cyan") if story.version == 1 else ("revised", "magenta")
        self._say(kind, style, f"{story.provider.outlet} [{story.language or '?'}] {story.title}")

    def _say(self, kind: str, style: str, text: str) -> None:
        elapsed = time.monotonic() - self._began
        line = Text.assemble(f"{elapsed:5.1f} s  ", (f"{kind:<8}", style), text)
        self._console.print(line, overflow="ellipsis", no_wrap=True)

    def _all_told(self) -> bool:
        clustered = {
            self._article_of.get(member.story)
            for change in cluster_view.living(self._clusters.values())
            for member in change.members
        }
        corrections = {one.id for one in self._catalogue.articles.values() if one.correction}
        revised = {self._article_of.get(story) for story in self._revised}
        return (
            self._catalogue.articles.keys() <= clustered
            and corrections <= revised
            and len(self._drops) >= len(self._catalogue.oddities)
        )

    async def _quiet(self) -> bool:
        """Whether no group of ours has anything left to do."""
        for name in ("articles", "stories", "links"):
            for group in await self._redis.xinfo_groups(self._keys.stream(name)):
                if group["pending"] or group.get("lag"):
                    return False
        return True

    def summarise(self, seconds: float, *, logs: Path | None, url: str | None) -> int:
        """Print the clusters, what was right and wrong, and what to type next; gives the exit code."""
        clusters = cluster_view.living(self._clusters.values())
        verdict = judge(self._catalogue, [self._members(change) for change in clusters])
        say = self._console.print
        say()
        say(
            cluster_view.table(
                clusters[:MAX_CLUSTERS_SHOWN],
                title=f"{len(clusters)} clusters in {seconds:.0f} s",
                width=self._console.width,
            )
        )
        if len(clusters) > MAX_CLUSTERS_SHOWN:
            say(f"… and {len(clusters) - MAX_CLUSTERS_SHOWN} more")
        say()
        self._say_verdict(verdict)
        codes = Counter(drop.code for drop in self._drops)
        say(f"Left out on purpose: {', '.join(f'{count} {code}' for code, count in sorted(codes.items()))}.")
        say(f"Corrected by the outlet and revised here: {len(self._revised)}.")
        if not self.finished:
            say(f"[red]Not everything came through in time.[/] The services' logs: {logs}")
        self._say_next(url)
        return 0 if self.finished and verdict.holds else 1

    def _members(self, change: ClusterChanged) -> list[str]:
        return [self._article_of.get(member.story, member.story) for member in change.members]

    def _say_verdict(self, verdict: Verdict) -> None:
        say = self._console.print
        found = ", ".join(
            f"{count.joined} of {count.total} {kind}" for kind, count in verdict.by_kind.items()
        )
        say(f"Joined with their source: {found}.")
        say(f"Clusters that mix two news points: {len(verdict.mixed)}.")
        late = [
            kind
            for kind in ("rewrite", "translation")
            if verdict.by_kind[kind].joined < verdict.by_kind[kind].total
        ]
        if late:
            say(
                f"Some {' and '.join(late)}s still stand apart: wording alone does not show that they are copies."
            )
        for copy, source in verdict.apart:
            say(f"[red]Apart from its source:[/] {copy} ({source})")
        for mixed in verdict.mixed:
            say(f"[red]Mixed:[/] {', '.join(mixed)}")

    def _say_next(self, url: str | None) -> None:
        say = self._console.print
        say()
        program = program_name()
        if url:
            say(f"It is still running; its streams are at [bold]{url}[/], desk main. Try:")
            say(f"  {program} clusters list --redis-url {url}")
            say(f"  {program} status --redis-url {url}")
            say(f"  redis-cli -u {url} XRANGE 'copytaster:{{main}}:clusters' - + COUNT 1", markup=False)
        else:
            say("Next:")
            say("  make demo KEEP=1                         the same, left running for your own subscribers")
            say(f"  {program + ' run --feeds feeds.toml':<40} your own feeds on this machine")
            say("  docker compose up                        the services and Redis in containers")


def program_name() -> str:
    """How this very command is called again from here: a program of a virtual environment with its path."""
    program = Path(sys.argv[0])
    if program.name != "copytaster" or shutil.which("copytaster") == str(program.absolute()):
        return "copytaster"
    here = Path.cwd()
    return str(program.absolute().relative_to(here) if program.absolute().is_relative_to(here) else program)
