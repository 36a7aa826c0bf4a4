"""Numbers and dates in one form, however an outlet writes them.

`1.976`, `1,976` and `1 976` are one number, `50,89` and `50.89` another; `28. Dezember`, `Dec. 28`, `28 декабря` and `28/12` one
day. Number words and units are left alone: what a number counts is told by the sentence around it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from copytaster.text.normalise import Token, latin

_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+$")
_SPACES = re.compile(r"[ \u00a0\u202f]")

# First letters (Latin spelling) of the months' names in en de fr es it pt nl pl cs ru uk tr vi: enough to tell them apart.
_MONTH_PREFIXES = {
    1: ["jan", "janv", "ene", "genn", "sty", "yanv", "sichn", "ocak", "ledn"],
    2: ["feb", "fev", "fevr", "lut", "lyut", "suba", "unor"],
    3: ["mar", "marz", "maerz", "mart", "marzo", "berez", "brezn"],
    4: ["apr", "avr", "abr", "kwie", "kvit", "nisan", "dubn"],
    5: ["may", "mai", "magg", "maj", "mayya", "trav", "mayis", "kvetn"],
    6: ["jun", "juin", "giu", "czerw", "iyun", "cherv", "hazi"],
    7: ["jul", "juil", "lugl", "lipc", "iyul", "lypn", "temmuz"],
    8: ["aug", "aou", "ago", "sier", "avgu", "serpn", "agu", "srpn"],
    9: ["sep", "sett", "set", "wrze", "sent", "veres", "eylu", "zari"],
    10: ["oct", "okt", "ott", "out", "pazd", "oktya", "zhov", "ekim", "rijn"],
    11: ["nov", "list", "noyab", "lystop", "kasi"],
    12: ["dec", "dez", "dic", "dek", "grudn", "hrudn", "aral", "pros"],
}
_MONTHS = tuple(
    sorted(
        ((prefix, month) for month, names in _MONTH_PREFIXES.items() for prefix in names),
        key=lambda row: -len(row[0]),
    )
)
# A month's name is at most this much longer than its prefix: `mar` is March, `marriage` is not.
_MONTH_TAIL_CHARS = 6
# Beginnings of the weekdays' names (Latin spelling) in en de fr es it nl pl ru uk tr, Monday first.
_WEEKDAYS = tuple(
    (prefix, day)
    for day, names in enumerate(
        (
            "monday montag lundi lunes luned maandag poniedz ponedel ponedil pazartesi",
            "tuesday dienstag mardi martes marted dinsdag wtorek wtork vtornik vivtor salig",
            "wednesday mittwoch mercredi miercoles mercoled woensdag srode srody sredu sereda seredu carsamba",
            "thursday donnerstag jeudi jueves gioved donderdag czwart chetver persembe",
            "friday freitag vendredi viernes venerd vrijdag piatek piatk pyatnits pyatnyts cumagun",
            "saturday samstag sonnabend samedi sabado sabato zaterdag sobota sobote soboty subbot subot cumartesi",
            "sunday sonntag dimanche domingo domenica zondag niedziel voskresen nedil pazargun",
        )
    )
    for prefix in names.split()
)
_WEEKDAY_PREFIXES = tuple(prefix for prefix, _ in _WEEKDAYS)
_DAY_MONTH = re.compile(r"(\d{1,2})[/.](\d{1,2})(?:[/.](?:19|20)?\d\d)?$")


def number_key(written: str) -> str:
    """The number in digits with a point for decimals and no grouping: `81.500` gives `81500`, `50,890` `50890`, `0,15` `0.15`.

    Three digits after a separator are read as a group, since that is what they nearly always are in news.
    """
    compact = _SPACES.sub("", written)
    if _GROUPED.match(compact):
        return re.sub(r"[.,]", "", compact).lstrip("0") or "0"
    if ":" in compact or "/" in compact:
        return compact
    parts = re.split(r"[.,]", compact)
    whole = "".join(parts[:-1]) if len(parts) > 1 else parts[0]
    decimals = parts[-1].rstrip("0") if len(parts) > 1 else ""
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{decimals}" if decimals else whole


@lru_cache(maxsize=1 << 14)
def month_of(word: str) -> int | None:
    """1 to 12 for a month's name in one of thirteen languages, inflected or shortened, else None."""
    spelled = latin(word)
    if len(spelled) < 3:
        return None
    for prefix, month in _MONTHS:
        if spelled.startswith(prefix) and len(spelled) <= len(prefix) + _MONTH_TAIL_CHARS:
            return month
    return None


@lru_cache(maxsize=1 << 16)
def weekday_of(word: str) -> int | None:
    """0 (Monday) to 6 for a weekday's name in one of ten languages, else None."""
    spelled = latin(word)
    if not spelled.startswith(_WEEKDAY_PREFIXES):
        return None
    return next(day for prefix, day in _WEEKDAYS if spelled.startswith(prefix))


def dates(found: Sequence[Token]) -> list[str]:
    """The days named in the tokens of a text as `MM-DD`, in order: a day beside a month's name, or `28/12`, `28.12.2024`."""
    days = []
    for place, token in enumerate(found):
        if not token.word[0].isdigit():
            continue
        written = _DAY_MONTH.match(token.word)
        if written:
            days += _day(int(written[1]), int(written[2]))
        elif len(token.word) <= 2:
            days += _beside_month(found, place)
    return days


def _beside_month(found: Sequence[Token], place: int) -> list[str]:
    day = int(found[place].word)
    for neighbour in (place + 1, place - 1):
        if 0 <= neighbour < len(found) and _is_near(found[place], found[neighbour]):
            word = found[neighbour].word
            month = month_of(word) if word[0].isalpha() else None
            if month:
                return _day(day, month)
    return []


def _is_near(day: Token, month: Token) -> bool:
    return min(abs(month.begin - day.end), abs(day.begin - month.end)) <= 3


def _day(day: int, month: int) -> list[str]:
    return [f"{month:02d}-{day:02d}"] if 1 <= day <= 31 and 1 <= month <= 12 else []
