"""Where the sentences of a news text begin and end.

Line ends always part sentences (a story's text has a line per paragraph). The rules aim at news prose in any script; a wrong
cut costs a little evidence, never a wrong offset. No language is looked up.
"""

import re

from copytaster.text.wordlists import words

# A stop, closing quotes or brackets, then space; or a full stop of Chinese and Japanese, which no space follows.
_STOP = re.compile(r"[.!?…؟۔।]+[\"'”»“’)\]]*(?=\s)|[。！？]+[”」』）]*")

# Words whose full stop does not end a sentence, folded. Ordinals and initials are told by their form instead.
_ABBREVIATIONS = words(
    """
    abs bzw ca co corp dr etc evtl feb ggf gen gov hr inc jan jr lt ltd mio mr mrd mrs ms mt nov nr no oct okt dec dez
    prof rep rev sen sept sep sr st str vgl vs usw z.b u.a d.h a.m p.m u.s u.k e.g i.e tel ul godz proc aug apr mar av bd
    cf dl m mme mlle op ok млн млрд тыс руб г гг ул им тис грн см
    """
)
_LAST_WORD = re.compile(r"[^\s(„“\"«]*$")

# Anything this long without a stop is cut at a space: a table or a list read as one line must not count as one statement.
MAX_SENTENCE_CHARS = 600


def sentences(text: str) -> list[tuple[int, int]]:
    """Begin and end (exclusive, code points) of every sentence, without the white space around it; empty ones are left out."""
    spans: list[tuple[int, int]] = []
    line_begin = 0
    for line in text.splitlines(keepends=True):
        spans.extend(_in_line(text, line_begin, line_begin + len(line)))
        line_begin += len(line)
    return spans


def _in_line(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    spans = []
    start = begin
    for match in _STOP.finditer(text, begin, end):
        if _ends_sentence(text, start, match.start(), match.end(), end):
            spans += _trimmed(text, start, match.end())
            start = match.end()
    return spans + _trimmed(text, start, end)


def _ends_sentence(text: str, start: int, stop: int, after: int, end: int) -> bool:
    if text[stop] != ".":
        return True
    following = text[after:end].lstrip()
    if following and following[0].islower():
        return False
    word_match = _LAST_WORD.search(text, start, stop)
    word = word_match.group() if word_match else ""
    if len(word) == 1 and word.isalpha():
        return False
    # "12. Februar", "3. Liga": an ordinal of a day; a year or a larger number does end a sentence.
    if word.isdigit() and len(word) <= 2:
        return False
    return word.casefold() not in _ABBREVIATIONS


def _trimmed(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    spans = []
    while end - begin > MAX_SENTENCE_CHARS:
        cut = text.rfind(" ", begin, begin + MAX_SENTENCE_CHARS)
        cut = cut if cut > begin else begin + MAX_SENTENCE_CHARS
        spans.append((begin, cut))
        begin = cut + (text[cut] == " ")
    if begin < end:
        spans.append((begin, end))
    return spans
