"""Names as they can be recognised across scripts and spellings.

A name is a word written with a capital where its language does not demand one. Agencies and outlets spell one man Selenskyj,
Zelensky and Зеленский; the consonants that remain after folding agree, so names are compared by that skeleton. The module does
not know who anybody is, and whether a name is rare is for the rarity table to say.
"""

from functools import lru_cache

from copytaster.text.normalise import latin

# Consonants kept of a name: five tell people apart and survive the endings of inflected names.
SKELETON_CHARS = 5
# Shorter skeletons (`Rom`, `May`) are shared by too many words to say anything.
MIN_SKELETON_CHARS = 3

# Spellings of one sound, longest first: sibilants to s, the f and w sounds to v, the k sounds to k.
_SOUNDS = (
    ("shch", "s"), ("tsch", "s"), ("dsch", "s"), ("sch", "s"), ("tch", "s"), ("dzh", "s"), ("sh", "s"), ("zh", "s"),
    ("cz", "s"), ("sz", "s"), ("rz", "s"), ("ts", "s"), ("tz", "s"), ("kh", "k"), ("ck", "k"), ("ph", "v"), ("x", "ks"),
)  # fmt: skip
_LETTERS = str.maketrans({"z": "s", "c": "k", "q": "k", "w": "v", "f": "v"})
_SILENT = frozenset("aeiouyjh0123456789")


@lru_cache(maxsize=1 << 16)
def skeleton(name: str) -> str:
    """The first consonants of a name in one spelling, with `a` for a vowel at its beginning; empty when too few remain."""
    spelled = latin(name)
    if not spelled:
        return ""
    for spelling, sound in _SOUNDS:
        spelled = spelled.replace(spelling, sound)
    spelled = spelled.translate(_LETTERS)
    kept = ["a"] if spelled[0] in "aeiouyj" else []
    for char in spelled:
        if char not in _SILENT and (not kept or kept[-1] != char):
            kept.append(char)
    consonants = "".join(kept)[:SKELETON_CHARS]
    return consonants if len(consonants) >= MIN_SKELETON_CHARS else ""


def is_capitalised(word: str) -> bool:
    """Whether the word begins with a capital, in scripts that have them."""
    return word[0].isupper() and len(word) > 1
