"""What `copytaster extract --explain` prints: each block of the page with its verdict, coloured on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from rich.text import Text

from copytaster.cli.plain import one_line
from copytaster.extractor.explanation import LEFT, Explanation, Verdict

STYLES: Final = {"body": "green", "headline": "bold green", "lead": "cyan", "caption": "magenta", LEFT: "dim"}
VERDICT_WIDTH: Final = 9
SHOWN_OF_A_RUN: Final = 2
"""Of a menu's hundred links the first two say what it is."""


def lines_of(explanation: Explanation, *, every_block: bool) -> Iterator[Text]:
    """The lines for a person: facts, blocks, and what became of the page."""
    for name, value in explanation.facts.items():
        yield Text.assemble((f"{name:<20}", "bold"), one_line(value))
    yield Text()
    for (verdict, reason), run in groupby(
        explanation.verdicts, key=lambda block: (block.verdict, block.reason)
    ):
        blocks = list(run)
        shown = blocks if every_block or verdict != LEFT else blocks[:SHOWN_OF_A_RUN]
        yield from map(_block, shown)
        if len(blocks) > len(shown):
            yield Text(f"{'':<{VERDICT_WIDTH}} … {len(blocks) - len(shown)} more: {reason}", STYLES[LEFT])
    yield Text()
    yield _outcome(explanation)


def _block(block: Verdict) -> Text:
    style = STYLES.get(block.verdict, "")
    return Text.assemble(
        (f"{block.verdict:<{VERDICT_WIDTH}} ", style),
        (one_line(block.text), style),
        (f"  [{block.reason}]", "dim"),
    )


def _outcome(explanation: Explanation) -> Text:
    if explanation.dropped is not None:
        code, detail = explanation.dropped
        return Text(f"dropped: {code} ({one_line(detail)})", "bold red")
    in_story: Sequence[Verdict] = [block for block in explanation.verdicts if block.verdict != LEFT]
    return Text(f"published: {len(in_story)} of {len(explanation.verdicts)} blocks are in the story", "bold")
