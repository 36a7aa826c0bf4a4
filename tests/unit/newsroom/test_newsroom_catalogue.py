"""The demo's texts are what they claim to be: copies copy, look-alikes do not, and nothing is left to fill in."""

from __future__ import annotations

import re
from itertools import permutations

import pytest

from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.model import KINDS, Article, Catalogue, Oddity

COPIES = ("verbatim", "edited", "excerpt")
LEAST_SHARED = {"verbatim": 0.95, "edited": 0.5, "excerpt": 0.9}
"""Share of a copy's 5-word shingles that stand in its source, by kind."""

MOST_SHARED_WITH_OTHERS = 0.35
"""Even with its background repeated word for word, a text must be mostly about its own news point."""

MOST_SHARED_IN_OWN_WORDS = 0.05
"""What two news points may share beside that background: phrases such as a full title with an office."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue as installed."""
    return load_catalogue()


def shingles(text: str) -> set[tuple[str, ...]]:
    """All runs of five words."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


def shared(text: str, other: str) -> float:
    """Which part of the shingles of `text` stands in `other`."""
    own = shingles(text)
    return len(own & shingles(other)) / len(own)


def in_own_words(article: Article, declared: set[str]) -> str:
    """The text without the paragraphs that some article declares to repeat from another news point."""
    return "\n".join(paragraph.text for paragraph in article.paragraphs if paragraph.text not in declared)


def test_the_newsroom_is_large_enough_to_show_something(catalogue: Catalogue) -> None:
    """At least six outlets, four languages, forty articles, and every kind of article."""
    articles = catalogue.articles.values()

    assert len({article.outlet for article in articles}) >= 6
    assert len({article.language for article in articles}) >= 4
    assert len(articles) >= 40
    assert {article.kind for article in articles} == set(KINDS)


def test_every_article_has_its_outlet_its_news_point_and_an_address_of_its_own(catalogue: Catalogue) -> None:
    """No article hangs in the air, and no two share a page."""
    items: list[Article | Oddity] = [*catalogue.articles.values(), *catalogue.oddities]

    assert all(item.outlet in catalogue.outlets for item in items)
    assert all(article.point in catalogue.points for article in catalogue.articles.values())
    assert len({(item.outlet, item.path) for item in items}) == len(items)
    assert all(item.path.startswith("/") for item in items)
    assert len(set(catalogue.item_ids())) == len(items)


def test_every_news_point_has_one_original_or_stands_alone(catalogue: Catalogue) -> None:
    """Where a point has copies it has exactly one first text."""
    for point in catalogue.points:
        kinds = [article.kind for article in catalogue.of_point(point)]

        assert kinds.count("original") == (1 if len(kinds) > 1 else 0), point


def test_a_derived_text_comes_after_its_source_in_the_same_news_point(catalogue: Catalogue) -> None:
    """Nobody copies before there is something to copy, and the kinds say who derives."""
    for article in catalogue.articles.values():
        derives = article.kind in (*COPIES, "rewrite", "translation")

        assert derives == (article.derived_from is not None), article.id
        if article.derived_from:
            source = catalogue.articles[article.derived_from]
            assert source.point == article.point, article.id
            assert source.published_minutes_before > article.published_minutes_before > 0, article.id


def test_copies_keep_the_language_and_translations_change_it(catalogue: Catalogue) -> None:
    """A translation is in another language than its source, a copy never."""
    for article in catalogue.articles.values():
        if article.derived_from:
            same = article.language == catalogue.articles[article.derived_from].language
            assert same != (article.kind == "translation") or article.kind == "rewrite", article.id


def test_copies_contain_what_they_claim_to_copy(catalogue: Catalogue) -> None:
    """Verbatim 0.95, edited 0.5 and excerpts 0.9 of their shingles stand in the source."""
    copies = [article for article in catalogue.articles.values() if article.kind in COPIES]

    assert len(copies) >= 12
    for article in copies:
        source = catalogue.articles[article.derived_from or ""]
        assert shared(article.text, source.text) >= LEAST_SHARED[article.kind], article.id


def test_edited_copies_differ_from_their_source_and_excerpts_are_shorter(catalogue: Catalogue) -> None:
    """The kinds can be told apart by looking at them."""
    for article in catalogue.articles.values():
        source = catalogue.articles.get(article.derived_from or "")
        if source and article.kind == "edited":
            assert shared(article.text, source.text) < 0.95, article.id
            assert article.headline != source.headline, article.id
        if source and article.kind == "excerpt":
            assert shared(source.text, article.text) < 0.7, article.id


def test_rewrites_and_translations_share_no_wording_with_their_source(catalogue: Catalogue) -> None:
    """What cannot be found by shared passages must be found otherwise, or stay apart."""
    for article in catalogue.articles.values():
        if article.derived_from and article.kind in ("rewrite", "translation"):
            assert shared(article.text, catalogue.articles[article.derived_from].text) < 0.05, article.id


def test_other_news_points_share_the_declared_background_and_nothing_else(catalogue: Catalogue) -> None:
    """Look-alikes repeat paragraphs word for word, but that stays about a third of the text, and the rest is new."""
    articles = list(catalogue.articles.values())
    declared = {part.text for article in articles for part in article.paragraphs if part.background}
    for article, other in permutations(articles, 2):
        if other.point != article.point:
            case = f"{article.id} and {other.id}"
            assert shared(article.text, other.text) < MOST_SHARED_WITH_OTHERS, case
            own = shared(in_own_words(article, declared), in_own_words(other, declared))
            assert own < MOST_SHARED_IN_OWN_WORDS, case


def test_there_are_look_alikes_that_repeat_background(catalogue: Catalogue) -> None:
    """At least four topics hold several news points, and at least six texts repeat a paragraph of another point."""
    topics = [point.topic for point in catalogue.points.values()]
    repeating = [
        one.id for one in catalogue.articles.values() if any(part.background for part in one.paragraphs)
    ]

    assert sum(topics.count(topic) > 1 for topic in set(topics)) >= 4
    assert len(repeating) >= 6
    assert "strike-ends.depesche" in {one.id for one in catalogue.lookalikes("strike-announced.depesche")}


def test_texts_have_the_length_of_agency_reports(catalogue: Catalogue) -> None:
    """Between 70 and 350 words in two to nine paragraphs."""
    for article in catalogue.articles.values():
        assert 70 <= len(article.text.split()) <= 350, article.id
        assert 2 <= len(article.paragraphs) <= 9, article.id


def test_every_expected_credit_can_be_read_on_the_page(catalogue: Catalogue) -> None:
    """An agency that the truth names stands in the text, byline, credit line or a caption."""
    spellings = {
        "TASS": "TASS|ТАСС",
        "RIA Novosti": "RIA|РИА",
        "Interfax": "Interfax|Интерфакс|ИНТЕРФАКС",
        "Reuters": "Reuters|REUTERS|Рейтер",
        "dpa": "dpa",
        "AFP": "AFP",
    }
    for article in catalogue.articles.values():
        visible = "\n".join(
            [
                article.text,
                article.byline or "",
                article.credit_line or "",
                *(one.text for one in article.captions),
            ]
        )
        for credit in article.credits:
            pattern = spellings[credit.agency] if credit.agency else r"\{url:"
            assert re.search(rf"(?<!\w)(?:{pattern})", visible), f"{article.id}: {credit}"


def test_every_photo_credit_stands_in_a_caption(catalogue: Catalogue) -> None:
    """The agency of an expected photo credit is named under a picture, not only in the text."""
    spellings = {"RIA Novosti": "РИА Новости"}
    photos = [
        (article, credit.agency or "")
        for article in catalogue.articles.values()
        for credit in article.credits
        if credit.role == "photo"
    ]

    assert len(photos) >= 8
    for article, agency in photos:
        name = spellings.get(agency, agency).casefold()
        assert any(name in one.text.casefold() for one in article.captions), article.id


def test_some_photos_come_from_another_agency_than_the_text(catalogue: Catalogue) -> None:
    """The trap of taking a picture's credit for the origin is laid at least three times."""
    crossed = [
        article.id
        for article in catalogue.articles.values()
        if {one.agency for one in article.credits if one.role == "photo"}
        - {one.agency for one in article.credits if one.role != "photo"}
    ]

    assert len(crossed) >= 3


def test_the_truth_is_plain_data_an_article_a_line(catalogue: Catalogue) -> None:
    """The expected values name outlet, path, news point, kind, source, language and credits."""
    truth = {line["id"]: line for line in catalogue.expected()}

    assert set(truth) == set(catalogue.articles)
    assert truth["gas-denial.talbote"] == {
        "id": "gas-denial.talbote",
        "outlet": "talbote.example",
        "path": "/nachrichten/3/sorowien-bestreitet-drosselung",
        "newsPoint": "gas-denial",
        "topic": "yantar-gas-dispute",
        "kind": "edited",
        "derivedFrom": "gas-denial.depesche",
        "language": "de",
        "credits": [
            {"agency": "TASS", "role": "originator"},
            {"role": "cited_url"},
            {"agency": "TASS", "role": "photo"},
        ],
    }
    assert "derivedFrom" not in truth["gas-denial.vestnik"]


def test_a_copy_of_a_translation_leads_back_to_the_first_text(catalogue: Catalogue) -> None:
    """The chain of derivation ends at the agency's original."""
    assert catalogue.first_text("gas-denial.talbote").id == "gas-denial.vestnik"
    assert catalogue.first_text("gas-denial.vestnik").id == "gas-denial.vestnik"
