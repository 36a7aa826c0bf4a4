"""Picture captions that stand as lines in a text: `… at the summit. (Photo: Reuters) |`, `Foto: Jane Doe/dpa`."""

from __future__ import annotations

import re
from typing import Final

MAX_CAPTION_CHARS: Final = 400
"""A longer line is a paragraph that happens to end with a photo credit."""

_CREDIT: Final = (
    r"(?:archiv|symbol|datei|titel|rubriklisten)?(?:fotos?|bild(?:er|quelle|rechte)?|photos?|photographs?|pictures?|images?|"
    r"imágen(?:es)?|imagen|immagin[ei]|fot|zdj|zdjęci[ea]|fotoğraf|ảnh|hình|фото(?:графия)?|світлина|снимок|kuva|beeld|grafik|"
    r"file photo|photo credit|picture credit|image credit|crédit(?: photo)?|credit|copyright dell'immagine|写真|图片?|圖片?|사진|صورة)"
)
_TAIL: Final = re.compile(
    rf"(?:[(\[]\s*{_CREDIT}\s*[.:：/©-]+\s*[^()\[\]]{{1,80}}[)\]]|(?<![\w-]){_CREDIT}\s*[:：/©]\s*[^.:!?\n]{{2,80}}(?:\.\s?[^.:!?\n]{{0,20}})?)[\s.|*]*$",
    re.IGNORECASE,
)
_BARE_TAIL: Final = re.compile(
    rf"[(\[]\s*{_CREDIT}\s+[^\W\d_a-z][^()\[\]]{{0,60}}[)\]][\s.|*]*$", re.IGNORECASE
)
_HEAD: Final = re.compile(rf"^\W*{_CREDIT}\s*(?:[:：]|©|credit|von\b|by\b)", re.IGNORECASE)


def is_caption(line: str) -> bool:
    """Whether a line is a caption or the credit of a picture: it ends or begins with a photo credit."""
    text = line.strip()
    if not text or len(text) > MAX_CAPTION_CHARS:
        return False
    return bool(_TAIL.search(text) or _BARE_TAIL.search(text) or (len(text) <= 140 and _HEAD.match(text)))


def tidy_caption(line: str) -> str:
    """A caption without the strokes and blanks that picture tables leave at its end."""
    return re.sub(r"[\s|*]+$", "", re.sub(r"\s+", " ", line)).strip()
