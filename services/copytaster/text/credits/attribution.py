"""Inline attribution: `berichtete die Nachrichtenagentur TASS`, `told Reuters`, `со ссылкой на РИА Новости`.

Cues are tables per language; the structure around them (determiner, adjectives, the word agency, quotation marks) is the
same for all. Ambiguous names count only beside the word agency or directly after a cue that takes a source.
"""

from __future__ import annotations

import re
from typing import Final

from copytaster.text.agencies import Mention
from copytaster.text.credits.model import QUOTED, Credit, Line, chains

_NOUN: Final = (
    r"(?:(?:presse|nachrichten|depeschen|staats|bild|sport)?agentur(?:en)?|(?:news|press|wire)?\s?(?:agency|agencies|service|outlet)|"
    r"agence(?: de presse)?|agencia(?: de noticias)?|agenzia(?: di stampa)?|agência(?: de notícias)?|agencj[aieąę]|"
    r"(?:информ|гос)?агентств[оауем]{1,2}|агенці[яієюї]{1,2}|агентств[оауі]|hãng(?: tin| thông tấn)?|thông tấn xã|ajans[ıi]?|"
    r"persbureau|nyhetsbyrån|nyhetsbyrået|nyhedsbureauet|tisková agentura|kantor berita|информационн\w+ агентств\w+|"
    r"通讯社|通信社|وكالة)"
)
_DETERMINER: Final = (
    r"(?:der|die|das|dem|den|des|the|a|an|la|le|les|l['’]|el|los|al|all['’]|dell['’]|alla|il|lo|gli|à l['’]|de l['’]|du|à|"
    r"по|на|від|for|with|to)\s*"
)
_NOUN_PHRASE: Final = rf"(?:[\w’'-]+\s+){{0,4}}?{_NOUN}\s+(?:[\w’'-]+\s+){{0,2}}?"
"""`die spanische Agentur`, `l'agence allemande`, `агентство`: adjectives on either side of the word agency."""
_DAY: Final = (
    r"(?:\s+(?:am|on|во?|у|le|el|il|w|we)\s+\w+|\s+(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche))?"
)
_GLUE: Final = rf"\s*(?:{_DETERMINER})?(?:{_DETERMINER})?(?:{_NOUN_PHRASE})?[«„“‘”\"'(]{{0,2}}\s*$"

_SOURCE_BEFORE: Final = (
    # de
    r"laut|so|zufolge|wie|(?:nach|gemäß)(?:\s+(?:angaben|informationen|einem bericht|einer meldung|berichten|dem bericht)(?:\s+(?:von|der|des))?)?|"
    r"(?:unter berufung|berief(?:en)? sich|beruft sich|bezug(?:nehmend)?) auf|zitiert\w*|zitierend|meldet\w*|berichtet\w*|schreibt|schrieb|"
    r"(?:meldung|bericht|angaben|informationen|recherchen)(?:en)? (?:der|von|des)|teilte|"
    # en
    r"according to|citing|cited by|quoted by|quoted as saying by|quoting|reported by|reports? (?:by|from)|via|per|as reported by|carried by|published by|"
    # ru, uk
    r"сообща(?:ет|ют|л[аои]?)|сообщил[аои]?|переда[её]т|передают|передал[аои]?|пишет|пишут|отмечает|(?:приводит|приводят) слова(?:\s+\w+){1,4}|цитирует|информирует|уточняет|"
    r"(?:со ссылкой|ссылаясь|ссылкой) на|(?:по )?(?:данным|сообщени[юям]{1,2}|информации|сведениям)|из сообщения|заявили|"
    r"повідомля(?:є|ють)|повідомил[аои]|повідомив|пише|передає|інформує|(?:з посиланням|посилаючись) на|за (?:даними|повідомленням|інформацією)|"
    # fr
    r"selon|d['’]après|citant|cit[ée]e? par|rapporte(?:nt)?|a rapporté|rapporté par|indique|annonce|relayé par|relate|"
    # es, pt
    r"según|informa|informó|reportó|citando|citad[oa]s? por|recogid[oa]s? por|de acuerdo con|segundo|noticiou|avanza|avança|"
    # it
    r"secondo|riporta|riferisce|ha riferito|citando|citat[oa] da|riportato da|fa sapere|scrive|"
    # pl, cs
    r"według|podaje|podał[ao]?|poinformował[ao]?|informuje|informował[ao]?|przekazał[ao]?|donosi|doniósł|doniosła|pisał[ao]?|za|przytacza|cytuje|cytowan\w+ przez|powołując się na|pisze|podle|"
    # tr
    r"haberine göre|"
    # vi
    r"theo|dẫn (?:lời|tin|nguồn)|trích dẫn|"
    # nl, sv, no, da, ro, hu
    r"volgens|meldt|aldus|enligt|rapporterar|ifølge|melder|skriver|potrivit|conform|relatează|szerint|"
    r"据|根據|根据|据报道"
)
_TOLD_BEFORE: Final = (
    r"(?:sagt\w*|erklärt\w*|bestätigt\w*|sprach\w*|gegenüber|mitteilte|verriet|schilderte|bekräftigte)(?:\s+[\w.-]+){0,4}?\s+der|"
    r"gegenüber|im (?:gespräch|interview) mit|"
    r"told|(?:seen|reviewed|obtained) by|speaking to|spoke to|spoken to|confirmed to|interview with|statement to|said to|tells|talking to|"
    r"рассказал[аи]?|заявил[аи]? (?:в интервью|агентству)?|сообщил[аи]?|в (?:беседе|разговоре|интервью)(?: с)?|розпові[влаи]+|"
    r"(?:a|ont) (?:déclaré|dit|indiqué|confié|affirmé|expliqué|précisé)(?:\s+[\w’'-]+){0,4}? (?:à|au)|dijo a|declaró a|(?:informado|explicado|confirmado|declarado|indicado) a|vist[oa] (?:por|da)|vue? par|explicó a|ha detto a|"
    r"detto a|dichiarato a|powiedział[aoy]*|poinformował[aoy]*|rozmow(?:ie|ach) z|zapytan\w+ przez|wywiadzie dla|nói với|trả lời|disse à|"
    r"(?:sprecher\w*|sprecherin)(?:\s+[\w-]+){0,2}? (?:der|von)"
)
_AFTER: Final = re.compile(
    r"^(?:\s*\((?:[A-ZА-Я]{2,6})\))?[»“”\"'’)]?\s*(?:news agency|agency|Nachrichtenagentur)?,?\s*(?:"
    r"zufolge|meldete\w*|melde[tn]|berichtete\w*|berichte[tn]|schrieb|schreibt|mitteilte|erfuhr|erfahren|sagte\w*|unter Berufung|"
    r"(?:has |have |had |also |first )?(?:report(?:s|ed|ing)|said|says|wrote|quoted|cited|quotes|citing|learned|noted)\b|"
    r"(?:сообща(?:ет|ют|л[аои]?)|сообщил[аои]?|переда[её]т|передал[аои]?|пишет|написал[аои]?|цитирует|узнал[аои]?)\b|"
    r"(?:повідомля(?:є|ють)|повідомил[аои]|пише|передає)\b|"
    r"(?:rapporte|a rapporté|indique|a indiqué|a annoncé|annonce)\b|(?:informó|informa|reportó|señaló)\b|"
    r"(?:riporta|riferisce|ha riferito|ha riportato|scrive)\b|(?:podaje|podała|poinformowała|informuje|pisze)\b|"
    r"(?:đưa tin|cho biết|cho hay|dẫn lời|trích dẫn|ngày \d+/\d+ đưa tin)|['’](?:y[ea]|[ea])\s+(?:konuş|bilgi ver|açıkla|söyle)\w*|['’](?:y[ea]|[ea]|n[iı]n|n[uü]n|n[iı]n haberine) (?:göre|haberine göre)|"
    r"(?:bildirdi|aktardı|duyurdu)\b|ajans\w+ (?:haberine|bildirdiğine)|muhabir\w+\b|報じ|報道|报道|报导|에 따르면|通信)",
    re.IGNORECASE,
)
_REPORT_NOUN: Final = re.compile(r"^-(?:Bericht|Meldung|Angaben|Informationen|Material)\w*", re.IGNORECASE)

