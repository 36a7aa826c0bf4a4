"""Photo credits: `(Foto: Reuters)`, `Jane Doe/AFP`, `AFP via Getty Images`. They say nothing of who wrote the text."""

from __future__ import annotations

import re
from typing import Final

from copytaster.text.agencies import Mention, agencies
from copytaster.text.credits.credit_lines import RIGHTS
from copytaster.text.credits.model import PHOTO, Credit, Line, chains

_CUE: Final = (
    r"(?:(?:\b\w{0,14}(?:foto|bild|photo)(?:grafie|graphie|graf|grapher|grafia|graph|s|o|er)?|"
    r"\b(?:fotos?|bilder?|pictures?|pics?|images?|imágen(?:es)?|imagen|immagin[ei]|imagem|cr[ée]dito|crediti?|изображение|zdjęci[ea]|fotoğraf(?:lar)?|"
    r"grafik|infografik|bildquelle|bildrechte|ảnh|hình(?: ảnh)?|фото(?:графия|граф|хост)?|світлина|снимок|kuva|kép|"
    r"snímek|valokuva|cr[ée]dits?(?: photo)?|credit|copyright|video|beeld|bilde|still)\b|\b(?:fot|zdj|pic)\.)"
    r"|写真|图片?|圖片?|사진|صورة|תמונה)"
)
_BEFORE: Final = re.compile(
    # "Foto: Peter Endig / DPA", "© Foto: Dirk Waem/dpa", "(Foto dpa)", "Photo by Jane Doe/AP"
    rf"{_CUE}(?:\s+(?:source|credit|courtesy))?\s*(?:(?:[:：©|/(=–-]|by|von|di|de|par|от|via|via Getty)\s*[^\n!?;()]{{0,60}}?|\s)[«„“\"'(©]*\s*$",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(rf"{_CUE}\s+[^\n.!?;()/]{{3,60}}/\s*$", re.IGNORECASE)
"""`Photo Hospital in Cremona / AFP`: what is shown stands between the label and the agency."""
_PHOTOGRAPHER: Final = re.compile(
    r"(?:^|[.(:|©–—]\s*|\s)[^\W\d_a-zа-я][\w'’.-]+\s+(?:[^\W\d_a-zа-я][\w'’.-]*\s+)?[^\W\d_a-zа-я][\w'’.-]+\s*/\s*$"
)
_AFTER: Final = re.compile(
    r"\s*(?:(?:via|tramite|vía|par|über)\s+(?:Getty|AP|Reuters|imago)|/\s*(?:Getty|Pool|Handout|Archiv|REX|Shutterstock|Scanpix|NTB|imago)|\s(?:(?:file )?[Pp]hotos?|[Pp]ics?|Images?|Handout|Pool)\b(?! desk)"
    r"|\s?/\s?[^\W\d_a-zа-я][\w'’.-]+\s+[^\W\d_a-zа-я]|\s*\|\s*(?:Fot[oó]|Phot))"
)

SHORT_LINE_CHARS: Final = 220
"""A caption; a name and a slash in a longer line are prose."""


def photo_credits(line: Line, *, field: str) -> list[Credit]:
    """The photo credits of a line; in a caption every agency that nothing else explains is one."""
    found: list[Credit] = []
    for chain in chains(line):
        rule = _rule(line, chain)
        if rule is None and field == "caption":
            rule = "photo_caption"
        if rule is not None:
            found += [line.credit(m, PHOTO, rule, 0.97, field=field) for m in chain]
    return found


def _rule(line: Line, chain: tuple[Mention, ...]) -> str | None:
    before = line.text[max(0, chain[0].begin - 110) : chain[0].begin]
    after = line.text[chain[-1].end : chain[-1].end + 40]
    if RIGHTS.match(after):
        return None
    if _BEFORE.search(before) or _SUBJECT.search(before):
        return "photo_label"
    if any(agencies()[m.agency].kind == "photo" for m in chain):
        return "photo_agency"
    named = _PHOTOGRAPHER.search(before) if len(line.text) <= SHORT_LINE_CHARS else None
    if named is not None and not named[0].isupper() and not after.strip(" .)|*"):
        return "photo_photographer"
    return "photo_form" if _AFTER.match(after) else None
