"""What came instead of an article: consent, challenge, script-only, login and error pages, lists, and nothing at all.

Each is left out with its code. A paywall teaser is an article: it is published as a teaser. All rules need a short or strange
body, so that an article ABOUT cookies or captchas is not lost; none of the 198 labelled pages is dropped.
"""

from __future__ import annotations

import re
from typing import Final

from copytaster.errors import Discard
from copytaster.extractor.jsonld import rank_of
from copytaster.extractor.page import Page, text_of

SHORT_CHARS: Final = 900
"""Walls measured: consent 823 characters, challenge 120, script-only 46; beyond it a wall needs most lines to speak of it."""

MIN_STORY_CHARS: Final = 60
"""The shortest flash of the labelled wire texts has 96 characters."""

TEASER_CHARS: Final = 1_500
"""A paid article that shows more than this shows itself."""

MIN_LIST_LINES: Final = 5
"""A shorter list of links may be the end of a short article."""

LONG_LIST_LINES: Final = 20
LONG_LIST_SHARE: Final = 0.3
SHORT_LIST_SHARE: Final = 0.5
"""How many of the lines are links: a long list needs fewer, for dates and teasers stand between."""

MIN_LINKS: Final = 15

MIN_LINK_CHARS: Final = 12
"""Shorter link texts are labels of a menu, and names that prose links to."""

_CHALLENGE_TITLE: Final = re.compile(
    r"^\W*(?:just a moment|attention required|access denied|access to this page has been denied|are you (?:a robot|human)|ddos[- ]guard|"
    r"checking your browser|verify(?:ing)? you are human|pardon our interruption|(?:bot|human|security) (?:verification|check)|"
    r"one moment, please|please wait|robot check|sicherheitsüberprüfung|проверка браузера|un instant)\b",
    re.IGNORECASE,
)
_CHALLENGE_MARK: Final = re.compile(
    r"cf-challenge|challenge-platform|_cf_chl_opt|captcha-delivery\.com|px-captcha|ddos-guard|h-captcha|g-recaptcha|geetest|"
    r"checking (?:if the site connection is secure|your browser)|ray id",
    re.IGNORECASE,
)
_CONSENT: Final = re.compile(
    r"(?:we (?:and our \d* ?partners )?value your privacy|we use cookies|before you continue|your privacy (?:choices|matters)|manage (?:cookies|preferences)|"
    r"accept all|reject all|cookie(?:s|-einstellungen|-richtlinie| policy| settings)|wir (?:benötigen|brauchen) ihre (?:zustimmung|einwilligung)|"
    r"zustimmen und weiter|mit werbung (?:weiterlesen|und tracking)|einwilligung|datenschutz(?:erklärung|einstellungen)|privatsphäre|"
    r"personenbezogene|nous utilisons des cookies|accepter et continuer|continuer sans accepter|votre vie privée|utilizamos cookies|"
    r"aceptar y continuar|utilizziamo i cookie|accetta (?:e continua|tutto)|używamy plików cookie|мы используем (?:файлы )?cookie|"
    r"tracking|tcf|legitimate interest|berechtigtes interesse|personalis(?:ed|ierte) (?:ads|werbung|anzeigen))",
    re.IGNORECASE,
)
_SCRIPT: Final = re.compile(
    r"(?:enable|activate|requires?|turn on|need|aktivier\w*|activer|activez|active|activar|habilite|abilitare|włącz|включите|увімкніть|bật|"
    r"unterstützt kein|doesn't work properly without|support)\W{1,3}(?:\w+\W+){0,4}java ?script|java ?script\W+(?:\w+\W+){0,5}(?:enable|disabled|required|"
    r"aktivier\w*|deaktiviert|désactivé|desactivado|disabilitato|wyłączon|отключен|вимкнен)",
    re.IGNORECASE,
)
_LOGIN_TITLE: Final = re.compile(
    r"^\W*(?:log ?in|sign ?in|anmelden|anmeldung|einloggen|connexion|se connecter|iniciar sesión|accedi|zaloguj|вход|увійти|đăng nhập|giriş yap)\b",
    re.IGNORECASE,
)
_ERROR_TITLE: Final = re.compile(
    r"(?:^|\W)(?:(?:error|fehler|erreur|errore|ошибка)\s*[45]\d\d|[45]\d\d\s*[-–—:|]?\s*(?:error|not found|forbidden|bad gateway|fehler|service)|"
    r"page (?:not found|can(?:'|no)t be found|introuvable)|(?:seite|artikel|inhalt) (?:wurde )?nicht gefunden|(?:article|story) not found|"
    r"página no encontrada|pagina non trovata|strony? nie (?:znaleziono|istnieje)|страница не найдена|сторінку не знайдено|không tìm thấy trang|"
    r"sayfa bulunamadı|service unavailable|bad gateway|internal server error|something went wrong|oops)(?:$|\W)|^\W*404\W*$",
    re.IGNORECASE,
)
_PAYWALL: Final = re.compile(
    r"(?:jetzt weiterlesen|weiterlesen mit|lesen sie (?:mit|den ganzen|weiter mit)|sie wollen weiterlesen|dieser (?:artikel|beitrag|inhalt) ist "
    r"(?:nur )?(?:für|teil|exklusiv)|(?:nur )?für abonnent|mit (?:einem )?abo weiterlesen|zugang zu allen (?:plus|premium|artikeln)|"
    r"subscribe (?:now )?to (?:continue|read|keep reading)|to continue reading|continue reading (?:with|this)|this (?:article|content|story) is (?:only )?for subscribers|"
    r"already a subscriber|become a (?:member|subscriber) to|cet article est réservé aux abonnés|il vous reste \d+ ?% de cet article|"
    r"la suite est réservée|contenido exclusivo para suscriptores|suscríbete para seguir leyendo|contenuto riservato agli abbonati|"
    r"abbonati per continuare|artykuł dostępny tylko dla prenumeratorów|читать полностью по подписке|この記事は(?:有料|会員)|続きを読むには)",
    re.IGNORECASE,
)