_BEFORE: Final = re.compile(rf"(?:^|[\s,(«„“\"'—–-])(?:{_SOURCE_BEFORE}){_DAY}[\s,:]*{_GLUE}", re.IGNORECASE)
_BEFORE_UNSPACED: Final = re.compile(r"(?:据|根據|根据|據|引述|援引)[^，。,.\n]{0,8}$")
_TOLD: Final = re.compile(rf"(?:^|[\s,(«„“\"'—–-])(?:{_TOLD_BEFORE}){_GLUE}", re.IGNORECASE)
_BESIDE_NOUN: Final = re.compile(
    rf"\b{_NOUN}\s*(?:\s[^\W\d_A-ZÀ-Þ]+){{0,2}}\s*[«„“‘\"'(]?\s*$", re.IGNORECASE
)
_NOUN_AFTER: Final = re.compile(rf"^[»”\"'’)]?\s+{_NOUN}\b", re.IGNORECASE)

_SURE_AFTER: Final = re.compile(
    r"^\s+(?:reports|reported)\b|^\s+(?:ajansının haberine|muhabiri)|^[»“”\"']?\s+zufolge\b|^['’](?:y[ea]|[ea])\s+(?:göre|konuş|bilgi ver|açıkla|söyle)|^['’]n[ıiuü]n haberine göre"
)
"""Cues behind a name that only a source can have."""

WINDOW_CHARS: Final = 90
"""How far before a name its cue may begin; four words of adjectives and the word agency fit into 60."""


def attribution_credits(line: Line, *, field: str) -> list[Credit]:
    """The agencies that a line names as the source of a statement; role `quoted`, rule by the form of the cue."""
    found: list[Credit] = []
    for chain in chains(line):
        verdict = _verdict(line.text, chain)
        if verdict is not None:
            rule, confidence = verdict
            found += [line.credit(m, QUOTED, rule, confidence, field=field) for m in chain]
    return found


def _verdict(text: str, chain: tuple[Mention, ...]) -> tuple[str, float] | None:
    before = text[max(0, chain[0].begin - WINDOW_CHARS) : chain[0].begin]
    after = text[chain[-1].end : chain[-1].end + 40]
    beside = bool(_BESIDE_NOUN.search(before)) or bool(_NOUN_AFTER.match(after))
    sure = any(m.sure for m in chain)
    exact = any(m.exact for m in chain)
    if _SURE_AFTER.match(after) and exact:
        return "attributed", 0.9
    if _BEFORE.search(before) or _BEFORE_UNSPACED.search(before):
        if sure or beside:
            return "attributed", 0.9
        # `laut RIA`, `сообщает AP`; odd case (`laut App`) is too little.
        return ("attributed", 0.7) if exact else None
    if _TOLD.search(before):
        if sure or beside:
            return "told", 0.88
        # `w rozmowie z PAP`, `told Bloomberg`: a name as listed says enough beside such a cue.
        return ("told", 0.7) if exact else None
    if not sure and not beside:
        return None
    if before.endswith("(") and after.startswith(")"):
        return "parenthesis", 0.8
    if _AFTER.match(after) or _REPORT_NOUN.match(after):
        return "reports", 0.85
    return ("agency_named", 0.8) if beside else None
