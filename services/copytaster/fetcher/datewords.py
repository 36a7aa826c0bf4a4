"""Words of dates in the languages feeds are written in: months, zones, halves of the day. Data only.

All words are lower case and without accents (NFKD without combining marks, then NFC), as `dates` folds its input.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# A language a line; twelve cells, spellings of one month separated by a slash.
_MONTH_LINES: Final = (
    "jan/january feb/february mar/march apr/april may jun/june jul/july aug/august sep/sept/september oct/october "
    "nov/november dec/december",
    "januar/janner februar/feber marz/mrz april mai juni/jun juli/jul august september oktober/okt november "
    "dezember/dez",
    "janvier/janv fevrier/fevr/fev mars avril/avr mai juin juillet/juil aout septembre octobre novembre decembre",
    "enero/ene febrero marzo abril/abr mayo junio julio agosto/ago septiembre/setiembre/set octubre noviembre "
    "diciembre/dic",
    "gennaio/gen febbraio marzo aprile maggio/mag giugno/giu luglio/lug agosto settembre ottobre/ott novembre dicembre",
    "janeiro fevereiro marco abril maio/mai junho julho agosto setembro outubro/out novembro dezembro",
    "januari februari maart/mrt april mei juni juli augustus september oktober november december",
    "января/янв/январь февраля/фев/февр/февраль марта/мар/март апреля/апр/апрель мая/май июня/июн/июнь июля/июл/июль "
    "августа/авг/август сентября/сен/сент/сентябрь октября/окт/октябрь ноября/ноя/нояб/ноябрь декабря/дек/декабрь",
    "січня/січ/січень лютого/лют/лютий березня/бер/березень квітня/кві/квіт/квітень травня/тра/трав/травень "
    "червня/чер/черв/червень липня/лип/липень серпня/сер/серп/серпень вересня/вер/верес/вересень "
    "жовтня/жов/жовт/жовтень листопада/лис/лист/листопад грудня/гру/груд/грудень",
    "stycznia/sty lutego/lut marca kwietnia/kwi maja/maj czerwca/cze lipca/lip sierpnia/sie wrzesnia/wrz "
    "pazdziernika/paz listopada/lis grudnia/gru",
    "ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "ocak/oca subat/sub mart nisan/nis mayis haziran/haz temmuz/tem agustos/agu eylul/eyl ekim/eki kasim/kas aralik/ara",
    "ιανουαριου/ιαν φεβρουαριου/φεβ μαρτιου/μαρ απριλιου/απρ μαιου/μαι ιουνιου/ιουν ιουλιου/ιουλ αυγουστου/αυγ "
    "σεπτεμβριου/σεπ οκτωβριου/οκτ νοεμβριου/νοε δεκεμβριου/δεκ",
    "januar februar marcius aprilis majus junius julius augusztus szeptember oktober november december",
)


def _folded(word: str) -> str:
    plain = "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", plain)


def _months() -> dict[str, int]:
    names: dict[str, int] = {}
    for line in _MONTH_LINES:
        for number, cell in enumerate(line.split(), start=1):
            for name in cell.split("/"):
                names.setdefault(_folded(name), number)
    return names


MONTHS: Final = _months()
"""Name or abbreviation of a month to its number."""

ZONE_HOURS: Final = {
    **dict.fromkeys(("utc", "gmt", "ut", "z", "zulu", "wet"), 0.0),
    **dict.fromkeys(("cet", "met", "mez", "west", "bst", "wat"), 1.0),
    **dict.fromkeys(("cest", "mest", "mesz", "eet", "sast", "cat"), 2.0),
    **dict.fromkeys(("eest", "msk", "мск", "trt", "idt", "eat"), 3.0),
    **dict.fromkeys(("msd", "gst", "samt"), 4.0),
    **dict.fromkeys(("pkt", "yekt", "uzt"), 5.0),
    **dict.fromkeys(("omst", "almt"), 6.0),
    **dict.fromkeys(("ict", "wib", "krat", "novt"), 7.0),
    **dict.fromkeys(("hkt", "sgt", "awst", "pht", "wita", "irkt", "myt"), 8.0),
    **dict.fromkeys(("jst", "kst", "wit", "yakt"), 9.0),
    **dict.fromkeys(("aest", "vlat"), 10.0),
    **dict.fromkeys(("aedt", "magt"), 11.0),
    **dict.fromkeys(("nzst", "pett"), 12.0),
    "nzdt": 13.0,
    "irst": 3.5,
    "ist": 5.5,
    "npt": 5.75,
    "acst": 9.5,
    "acdt": 10.5,
    **dict.fromkeys(("brt", "art", "adt", "uyt"), -3.0),
    **dict.fromkeys(("ast", "at", "edt"), -4.0),
    "nst": -3.5,
    "ndt": -2.5,
    **dict.fromkeys(("est", "et", "cdt", "pet", "cot"), -5.0),
    **dict.fromkeys(("cst", "ct", "mdt"), -6.0),
    **dict.fromkeys(("mst", "mt", "pdt"), -7.0),
    **dict.fromkeys(("pst", "pt", "akdt"), -8.0),
    "akst": -9.0,
    "hst": -10.0,
}
"""Zone abbreviation to hours east of UTC; where one means several zones, the one that feeds of news use (IST: India)."""

AFTERNOON: Final = frozenset({"오후"})
FORENOON: Final = frozenset({"오전"})
