"""The thresholds of the linking policy, set by hand, each with its source. `docs/how-linking-decides.md` names them all."""

from __future__ import annotations

from typing import Final

THRESHOLDS: Final = {
    # Within one language: made from the other text.
    "copy": (
        500,
        "106 of 109 wire pairs of one text (reprints, edits, excerpts) reach it; of 1,130 siblings none (highest 0.46)",
    ),
    "copy_confidence": (
        600_000,
        "less than merge_confidence: what has that much of another text is a copy unless the rest speaks against it",
    ),
    "part_passage": (
        800,
        "of any two wire siblings the shorter lies at most 0.68 word for word in the other",
    ),
    "part_words": (30, "two sentences: less could be a stock phrase or a quotation"),
    "part_confidence": (200_000, "the openings differ by nature, so the score only has to exclude strangers"),
    # Everything else that belongs together.
    "merge_confidence": (
        700_000,
        "connects a component; the clusters of the open wire set are the same from 0.5 to 0.7, cross-validated",
    ),
    "retold": (
        550,
        "with retold_order: of wire reports of an outlet's own 0.85 have less, of translations 0.48 more",
    ),
    "retold_order": (350, "see retold"),
    "retold_words": (
        450,
        "within a language three of four own reports in the wire set have at most 0.36, three of four edits at least 0.79",
    ),
    # Plain reasons against a pair.
    "content": (60, "a weight of 240: half a sentence; less is left of a text that was page furniture"),
    "thin_content": (
        250,
        "the thinnest copy in the open wire set has 0.45; this is one sentence beside a headline",
    ),
    "thin_headline": (400, "with thin_content: no copy of any open set is lost"),
    "state_unsaid": (
        500,
        "of 272 such pairs outside copies 230 are other news; it costs 42 of 5,392 true pairs of the open sets",
    ),
    "vetoed_confidence": (
        300_000,
        "the most that a pair has against a plain reason: less likely than not, by definition",
    ),
    # Names of what was found.
    "exact_passage": (970, "word for word but for a dateline or credit line, by definition"),
    "excerpt_length": (600, "wire excerpts have at most 0.52 of their source's length, edits at least 0.62"),
    "excerpt_aligned": (650, "all but two of 45 wire excerpts have more of their weight in their source"),
    "near_passage": (500, "half of the shorter text word for word: the least of the wire edits is 0.52"),
    "compiled_passage": (
        500,
        "half of one text word for word in the other, whose news is something else; by definition",
    ),
    "compiled_rest": (400, "most of the round-up is something else: 0.6, design 5"),
    "abstain_confidence": (500_000, "more likely than not, and no rule met; by definition"),
    "related_confidence": (200_000, "pairs of unrelated ntrex articles score up to 0.15"),
    "related_passage": (
        150,
        "one background paragraph in a story of six; wire siblings that share one start there",
    ),
    # Candidates and clusters.
    "single_key_rarity": (64, "eight bits; at 56 twice the candidates and not one wire pair more"),
    "pair_key_rarity": (40, "five bits: a term of less than one in 32 topics"),
    "join": (
        780,
        "mean confidence: the least with a pairwise precision of 0.95 on the open wire set, cross-validated; 0.760 has 0.93",
    ),
}
