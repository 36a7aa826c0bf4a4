from __future__ import annotations

import json

from click.testing import CliRunner

from copytaster.cli.files.extract import command as extract_command
from copytaster.extractor.explain import explain_page
from tests.unit.extractor.sample_pages import PARAGRAPHS, TITLE, page

URL = "https://sennebote.example/1"
MENU = "<nav><ul>" + "".join(f"<li><a href='/{n}'>Rubrik {n}</a></li>" for n in range(9)) + "</ul></nav>"
PROMO = "<p>Lesen Sie auch: Was die Brücke kostet</p>"
CAPTION = "<figure><img src='b.jpg'><figcaption>Die Brücke am Montag. Foto: Lena Hofer</figcaption></figure>"


def full_page() -> bytes:
    """A page with a menu, a captioned picture and a line that leads away, among the story's paragraphs."""
    first = f"<p>{PARAGRAPHS[0]}</p>"
    return page().replace("<body>", f"<body>{MENU}").replace(first, first + CAPTION + PROMO).encode()


def test_every_block_has_its_place_and_its_reason() -> None:
    """Headline, paragraphs and captions are told apart from what was left out, and why."""
    found = explain_page(full_page(), url=URL, content_type="text/html")

    told = {block.text: (block.verdict, block.reason) for block in found.verdicts}
    assert told[TITLE] == ("headline", "<h1>")
    assert all(told[paragraph][0] == "body" for paragraph in PARAGRAPHS)
    assert told["Die Brücke am Montag. Foto: Lena Hofer"][0] == "caption"
    assert told["Lesen Sie auch: Was die Brücke kostet"] == ("left", "related_link")
    assert told["Rubrik 3"] == ("left", "inside <li>")
    assert found.dropped is None


def test_a_wall_is_explained_too() -> None:
    """Who looks at a dropped page wants to see what was on it."""
    wall = b"<html><head><title>Login</title></head><body><h1>Login</h1><p>Bitte anmelden.</p><input type=password></body></html>"

    found = explain_page(wall, url=URL, content_type="text/html")

    assert found.dropped is not None
    assert found.dropped[0] == "login_wall"
    assert [block.text for block in found.verdicts] == ["Login", "Bitte anmelden."]


def test_the_command_shows_the_blocks_and_shortens_menus() -> None:
    """Lines for a person: no colours in a pipe, two of a menu's links, the outcome at the end."""
    result = CliRunner().invoke(extract_command, ["-", "--url", URL, "--explain"], input=full_page())

    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "… 10 more: inside <li>" in result.output
    assert result.output.splitlines()[-1].startswith("published: ")


def test_the_command_shows_every_block_when_asked() -> None:
    """`--all` leaves nothing out."""
    result = CliRunner().invoke(extract_command, ["-", "--url", URL, "--explain", "--all"], input=full_page())

    assert all(f"Rubrik {number}" in result.output for number in range(9))


def test_the_explanation_can_be_had_as_json() -> None:
    """One object with the facts, the blocks and the outcome."""
    result = CliRunner().invoke(
        extract_command, ["-", "--url", URL, "--explain", "--json"], input=b"%PDF-1.7"
    )

    assert json.loads(result.output) == {
        "facts": {},
        "verdicts": [],
        "dropped": ["not_html", "a PDF document"],
    }


def test_options_of_the_explanation_need_it() -> None:
    """A misunderstanding is said at once."""
    result = CliRunner().invoke(extract_command, ["-", "--json"], input=b"")

    assert result.exit_code == 2
    assert "--explain" in result.output
