from __future__ import annotations

import pytest

from copytaster.text.captions import is_caption, tidy_caption

CAPTIONS = [
    "Fischkutter im Hafen von Kjellvik. (Foto: Sputnik)",
    "Präsidentin Windisch bei der Eröffnung. (Foto: AFP) |",
    "Foto: Lena Hofer/dpa",
    "The bridge on Monday. Photo: Reuters",
    "Tàu thuyền neo đậu tại cảng. Ảnh: TTXVN",
    "Здание совета. Фото: ТАСС",
    "Gasverdichter (Archivbild). (Archivfoto: dpa)",
    "Crane at the bank [Image: City of Auenbrück]",
]
PROSE = [
    "Das Foto zeigte die Brücke im Winter, sagte die Bürgermeisterin.",
    "Die Bild-Zeitung berichtete über den Fall.",
    "(dpa)",
    "Der Rat tagt am Montag. " * 30 + "(Foto: dpa)",
    "",
]


@pytest.mark.parametrize("line", CAPTIONS)
def test_lines_with_a_photo_credit_are_captions(line: str) -> None:
    """A photo credit at either end makes a line a caption, in any language of the desk."""
    assert is_caption(line)


@pytest.mark.parametrize(
    "line", PROSE, ids=["about a photo", "a paper called Bild", "text credit", "a paragraph", "nothing"]
)
def test_prose_is_no_caption(line: str) -> None:
    """Paragraphs and text credits are not taken for captions."""
    assert not is_caption(line)


def test_strokes_of_picture_tables_are_cut() -> None:
    """Cells of picture tables leave a stroke at the end."""
    assert tidy_caption("Am Hafen. (Foto: AFP)  | ") == "Am Hafen. (Foto: AFP)"
