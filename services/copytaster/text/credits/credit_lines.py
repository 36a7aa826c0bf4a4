"""Credit lines: agencies named as source where nothing else is said, `(dpa)`, `mst/dpa`, `Ngoc Anh (laut TASS, RIA)`.

A credit line is a segment (a line, a parenthesis at its end, or what follows the last sentence) in which nothing is left
once agencies, words of crediting and editors' initials are taken out. Bylines and source labels are such lines, too.
"""

from __future__ import annotations

import re
from typing import Final

from copytaster.text.agencies import Mention
from copytaster.text.credits.model import DISTRIBUTOR, ORIGINATOR, TRANSLATOR_OF, Credit, Line, chains
from copytaster.text.wordlists import words

MAX_SEGMENT_CHARS: Final = 110
"""Longer segments are sentences: the longest credit line of the labelled texts has 58 characters."""

_CREDIT_WORDS: Final = words(
    """
    mit von nach laut der die das und sowie material agenturmaterial agenturmeldung agenturmeldungen agenturen agentur
    nachrichtenagentur nachrichtenagenturen informationen angaben auf basis quelle quellen redaktion red inkl incl inklusive
    with from by the and via agency agencies news newswire newswires wire wires reporting additional contributed contributing
    input service services staff source sources copyright all rights reserved content inputs reports report to this
    avec par selon d'après de la le les l' et agence agences source sources dépêche
    con por según y e agencia agencias fuente fuentes elaborado información informaciones redacción el
    di da fonte fonti agenzia agenzie secondo redazione
    z za według źródło źródła wg agencja agencji oraz i opracowanie na podstawie
    по материалам материал материалы сообщению сообщениям данным информации источник источники агентство агентства агентств
    за матеріалами повідомленням даними джерело джерела агентство агенція агенції та і и й
    theo nguồn tin hãng và từ báo
    kaynak ajansı haber ajans ajanslar ve
    bron källa kilde lähde zdroj forrás sursa πηγή
    com agência fonte segundo infocom thomson gmbh ag inc ltd
    """
)
_INITIALS: Final = re.compile(
    r"[a-zäöüßçñ]{1,4}|[A-ZÄÖÜ][a-zäöü]?\.?|[A-ZÄÖÜ]{2}|red\.?|Red\.?|\d[\d.:/-]*|©|ms|jur"
)
_PHRASE: Final = re.compile(
    r"\b(?:(?:mit|unter Verwendung von|Verwendung von|auf Basis von|aus)\s+(?:\w+\s+){0,2}(?:Material|Agenturmaterial|Inhalten|"
    r"Informationen|Meldungen)(?:\s+(?:von|der|des))?|with\s+(?:\w+\s+){0,2}(?:input|inputs|reporting|reports|material|"
    r"contributions|agencies|files)(?:\s+(?:from|by|of))?|(?:additional\s+)?reporting\s+by|(?:agencies|agenturen|agencias|agenzie),?|"
    r"(?:avec|con|com)\s+(?:les\s+)?(?:agences?|agencias?|agenzie|informations?|información|informazioni)(?:\s+de)?|"
    r"по\s+материалам|за\s+матеріалами|на\s+podstawie|opracowanie|elaborado\s+con|derleyen)\W{0,4}(?:the\s+)?$",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.!?…;]['\"»“”’)\]]*\s+|\s[—–-]{1,2}\s+|\s/\s+|\s\|\s+")
_LABEL: Final = re.compile(
    r"(?:^|[\s(|[*—–-])(?:Quellen?|Sources?|Fuentes?|Font[ei]|Źródł[oa]|Джерел[оа]|Источники?|Kaynak|Nguồn(?: tin)?|"
    r"Bron(?:nen)?|Källa|Kilder?|Lähde|Zdroj|Forrás|Sursa|Πηγή|来源|來源|出典|출처|المصدر)\s*[:：]\s*[^:\n]{0,40}$",
    re.IGNORECASE,
)
_BYLINE: Final = re.compile(
    r"^\W*(?:By|Von|Par|Por|Di|Av|Door|Автор:?|Tekst:?|Text:?|Haber:?|Story by)\s+(?:\w[\w'’.-]*\s+){0,5}"
    r"(?:[,/|(–—-]\s*)?(?:the\s+|der\s+)?$",
    re.IGNORECASE,
)
_OWNER: Final = re.compile(r"(?:©|\(c\)|copyright|право)\W*(?:\d{4}\s*)?(?:the\s+|©\s*)*$", re.IGNORECASE)
RIGHTS: Final = re.compile(
    r"\W{1,3}(?:All rights|Alle Rechte|Все права|Tous droits|Todos los derechos|Reservados|Tutti i diritti|Wszelkie prawa)"
)
"""What follows the owner of a text."""
_DISTRIBUTED: Final = re.compile(
    r"\b(?:distributed by|verbreitet (?:von|durch)|distribué par|provided by)\W*$", re.IGNORECASE
)
_TRANSLATED: Final = re.compile(
    r"\b(?:übersetz(?:t|ung)(?:\s+(?:aus|von|nach))?|translat(?:ed|ion)(?:\s+(?:from|of|by))?|traduit de|traducido de|"
    r"перевод|переклад|dịch từ|lược dịch)\W{0,3}(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)


def credit_line_credits(line: Line, *, field: str) -> list[Credit]:
    """The credits of the credit lines, source labels and bylines in a line."""
    found: list[Credit] = []
    for chain in chains(line):
        verdict = _verdict(line, chain, field)
        if verdict is not None:
            role, rule, confidence = verdict
            found += [line.credit(m, role, rule, confidence, field=field) for m in chain]
    return found


def _verdict(line: Line, chain: tuple[Mention, ...], field: str) -> tuple[str, str, float] | None:
    text, begin, end = line.text, chain[0].begin, chain[-1].end
    before, after = text[:begin], text[end:]
    if field == "byline":
        return ORIGINATOR, "byline", 0.9
    if _TRANSLATED.search(before[-60:]) and len(text) <= MAX_SEGMENT_CHARS:
        return TRANSLATOR_OF, "translated_from", 0.9
    if _DISTRIBUTED.search(before[-60:]):
        return DISTRIBUTOR, "distributed_by", 0.85
    if _LABEL.search(before[-70:]) and len(after) <= MAX_SEGMENT_CHARS:
        return ORIGINATOR, "source_label", 0.95
    if _OWNER.search(before[-30:]) and RIGHTS.match(after):
        return ORIGINATOR, "copyright_notice", 0.93
    if _PHRASE.search(before[-60:]) and len(after.strip()) <= 60:
        return ORIGINATOR, "credit_phrase", 0.93
    if len(text) <= MAX_SEGMENT_CHARS and _BYLINE.search(before):
        return ORIGINATOR, "byline", 0.95
    return _bare_segment(line, chain)


def _bare_segment(line: Line, chain: tuple[Mention, ...]) -> tuple[str, str, float] | None:
    text, begin, end = line.text, chain[0].begin, chain[-1].end
    opening, closing = text.rfind("(", max(0, begin - 80), begin), text.find(")", end, end + 80)
    if opening >= 0 and closing >= 0 and ")" not in text[opening:begin]:
        if _apposition(line, opening, chain[0]):
            return None
        at_end = not text[closing + 1 :].strip(" .…*|_/\u00a0") or _second_to_last(text[closing + 1 :])
        if at_end and only_credit_words(text, opening + 1, closing, chain):
            return ORIGINATOR, "credit_line", 0.95
        return None
    window = max(0, begin - MAX_SEGMENT_CHARS - 1)
    cut = max((m.end() for m in _SENTENCE_END.finditer(text, window, begin)), default=window)
    segment_end = len(text.rstrip())
    if segment_end - cut > MAX_SEGMENT_CHARS or not only_credit_words(text, cut, segment_end, chain):
        return None
    # A sure name as a line of its own is a credit; a bare `AA` or `SID` needs company that says so.
    alone = not any(m.sure for m in chain) and text[cut:segment_end].strip(" ./") == text[begin:end]
    listed = alone and not text[begin:end].islower() and cut == 0
    owned = text[cut:begin].rstrip().endswith("©")
    return None if listed else (ORIGINATOR, "copyright_line" if owned else "credit_line", 0.9)


def _apposition(line: Line, opening: int, mention: Mention) -> bool:
    """Whether a parenthesis only abbreviates the name before it: `Korean Central News Agency (KCNA)`."""
    last = len(line.text[:opening].rstrip())
    return any(m.end == last and m.agency == mention.agency for m in line.mentions)


def _second_to_last(rest: str) -> bool:
    """Whether only a page address, a date or another parenthesis follows."""
    return re.fullmatch(r"[\s.]*(?:\([^()]{1,40}\)|https?://\S+|[\d.:/ -]{4,20})\W*", rest) is not None


def only_credit_words(text: str, begin: int, end: int, chain: tuple[Mention, ...]) -> bool:
    """Whether a segment holds only agencies, words of crediting and initials."""
    kept = text[begin : chain[0].begin] + " ⁂ " + text[chain[-1].end : end]
    kept = re.sub(r"\w[\w.]*\s?/\s*⁂|⁂\s*(?:[-/]\s?\w[\w.-]*)+", "⁂", kept)  # Nordfunk/dpa, dpa/lni, AFP/nd
    kept = re.sub(r"dpa:\S+", " ", kept)  # the agency's own document number
    left = [word for word in re.split(r"[^\w'’.©⁂]+", kept) if word.strip("'’._⁂")]
    return all(word.lower().strip("'’.:⁂") in _CREDIT_WORDS or _INITIALS.fullmatch(word) for word in left)
