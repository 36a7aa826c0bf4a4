"""Lines that are on the page for the reader's next click, not for the story: a small table of rules, each with a reason.

Works on the extracted body's lines. A rule names words of the trade in their languages, never a host. What recurs on one
outlet's pages only (furniture) is marked elsewhere and stays in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from copytaster.extractor.bylines import split_names
from copytaster.extractor.titles import fold

HEAD_LINES: Final = 6
"""Title, kicker, byline and date stand in the first lines if they are in the body at all."""

SHORT_CHARS: Final = 160
"""Longer lines are removed only by the rules that say so."""


MAX_ANNOUNCEMENT_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """`where` is anywhere, head or tail (the last third); `pattern` matches the whole stripped line.

    One of `gate`, in lower case, stands in every line that can match: a cheap look before a long pattern.
    """

    name: str
    where: str
    pattern: re.Pattern[str]
    max_chars: int = SHORT_CHARS
    gate: tuple[str, ...] = ()


def _rule(name: str, where: str, pattern: str, max_chars: int = SHORT_CHARS, gate: str = "") -> Rule:
    compiled = re.compile(rf"\W*(?:{pattern})", re.IGNORECASE)
    return Rule(name, where, compiled, max_chars, tuple(gate.split("|")) if gate else ())


RULES: Final = (
    _rule("bracketed_link", "anywhere", r"\[(?:related|read|see|watch|listen|more)\b[^\]]*\]$"),
    _rule(
        "related_link",
        "anywhere",
        r"(?:lesen sie (?:auch|mehr|hier|dazu|weiter)|lies (?:auch|mehr)|auch interessant|mehr (?:zum thema|dazu|lesen)|zum (?:artikel|thema|weiterlesen)|"
        r"das könnte (?:sie|dich) (?:auch )?interessieren|weitere (?:artikel|meldungen|nachrichten|themen)|siehe auch|passend dazu|"
        r"read (?:also|more|next)|also read|also see|see also|related(?: (?:post|posts|article|articles|story|stories|content|news))?|"
        r"(?:you (?:may|might) (?:also )?like|more (?:on this|from|stories|like this)|recommended(?: for you)?|don't miss|also on [\w.]+)|"
        r"(?:à )?lire aussi|lire également|sur le même sujet|lea también|lee también|te puede interesar|leggi anche|leia (?:também|mais)|"
        r"czytaj (?:także|również|też|więcej)|zobacz (?:także|też|również)|читайте (?:также|ещё|еще|далее|подробнее)|по теме|"
        r"читайте також|ayrıca (?:oku|bkz)|ilgili haberler|xem thêm|tin liên quan|đọc thêm|les også|läs (?:också|även|mer)|læs også|lees ook|"
        r"funda olunye udaba|関連記事|相关阅读|관련기사)\s*(?:here|lapha)?\s*(?:$|[:|：»›>–—-].*|\?|\.\.\.|…)",
    ),
    _rule("syndication_mark", "tail", r"source[: ]+(?:site|feed)[- ]?\d{1,5}\W*$"),
    _rule(
        "placeholder",
        "anywhere",
        r"(?:\[?(?:anzeige|werbung|advertisement|publicité|publicidad|pubblicità|reklama|реклама|quảng cáo|reklam|sponsored|advertorial)"
        r"(?:[_ ]\d+)?\]?|article content|story continues below|advertisement\s.*story continues below|"
        r"(?:article|artikel) (?:continues after|weiter nach) .*|scroll (?:weiter|to continue).*|content could not be loaded.*|no data|"
        r"no videos? available|link zum [\w-]+-inhalt|live[- ]?blog|loading\.*|lädt\.*|false|true|null|undefined|_{2,}|\*{3,}|[-–—]{2,})$",
    ),
    _rule(
        "consent",
        "anywhere",
        r"(?:.*(?:deine|ihre|your) (?:privatsphäre|datenschutz|privacy)[- ]?(?:einstellungen|settings)\b.*|externer? inhalt.*|empfohlener (?:redaktioneller )?"
        r"(?:externer )?inhalt.*|ein klick für den datenschutz.*|zur anzeige aktivieren.*|an dieser stelle (?:finden sie|befindet sich|steht) .*extern.*|"
        r"(?:ich bin damit einverstanden|i agree), dass mir externe inhalte.*|mit dem laden .*(?:datenschutz|akzeptier).*|"
        r"(?:this|dieser) (?:content|inhalt) (?:is hosted|wird) .*(?:third|extern|dritt).*|(?:we need your|wir benötigen ihre) (?:consent|zustimmung).*|"
        r"bitte aktivieren sie (?:java ?script|cookies).*|please enable (?:java ?script|cookies).*|to (?:view|display) this content.*cookies.*)$",
        500,
        gate="privat|datenschutz|privacy|extern|inhalt|content|consent|zustimmung|cookie|java|anzeige",
    ),
    _rule(
        "share",
        "anywhere",
        r"(?:share|teilen|teile|partager|compartir|condividi|udostępnij|поделиться|поділитися|paylaş|chia sẻ|dela|del|jetzt teilen)"
        r"(?: (?:this|diesen|on|auf|sur|en|via|artikel|article|story|on facebook|this article))*"
        r"(?:[\s|·•,:.-]*(?:facebook|twitter|x|whatsapp|telegram|e-?mail|mail|link|drucken|print|pinterest|linkedin|reddit|flipboard|copy|kopieren|"
        r"merken|vk|вконтакте|одноклассники|zalo|in bài|lưu|imprimer|imprimir))*\W*$",
    ),
    _rule(
        "subscription",
        "anywhere",
        r"(?:(?:jetzt |click to )?(?:abonnez-vous|abonnieren sie|abonniere|subscribe|suscríbete|abbonati|prenumeruj|testen sie|try)\b.*"
        r"(?:€|\$|£|euros?\b|mois\b|monate?\b|months?\b|trial\b|sans engagement|kostenlos|gratis|probe|za darmo|por un).*|"
        r".*\b(?:support (?:independent|our|local|quality) (?:journalism|reporting)|unterstützen sie (?:unabhängigen|unseren) journalismus|"
        r"unabhängiger journalismus braucht|soutenez (?:une presse|notre journal)|apoya el periodismo)\b.*|"
        r"\d+ (?:wochen|monate|tage) (?:lang )?kostenlos testen)$",
        320,
        gate="abonn|subscri|suscr|abbon|prenum|test|try|support|journalismus|soutenez|apoya",
    ),
    _rule(
        "comments",
        "tail",
        r"(?:(?:\d+ )?(?:comments?|kommentare?|commentaires?|comentarios?|commenti|komentarze|комментари[ий]|bình luận|yorum(?:lar)?)"
        r"\s*(?:\(?\d+\)?)?|.*(?:comment policy|join the conversation|kommentar (?:schreiben|verfassen)|would you like to comment).*|"
        r".*(?:commentaires? (?:sont|est) modérés?|comments are moderated|kommentare werden (?:moderiert|geprüft)|be the first to comment|"
        r"soyez le premier à (?:réagir|commenter)|schreiben sie den ersten kommentar|bình luận của bạn).*|"
        r"diskutieren sie mit.*|sign up \(it's quick and free\).*|was (?:denken|meinen|denkst|meinst) (?:sie|du)\b.*)$",
        260,
    ),
    _rule(
        "newsletter",
        "anywhere",
        r"(?:(?:click here to )?(?:subscribe|sign up|abonnieren sie|abonniere|jetzt abonnieren|inscrivez-vous|abonnez-vous|suscríbete|iscriviti|"
        r"zapisz się|подпи(?:шитесь|сывайтесь)|đăng ký|get (?:the|our) .{0,40}(?:newsletter|inbox))\b.*"
        r"(?:newsletter|inbox|channel|kanal|e-?mail|updates|alerts|briefing|posteingang|канал|telegram|whatsapp|podcast|youtube).*|"
        r"newsletter(?: (?:signup|anmelden|anmeldung|abonnieren))?(?::.{0,100})?|.*\b(?:jetzt kostenlos|hier)\b.{0,30}\b(?:anmelden|abonnieren)\b.*|"
        r"click here to (?:get|download|subscribe).*|.*(?:folgen sie uns|folge uns|folgst du schon|follow us|suivez-nous|síguenos|seguici|śledź nas|"
        r"theo dõi (?:báo|chúng tôi))\b.*(?:facebook|twitter|instagram|whatsapp|telegram|google news|youtube|tiktok|linkedin|zalo).*|"
        r"follow .{2,40} on (?:facebook|twitter|instagram|whatsapp|telegram|youtube|x\b).*|.*our website is the place for the latest.*|"
        r".*(?:unsubscribe at any time|jederzeit (?:wieder )?(?:abbestellen|abmelden)|désabonner à tout moment|darte de baja en cualquier|"
        r"disiscrivert?i in qualsiasi|zrezygnować w każdej chwili|отписаться в любой).*|"
        r"like this story\?.*|enjoying (?:our|this) (?:latest )?.*|.*\bwhatsapp-kanal\b.*)$",
        420,
        gate="newsletter|subscri|sign up|abonn|inscri|suscr|iscri|zapisz|подпи|đăng ký|get |follow|folg|suivez|síguenos|seguici|śledź|theo dõi|"
        "our website|this story|enjoying|abmelden|abbestellen|anmelden|darte de baja|zrezygn|отписаться|kanal",
    ),
    _rule(
        "feedback",
        "tail",
        r"(?:fehler (?:gefunden|entdeckt|melden)\b.*|haben sie einen fehler.*|wie hat ihnen (?:dieser|der) artikel gefallen.*|"
        r"durchschnittliche bewertung.*|war dieser (?:artikel|beitrag) .*hilfreich.*|report an? (?:error|typo).*|(?:spotted|found) (?:a mistake|an error).*|"
        r"(?:reach|contact) the reporters? .*|(?:email|e-mail|contact):? \S+@\S+|\S+@\S+\.\w+|(?:https?://)?(?:www\.)?twitter\.com/\S+|"
        r"нашли (?:ошибку|опечатку).*|.*ctrl\s?\+\s?enter.*|signaler une erreur.*)$",
        260,
    ),
    _rule(
        "rights",
        "tail",
        r"(?:copyright\b.*|©(?!.{0,25}\b(?:dpa|afp|reuters|ap|apa|sda|epd|kna|sid)\b).*|.*\b(?:all rights reserved|alle rechte vorbehalten|"
        r"tous droits réservés|todos los derechos reservados|tutti i diritti riservati|все права защищены|wszelkie prawa zastrzeżone)\b.*|"
        r".*무단.{0,10}(?:전재|복제).*|.*may (?:earn|get) (?:an? )?(?:affiliate )?(?:commission|share of the sale).*|.*affiliate[- ]links?\b.*)$",
        400,
    ),
    _rule(
        "disclaimer",
        "tail",
        r"(?:.*\b(?:müssen|muss) nicht (?:der|die) meinung der redaktion.*|.*\bviews expressed\b.*\b(?:not necessarily|do not) (?:reflect|represent).*|"
        r".*\bveröffentlicht artikel aus (?:verschiedenen|einer vielzahl).*|.*\bpublishes articles from a variety of outside sources.*)$",
        700,
    ),
    _rule(
        "reading_time",
        "head",
        r"(?:(?:lesedauer|lesezeit|reading time|tempo de leitura|temps de lecture|tiempo de lectura|tempo di lettura|czas czytania|время чтения|"
        r"leestijd|lästid|lesetid)\b.{0,30}|\d+\s*(?:min(?:\.|uten?|utes?|uti)?|мин(?:ут[аы]?)?)(?: (?:read|lesezeit|lesedauer|lecture|de lecture|di lettura|chitania))?)$",
    ),
    _rule(
        "dates",
        "head",
        r"(?:(?:-\s*)?(?:aktualisiert|veröffentlicht|publiziert|stand|erstellt|published|updated|last updated|publié|mis à jour|publicado|actualizado|"
        r"pubblicato|aggiornato|opublikowan[oy]|aktualizacja|опубликовано|обновлено|uppdaterad|publicerad|oppdatert|publisert|기사입력|입력)\b"
        r"(?=.{0,60}(?:\d|am$|on$)).{0,90}|[\d.:/\s|,-]{6,40}(?:uhr)?|"
        r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?,? .{0,30}\d{4}.{0,30}|"
        r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag),? .{0,30}\d{4}.{0,30})$",
    ),
)


MAX_RULE_CHARS: Final = max(rule.max_chars for rule in RULES)


@dataclass(frozen=True, slots=True)
class Removed:
    """A line that was taken out of the text, and the name of the rule that took it."""

    line: str
    rule: str


def without_boilerplate(
    lines: Sequence[str],
    *,
    titles: frozenset[str],
    links: frozenset[str],
    authors: frozenset[str] = frozenset(),
) -> tuple[list[str], list[Removed]]:
    """The lines that are the story, and those that were taken out of it, each in order.

    `titles` are folded forms of the headline: it, and short lines before it, are cut from the head. `links` are folded
    texts of blocks that are nothing but links: such lines lead away from the story. `authors` are folded names: a line
    of nothing but them is a byline.
    """
    end = _head_end(lines, titles)
    rest = lines[end:]
    kept: list[str] = []
    removed = [Removed(line, "headline_repeated") for line in lines[:end]]
    for index, line in enumerate(rest):
        rule = matching_rule(line, index, len(rest))
        rule = rule or ("link_block" if _leads_away(line, links) else None)
        rule = rule or ("byline" if _is_byline(line, authors) else None)
        if rule is None:
            kept.append(line)
        else:
            removed.append(Removed(line, rule))
    # A last line that announces what was cut: `READ MORE:`, `Ähnliche:`.
    while kept and kept[-1].endswith(":") and len(kept[-1]) <= MAX_ANNOUNCEMENT_CHARS:
        removed.append(Removed(kept.pop(), "announcement"))
    return kept, removed


def matching_rule(line: str, index: int, total: int) -> str | None:
    """The name of the rule that takes a line at `index` of `total`, or None."""
    text = line.strip()
    if len(text) > MAX_RULE_CHARS:
        return None
    lowered = text.lower()
    for rule in RULES:
        if len(text) > rule.max_chars:
            continue
        if rule.where == "head" and index >= HEAD_LINES:
            continue
        if rule.where == "tail" and index < min(total * 2 // 3, total - 4):
            continue
        if rule.gate and not _stands_in(lowered, rule.gate):
            continue
        if rule.pattern.fullmatch(text):
            return rule.name
    return None


def _stands_in(lowered: str, gate: tuple[str, ...]) -> bool:
    # A plain loop: a generator costs three times as much, and this is asked some thousand times a page.
    for word in gate:  # noqa: SIM110
        if word in lowered:
            return True
    return False


def _head_end(lines: Sequence[str], titles: frozenset[str]) -> int:
    """The index after the last repetition of the headline in the head; what stands before it is kicker, date or menu."""
    end = 0
    for index, line in enumerate(lines[:HEAD_LINES]):
        folded = fold(line)
        if folded in titles or any(
            len(t) > 15 and t in folded and len(folded) <= 1.6 * len(t) for t in titles
        ):
            before = lines[end:index]
            if all(len(text) <= SHORT_CHARS for text in before):
                end = index + 1
    return end


def _is_byline(line: str, authors: frozenset[str]) -> bool:
    if not authors or len(line) > SHORT_CHARS or line.rstrip().endswith((".", "!", "?")):
        return False
    names = [fold(name) for name in split_names(line)]
    return bool(names) and all(name in authors for name in names)


def _leads_away(line: str, links: frozenset[str]) -> bool:
    folded = fold(line)
    return folded in links and len(line) <= 2 * SHORT_CHARS
