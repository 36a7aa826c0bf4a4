"""Page furniture: text that recurs over an outlet's pages, and lines that every reader knows for it.

Two ways to know it. `chrome` tells consent notes, walls, share bars and "read also" blocks by their words, in the larger
languages of news. `learn` finds what recurs word for word over different articles of one outlet in a pile of pages, and `mark`
gives the spans of one page. Marked text proves nothing: no link may rest on it. Nothing is removed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Protocol

from copytaster.text.normalise import squash, stem, tokens
from copytaster.text.sentences import sentences
from copytaster.text.wordlists import words

MIN_PAGES: Final = 3
"""A sentence is furniture once this many different articles of one outlet show it: two may be an article and its update."""

MIN_PAGES_WITHOUT_OUTLET: Final = 3
"""The same for pages of which no outlet is known; there the articles must also have nothing in common in their headings."""

SHORT_LINE_WORDS: Final = 12
"""In a line of at most this many words one word of consent notes or walls is enough, or half of its words from share bars."""

WALL_MILLI: Final = 400
"""A text of which this share (thousandths) speaks of the page is a wall or a consent note as a whole."""

RELATED_LINE_CHARS: Final = 140
"""Lines after a "read also" mark belong to it while they are no longer than this and do not end like a sentence."""

# Beginnings of words (case folded) of consent notes, walls and challenges.
_PAGE_WORDS: Final = (
    # data protection and consent
    *(
        "cookie",
        "куки",
        "çerez",
        "ciasteczk",
        "datenschutz",
        "privacy",
        "privacidad",
        "confidentialité",
        "prywatnoś",
    ),
    *(
        "gizlilik",
        "zgodę",
        "zgody",
        "einwilligung",
        "einverstanden",
        "einverständ",
        "zustimm",
        "consent",
        "wycofa",
    ),
    *(
        "widerruf",
        "anonymisier",
        "anonimow",
        "datenverarbeitung",
        "personenbezogen",
        "персональны",
        "osobowych",
    ),
    # the page itself
    *(
        "website",
        "webseite",
        "witryn",
        "browser",
        "javascript",
        "adblock",
        "nutzungsbeding",
        "robot",
        "captcha",
    ),
    # accounts and subscriptions
    *(
        "einlog",
        "login",
        "anmelde",
        "registrieren",
        "abonnier",
        "subscrib",
        "newsletter",
        "подпиш",
        "подписыв",
    ),
    *(
        "підпису",
        "prenumer",
        "suscríb",
        "passwor",
        "benutzername",
        "paywall",
        "unsubscrib",
        "account",
        "订阅",
    ),
)
# The same for what takes more than one word.
_PAGE_PHRASES: Final = (
    *(
        "ip address",
        "ip-adress",
        "adres ip",
        "adresu ip",
        "sign up",
        "sign in",
        "log in",
        "free trial",
        "push aktivieren",
    ),
    *(
        "terms of use",
        "terms of service",
        "rights reserved",
        "rechte vorbehalten",
        "права защищены",
        "read our latest",
    ),
)
# Words of which share bars and page heads consist.
_SHARE_BAR_WORDS: Final = words(
    """
    facebook whatsapp twitter telegram zalo instagram mail email e x pinterest linkedin reddit messenger line google tweet
    share copy link print comment comments font size min minute read listen to this article advertisement subscribe skip
    content on register now home menu search news
    drucken vorlesen lassen teilen merken mailen kommentar kommentare kommentieren anzeige werbung abonnieren startseite
    nachrichten politik ausland menü suche
    partager enregistrer commenter abonnez vous accueil compartir en comentar comentarios udostępnij posłuchaj artykułu
    komentarze paylaş yazdır yorum yorumlar reklam abone ol anasayfa
    chia sẻ theo dõi trên in bài bình luận quảng cáo trang chủ
    вконтакте одноклассники поделиться поделитися комментарии комментировать коментарі размер шрифта реклама главная новости
    меню поиск
    """
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_RELATED: Final = re.compile(
    r"\s*(?:lesen sie (?:auch|mehr|dazu)|mehr (?:zum thema|dazu)|das könnte sie|auch interessant|weitere (?:artikel|meldungen)|"
    r"read (?:more|also|next)|related|more on this|more stories|you may (?:also )?like|most read|meistgelesen|"
    r"читайте также|материалы по теме|по теме|ещё по теме|читайте ще|читайте також|"
    r"à lire aussi|lire aussi|sur le même sujet|te puede interesar|lee también|más noticias|noticias relacionadas|"
    r"czytaj (?:także|też|więcej)|zobacz (?:także|też)|leggi anche|leia (?:também|mais)|ilgili haber|bunlar da|"
    r"tin liên quan|xem thêm|đọc thêm|lees ook|相关(?:新闻|阅读|报道)|关联阅读|اقرأ أيض|관련 ?기사|関連記事)",
    re.IGNORECASE,
)
_ENDS_LIKE_SENTENCE: Final = re.compile(r"[.!?…。！？][\"'”»“’)\]]*\s*$")

Span = tuple[int, int]


class Page(Protocol):
    """What learning needs of a page."""

    @property
    def outlet(self) -> str:
        """The site that publishes it, or an empty string."""

    @property
    def title(self) -> str:
        """The headline, or an empty string."""

    @property
    def text(self) -> str:
        """The body."""


@dataclass(frozen=True, slots=True)
class FurnitureMarks:
    """Sentences known as furniture, as hashes, by outlet (`""` holds those of pages without one)."""

    by_outlet: dict[str, frozenset[bytes]]


def chrome(text: str) -> list[Span]:
    """The lines and sentences of a text that speak of the page and not of the news, by their words alone.

    Where they are most of the text, all of it is: what is left over of a consent note is no news.
    """
    spans: list[Span] = []
    read: list[tuple[Span, int, bool]] = []
    in_related = False
    begin = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        if stripped:
            in_related = bool(_RELATED.match(line)) or (in_related and _is_related_line(stripped))
            if in_related and len(stripped) <= RELATED_LINE_CHARS:
                spans.append((begin, begin + len(line.rstrip())))
            else:
                for first, last in sentences_of(text, begin, len(line)):
                    read.append(((first, last), *_judged(text[first:last])))
        begin += len(line)
    about_page = _chrome_sentences(read)
    if 1000 * sum(last - first for first, last in about_page) >= WALL_MILLI * len(text):
        return [(0, len(text))] if about_page else []
    return spans + about_page


def _chrome_sentences(read: list[tuple[Span, int, bool]]) -> list[Span]:
    """The spans of those sentences that are furniture for themselves, or hold a page word and stand beside one that is."""
    found = [is_chrome for _, _, is_chrome in read]
    for step in (1, -1):
        for place in range(len(read))[::step]:
            beside = place - step
            if 0 <= beside < len(read) and found[beside] and read[place][1]:
                found[place] = True
    return [span for (span, _, _), is_chrome in zip(read, found, strict=True) if is_chrome]


def sentences_of(text: str, begin: int, length: int) -> list[Span]:
    """The sentences of one stretch of a text, placed in the whole text."""
    return [(begin + first, begin + last) for first, last in sentences(text[begin : begin + length])]


def _is_related_line(stripped: str) -> bool:
    return len(stripped) <= RELATED_LINE_CHARS and not _ENDS_LIKE_SENTENCE.search(stripped)


def _judged(sentence: str) -> tuple[int, bool]:
    """How many different page words a sentence holds, and whether it is furniture for itself.

    Two page words make it so, in a short line one, or half of its words from share bars.
    """
    folded = sentence.casefold()
    found = _WORD.findall(folded)
    about_page = {word[:5] for word in found if word.startswith(_PAGE_WORDS)}
    about_page.update(phrase for phrase in _PAGE_PHRASES if phrase in folded)
    if len(about_page) >= 2 or len(found) > SHORT_LINE_WORDS:
        return len(about_page), len(about_page) >= 2
    in_share_bar = sum(word in _SHARE_BAR_WORDS for word in found)
    is_bar = 2 * in_share_bar >= len(found) and not _ENDS_LIKE_SENTENCE.search(sentence)
    return len(about_page), bool(about_page) or is_bar


def learn(pages: Iterable[Page]) -> FurnitureMarks:
    """The sentences that recur over different articles of one outlet.

    Of an outlet, `MIN_PAGES` articles with different headings make a sentence furniture. Pages without an outlet are taken
    together, and there no two of the headings may share a word, so that copies of one article never mark it as furniture.
    """
    headings: dict[tuple[str, bytes], list[frozenset[str]]] = {}
    for page in pages:
        heading = heading_words(page.title, page.text)
        for key in {_key(page.text[begin:end]) for begin, end in sentences(page.text)}:
            known = headings.setdefault((page.outlet, key), [])
            if len(known) < MIN_PAGES and _is_another(heading, known, strict=not page.outlet):
                known.append(heading)
    found: dict[str, set[bytes]] = {}
    for (outlet, key), known in headings.items():
        if len(known) >= (MIN_PAGES if outlet else MIN_PAGES_WITHOUT_OUTLET):
            found.setdefault(outlet, set()).add(key)
    return FurnitureMarks({outlet: frozenset(keys) for outlet, keys in found.items()})


def mark(page: Page, marks: FurnitureMarks) -> tuple[Span, ...]:
    """The spans of the page's text that are furniture: learned ones and those known by their words, merged, in order."""
    known = marks.by_outlet.get(page.outlet, frozenset())
    spans = chrome(page.text)
    if known:
        spans += [(begin, end) for begin, end in sentences(page.text) if _key(page.text[begin:end]) in known]
    return merged(spans)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order, overlapping ones joined."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return tuple(joined)


def keyed_sentences(text: str) -> list[tuple[int, int, bytes]]:
    """The sentences of a text with the key under which they are known as furniture: begin, end, eight bytes."""
    return [(begin, end, _key(text[begin:end])) for begin, end in sentences(text)]


def heading_words(title: str, text: str) -> frozenset[str]:
    """The stems of the longer words of a headline, or of the first sentence where there is none: what tells articles apart."""
    opening = title
    if not opening:
        spans = sentences(text[:1_000])
        opening = text[spans[0][0] : spans[0][1]] if spans else ""
    return frozenset(stem(token.word) for token in tokens(opening) if len(token.word) >= 4)


def _is_another(heading: frozenset[str], known: list[frozenset[str]], *, strict: bool) -> bool:
    if strict:
        return bool(heading) and not any(heading & other for other in known)
    return all(2 * len(heading & other) <= max(len(heading), 1) for other in known)


def _key(sentence: str) -> bytes:
    return blake2b(squash(sentence).encode(), digest_size=8).digest()
