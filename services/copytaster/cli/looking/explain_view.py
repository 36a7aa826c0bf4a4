"""An explained pair as a person reads it: what is said, on what evidence, and the aligned spans side by side. Pure; no I/O."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from copytaster.cli.looking.explain import Explained
from copytaster.cli.plain import clock, count, instant, one_line, short
from copytaster.deduplicator.record import StoryRecord
from copytaster_schemas import Link, Shared
from copytaster_schemas.link import AlignedSpan
from copytaster_schemas.reasons import RELATIONS

KINDS: Final = {"exact": ("=", "green"), "fuzzy": ("~", "yellow")}
"""Mark and colour of a kind of span; an unknown kind has a question mark."""

BASES: Final = {
    "source_link": "a link to the other as the source",
    "credit": "a credit to the agency that published the other",
    "containment": "the one contains the other",
    "time": "the time of publication",
}

_TOKEN: Final = re.compile(r"\w+\W*|\W+")
"""A word with what follows it up to the next, so that a run of differing words is marked as one."""

_SIGNS: Final = re.compile(r"\W+")

LEAST_ALIKE: Final = 0.5
"""Below this share of common words (another language, other words altogether) marking the rest would mark everything."""


def view(found: Explained, *, colours: bool) -> Iterator[RenderableType]:
    """The parts of the page, from the verdict to the texts; without `colours` differing words stand in [brackets]."""
    link = found.link
    yield _stories(found)
    subject, other = ("B", "A") if link.direction == "b_from_a" else ("A", "B")
    yield Text.assemble(
        f"{subject} is ",
        (one_line(link.relation), "bold green" if link.merges else "bold yellow"),
        f" {other}: ",
        RELATIONS.get(link.relation, "a relation that this version does not know"),
    )
    yield from _verdict(found)
    yield from _terms(link)
    yield from _credits(link)
    yield _scores(link)
    yield _spans(found, colours=colours)


def _stories(found: Explained) -> Table:
    shown = Table(box=None, show_header=False, pad_edge=False)
    for letter, record in (("A", found.a), ("B", found.b)):
        shown.add_row(Text(letter, style="bold"), Text(_named(record)))
    return shown


def _named(record: StoryRecord) -> str:
    moment = clock(instant(record.time_ms))
    basis = "" if record.published_ms is not None else " (first seen)"
    return "\n".join(
        (
            one_line(f"{record.outlet} [{record.language or '?'}] {record.title}"),
            one_line(
                f"{moment} UTC{basis}, version {record.version}, {record.url or 'no address'}, {short(record.id)}"
            ),
        )
    )


def _verdict(found: Explained) -> Iterator[Text]:
    link = found.link
    yield Text(
        f"Confidence that both report the same news point: {link.confidence:.3f} (policy {link.policy})"
    )
    yield Text(f"Direction: {_direction(link)}")
    if link.evidence.vetoes:
        yield Text(f"Vetoes: {', '.join(link.evidence.vetoes)}", style="red")
    if not found.in_window:
        yield Text("They lie more than 14 days apart: the service never compares them.", style="yellow")
    yield Text(_where(found))
    if found.kept is not None:
        said = found.kept.decision
        versions = dict(zip(found.kept.key, found.kept.versions, strict=True))
        yield Text(
            f"Kept by the service: {said.relation} {said.confidence:.3f}, for versions "
            f"{versions[found.a.id]} and {versions[found.b.id]}"
        )
    elif found.in_window:
        yield Text("The service keeps no decision on this pair: it was no candidate, or said nothing of it.")


def _direction(link: Link) -> str:
    words = {"a_from_b": "A was made from B", "b_from_a": "B was made from A", "none": "none can be told"}
    basis = ", ".join(BASES.get(name, name) for name in link.direction_basis)
    return words.get(link.direction, link.direction) + (f", by {basis}" if basis else "")


def _where(found: Explained) -> str:
    one, other = found.clusters
    if found.together and one:
        return f"Both are in the cluster {one}"
    return f"A is in the cluster {one or '(not known)'}, B in {other or '(not known)'}"


def _terms(link: Link) -> Iterator[Text]:
    for name, terms in (
        ("Numbers", link.evidence.numbers),
        ("Names", link.evidence.names),
        ("Dates", link.evidence.dates),
    ):
        if terms is not None:
            yield Text.assemble((f"{name}: ", "bold"), Text("; ").join(_kinds(terms)))


def _kinds(terms: Shared) -> Iterator[Text]:
    for words, held, style in (
        ("shared", terms.shared, "green"),
        ("only A", terms.only_a, "yellow"),
        ("only B", terms.only_b, "yellow"),
        ("conflicting", terms.conflicting, "red"),
    ):
        if held:
            yield Text.assemble(f"{words} ", (one_line(", ".join(held)), style))


def _credits(link: Link) -> Iterator[Text]:
    told = [
        one_line(f"{credit.agency or 'an address'} as {credit.role} in {credit.field}: “{credit.quote}”")
        for credit in link.evidence.credits
    ]
    if told:
        yield Text.assemble(("Credits: ", "bold"), "; ".join(dict.fromkeys(told)))


def _scores(link: Link) -> Text:
    told = [f"{name} {value / 1000:.2f}" for name, value in sorted(link.evidence.scores.items()) if value]
    return Text.assemble(("Scores: ", "bold"), ", ".join(told) or "all nought")


def _spans(found: Explained, *, colours: bool) -> RenderableType:
    spans = found.link.evidence.spans
    if not spans:
        return Text("No passage of one is told again in the other.")
    cut = "; the first of more" if found.link.evidence.spans_truncated else ""
    shown = Table(
        title=f"{count(len(spans), 'aligned span')} (= word for word, ~ nearly{cut})",
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_lines=False,
    )
    shown.add_column("", no_wrap=True)
    shown.add_column(f"A  {one_line(found.a.outlet)}", ratio=1, overflow="fold")
    shown.add_column(f"B  {one_line(found.b.outlet)}", ratio=1, overflow="fold")
    for span in spans:
        mark, style = KINDS.get(span.kind, ("?", ""))
        ours, theirs = side_by_side(found.a.text, found.b.text, span, colours=colours)
        shown.add_row(Text(mark, style=style), ours, theirs)
    return shown


def side_by_side(a_text: str, b_text: str, span: AlignedSpan, *, colours: bool) -> tuple[Text, Text]:
    """Both sides of a span, each with its place; words that the other side does not have are marked."""
    ours = _TOKEN.findall(one_line(a_text[span.a_begin : span.a_end]))
    theirs = _TOKEN.findall(one_line(b_text[span.b_begin : span.b_end]))
    matcher = difflib.SequenceMatcher(a=_folded(ours), b=_folded(theirs), autojunk=False)
    left, right = (
        Text(f"{span.a_begin}–{span.a_end} ", style="dim"),
        Text(f"{span.b_begin}–{span.b_end} ", style="dim"),
    )
    alike = matcher.ratio() >= LEAST_ALIKE
    for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        same = kind == "equal" or not alike
        _append(left, ours[a_from:a_to], same=same, colours=colours)
        _append(right, theirs[b_from:b_to], same=same, colours=colours)
    return left, right


def _folded(tokens: list[str]) -> list[str]:
    """Words as they are compared: neither case nor the signs behind them count."""
    return [_SIGNS.sub("", token).casefold() for token in tokens]


def _append(line: Text, tokens: list[str], *, same: bool, colours: bool) -> None:
    words = "".join(tokens)
    if not words:
        return
    if same or not words.strip(_EDGE):
        line.append(words, style="not dim")
    elif colours:
        line.append(words, style="not dim bold magenta")
    else:
        line.append(f"[{words.strip(_EDGE)}]".join(_margins(words)))


def _margins(words: str) -> tuple[str, str]:
    """What stands before the first and behind the last word, which stays outside of the brackets."""
    inner = words.strip(_EDGE)
    begin = words.find(inner)
    return words[:begin], words[begin + len(inner) :]


_EDGE: Final = " \t\n.,;:!?–—-"