def refuse_wall(page: Page, html: str, *, title: str, text: str, lead: str | None) -> None:
    """Raise `Discard` with the code of the wall if the page is one; `html` is the decoded source with its scripts.

    Codes: challenge_wall, consent_wall, login_wall, error_page, script_only, list_page, no_article, too_short.
    """
    chars = len(text) + len(lead or "")
    heading = next((text_of(h) for h in page.tree.iter("h1")), "")
    _refuse_by_title(page, html, (title, heading, _title_element(page)), chars)
    if chars < 4 * SHORT_CHARS and _share(_CONSENT, text) > 0.5:
        raise Discard("consent_wall", title[:120])
    if chars >= SHORT_CHARS:
        _refuse_list(page, text, title)
        return
    everything = f"{text} {page.noscript} {text_of(page.tree)[:SHORT_CHARS] if not chars else ''}"
    if chars < 400 and _SCRIPT.search(everything):
        raise Discard("script_only", title[:120])
    if chars < 400 and page.tree.find(".//input[@type='password']") is not None:
        raise Discard("login_wall", title[:120])
    if chars == 0:
        _refuse_links(page, title)
        empty_root = any(
            page.tree.find(f".//div[@id='{name}']") is not None
            for name in ("root", "app", "__next", "__nuxt")
        )
        raise Discard("script_only" if empty_root else "no_article", title[:120])
    if chars < MIN_STORY_CHARS:
        raise Discard("too_short", f"{chars} characters: {title[:100]}")
    _refuse_list(page, text, title)


def is_teaser(text: str, *, accessible_for_free: bool | None) -> bool:
    """Whether the text is the part of a paid article that everyone may read."""
    if len(text) > 4 * TEASER_CHARS:
        return False
    asks = _PAYWALL.search(text[-700:]) is not None
    return asks or (accessible_for_free is False and len(text) < TEASER_CHARS)


def _refuse_by_title(page: Page, html: str, titles: tuple[str, ...], chars: int) -> None:
    if chars >= SHORT_CHARS:
        return
    if any(_CHALLENGE_TITLE.match(t) for t in titles) or (
        chars < 400 and _CHALLENGE_MARK.search(html[:200_000])
    ):
        raise Discard("challenge_wall", titles[0][:120])
    if any(_ERROR_TITLE.search(t) for t in titles) and not _states_article(page):
        raise Discard("error_page", titles[0][:120])
    if any(_LOGIN_TITLE.match(t) for t in titles) and not _states_article(page):
        raise Discard("login_wall", titles[0][:120])


def _refuse_list(page: Page, text: str, title: str) -> None:
    """A page of headlines: short lines, many of them links, no sentence, and nothing that says it is an article."""
    lines = text.split("\n")
    prose = sum(
        len(line)
        for line in lines
        if len(line) > 120
        or (len(line) > 60 and line.rstrip().endswith((".", "!", "?", "”", "“", '"', "。")))
    )
    if prose >= 0.15 * len(text) or _states_article(page):
        return
    # Results, timetables and poems have short lines, too; only links make a list of headlines.
    share = LONG_LIST_SHARE if len(lines) >= LONG_LIST_LINES else SHORT_LIST_SHARE
    if len(lines) >= MIN_LIST_LINES and _linked_share(page, lines) > share:
        raise Discard("list_page", title[:120])


def _refuse_links(page: Page, title: str) -> None:
    """A page of nothing but links has no text left once they are taken for what they are."""
    links = sum(len(text_of(link)) >= MIN_LINK_CHARS for link in page.tree.iter("a"))
    if links >= MIN_LINKS and not _states_article(page):
        raise Discard("list_page", title[:120])


def _linked_share(page: Page, lines: list[str]) -> float:
    """The share of the lines that are, but for a date or a word beside it, the text of one link."""
    links = {text_of(link) for link in page.tree.iter("a")}
    texts = tuple(text for text in links if len(text) >= MIN_LINK_CHARS)
    return sum(any(text in line and 2 * len(text) > len(line) for text in texts) for line in lines) / len(
        lines
    )


def _states_article(page: Page) -> bool:
    return page.meta.get("og:type", "").lower() == "article" or any(
        rank_of(node) >= 4 for node in page.jsonld
    )


def _share(pattern: re.Pattern[str], text: str) -> float:
    """The share of the text's characters in lines that match."""
    hit = sum(len(line) for line in text.split("\n") if pattern.search(line))
    return hit / len(text) if text else 0.0


def _title_element(page: Page) -> str:
    element = page.tree.find(".//head/title")
    return text_of(element) if element is not None else ""
