from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from copytaster.cli.files.extract import command as extract_command
from copytaster.errors import Misconfigured
from copytaster.extractor.io.overrides_file import checked_overrides
from copytaster.extractor.overrides import EXAMPLE, read_overrides
from copytaster.extractor.story import extract_page
from tests.unit.extractor.sample_pages import PARAGRAPHS, page

URL = "https://www.sennebote.example/1"
RULES = """
sennebote.example:
  body: "div.article-body > p:not(.promo)"
  date: "//span[@class='stamp']/@data-at"
  credit: ".from"
"""
HTML = page(
    body="<p class='promo'>Der Sennebote gehört zum Sennebote-Verlag, den es seit dem Jahr 1871 in der Stadt gibt.</p>"
    + "".join(f"<p>{text}</p>" for text in PARAGRAPHS),
    before="<span class='stamp' data-at='2025-05-06T07:08:00+02:00'>heute früh</span><i class='from'>dpa</i>",
).encode()


def test_an_operator_s_selectors_win_on_their_site() -> None:
    """Body, date and credit are what the selectors find; other fields are as ever."""
    rules, problems = read_overrides(RULES)

    found = extract_page(HTML, url=URL, content_type="text/html", overrides=rules)

    assert problems == []
    assert found.text == "\n".join(PARAGRAPHS)
    assert found.published is not None
    assert found.published.iso() == "2025-05-06T07:08:00+02:00"
    assert [(c.agency, c.role, c.rule) for c in found.credits] == [("dpa", "originator", "override")]


def test_another_site_is_read_by_the_ordinary_rules() -> None:
    """A rule reaches no further than its site and the hosts below it."""
    rules, _ = read_overrides(RULES)
    elsewhere = "https://nordpost.example/1"

    assert extract_page(HTML, url=elsewhere, content_type="text/html", overrides=rules) == extract_page(
        HTML, url=elsewhere, content_type="text/html"
    )


def test_a_selector_that_finds_nothing_leaves_the_ordinary_result() -> None:
    """Sites change; a stale rule must not empty a story."""
    rules, _ = read_overrides('sennebote.example: {body: ".gone", date: ".gone", credit: ".gone"}')

    assert extract_page(HTML, url=URL, content_type="text/html", overrides=rules) == extract_page(
        HTML, url=URL, content_type="text/html"
    )


def test_the_example_can_be_used() -> None:
    """What the documentation shows has no mistake in it."""
    rules, problems = read_overrides(EXAMPLE)

    assert (list(rules.by_site), problems) == (["nordpost.example"], [])


MISTAKES = {
    "no YAML": ("a: [", "this is no YAML"),
    "a list": ("- a", "expected a mapping"),
    "no fields": ("a.example:", "expected one or more of body, date, credit"),
    "an unknown field": ("a.example: {text: p}", "a.example: text: unknown"),
    "bad CSS": ("a.example: {body: 'div['}", "a.example: body: 'div['"),
    "bad XPath": ("a.example: {body: '//p['}", "a.example: body: '//p['"),
    "no selector": ("a.example: {body: 3}", "expected a selector"),
    "an address": ("'https://a.example/': {body: p}", "a site is a host name"),
}


@pytest.mark.parametrize(("content", "reason"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_place(content: str, reason: str) -> None:
    """Nobody has to guess what is wrong."""
    _, problems = read_overrides(content)

    assert reason in str(problems[0])


def test_the_command_lists_all_mistakes(tmp_path: Path) -> None:
    """`--check-overrides` says everything at once and ends with 1."""
    file = tmp_path / "sites.yml"
    file.write_text("a.example: {body: 'div['}\nb.example: {date: '//p['}\n", encoding="utf-8")

    result = CliRunner().invoke(extract_command, ["--check-overrides", str(file)])

    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.output.splitlines()] == ["a.example", "b.example"]


def test_the_command_uses_the_file_in_its_workers(tmp_path: Path) -> None:
    """The worker processes read it, and the explanation names it."""
    file = tmp_path / "sites.yml"
    file.write_text(RULES, encoding="utf-8")

    arguments = ["-", "--url", URL, "--overrides", str(file), "--explain", "--json"]
    result = CliRunner().invoke(extract_command, arguments, input=HTML)

    assert json.loads(result.output)["facts"]["overrides"] == "body, date, credit"


def test_a_service_refuses_to_start_with_a_mistake(tmp_path: Path) -> None:
    """It would otherwise extract a site by other rules than its operator believes."""
    file = tmp_path / "sites.yml"
    file.write_text("a.example: {body: 'div['}", encoding="utf-8")

    with pytest.raises(Misconfigured, match=r"the first mistake: a\.example: body"):
        checked_overrides(file)
