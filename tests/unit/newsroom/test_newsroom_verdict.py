"""How clusters are judged against the truth of the demo newsroom."""

from __future__ import annotations

import pytest

from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.verdict import COPIES, Count, judge

CATALOGUE = load_catalogue()


def by_point() -> list[set[str]]:
    """One cluster a news point: the best there can be."""
    return [{article.id for article in CATALOGUE.of_point(slug)} for slug in CATALOGUE.points]


def test_one_cluster_a_news_point_is_all_right() -> None:
    """Everything that derives from another text is with it."""
    verdict = judge(CATALOGUE, by_point())

    assert verdict.holds
    assert all(count.joined == count.total > 0 for count in verdict.by_kind.values())


def test_rewrites_and_translations_apart_are_counted_but_not_wrong() -> None:
    """A first version without understanding may miss them."""
    lone = {one.id for one in CATALOGUE.articles.values() if one.kind == "rewrite"}
    clusters = [cluster - lone for cluster in by_point()] + [{one} for one in lone]
    verdict = judge(CATALOGUE, clusters)

    assert verdict.holds
    assert verdict.by_kind["rewrite"] == Count(joined=0, total=len(lone))


def test_a_copy_outside_the_cluster_of_its_source_is_named() -> None:
    """The pair that should be together is told, source second."""
    clusters = [cluster - {"gas-denial.poberezhye"} for cluster in by_point()] + [{"gas-denial.poberezhye"}]
    verdict = judge(CATALOGUE, clusters)

    assert verdict.apart == (("gas-denial.poberezhye", "gas-denial.vestnik"),)
    assert not verdict.holds


def test_a_merged_look_alike_is_named() -> None:
    """Two strikes in one cluster are wrong, however alike their cast."""
    verdict = judge(CATALOGUE, [{"strike-announced.depesche", "strike-begins.depesche"}])

    assert verdict.mixed == (("strike-announced.depesche", "strike-begins.depesche"),)
    assert not verdict.holds


def test_articles_in_no_cluster_are_named_and_strangers_ignored() -> None:
    """No cluster at all: every article is absent; a foreign story does not count."""
    verdict = judge(CATALOGUE, [{"somebody-elses-story"}])

    assert set(verdict.absent) == set(CATALOGUE.articles)
    assert not verdict.apart
    assert not verdict.mixed
    assert not any(verdict.by_kind[kind].joined for kind in COPIES)


@pytest.mark.parametrize(
    ("url", "article_id"),
    [
        ("http://talbote.example:8800/nachrichten/2/hafen-karsund-streik", "strike-begins.talbote"),
        ("http://vestnik-zaliva.example/news/30427/?utm_source=rss#top", "gas-denial.vestnik"),
        ("http://talbote.example:8800/news/30427/", None),
        ("no address", None),
    ],
    ids=["with a port", "with a query", "another outlet's path", "no address"],
)
def test_an_article_is_found_by_the_address_of_its_page(url: str, article_id: str | None) -> None:
    """Ports and reader counters do not matter, host and path do."""
    found = CATALOGUE.at_address(url)

    assert (found.id if found else None) == article_id
