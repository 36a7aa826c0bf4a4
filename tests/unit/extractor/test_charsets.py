from __future__ import annotations

import gzip
import re
from pathlib import Path

from benchmarks.common import read_jsonl
from copytaster.errors import Discard
from copytaster.extractor.decode import decode

LEGACY = {
    "bg": "cp1251", "cs": "cp1250", "da": "cp1252", "de": "cp1252", "el": "cp1253", "en": "cp1252", "es": "cp1252",
    "fi": "cp1252", "fr": "cp1252", "he": "cp1255", "hu": "cp1250", "it": "cp1252", "ja": "shift_jis", "ko": "cp949",
    "nb": "cp1252", "nl": "cp1252", "no": "cp1252", "pl": "cp1250", "pt": "cp1252", "ru": "cp1251", "sv": "cp1252",
    "tr": "cp1254", "uk": "cp1251", "zh": "gb18030",
}  # fmt: skip
LABELS = {"cp949": "euc-kr"}
"""What servers call a charset of which they send the wider form (the WHATWG encoding standard)."""

STATED = re.compile(r"<meta[^>]+charset[^>]*>|<\?xml[^>]*\?>", re.IGNORECASE)
LETTERS = re.compile(r"[^\W\d_]")


def test_a_charset_that_only_the_header_names_is_believed(eval_data: Path) -> None:
    """Real pages written anew in the old charset of their language, with nothing in them that names it: all come out right."""
    folder, tried, wrong = eval_data / "pages" / "fundus", 0, []
    for row in read_jsonl(folder / "index.jsonl"):
        html = STATED.sub("", gzip.decompress((folder / row["file"]).read_bytes()).decode("utf-8", "replace"))
        language = re.search(r"<html[^>]*\blang=[\"']?([a-z]{2})", html[:5_000], re.IGNORECASE)
        charset = LEGACY.get(language[1].lower() if language else "en")
        if charset is None:
            continue
        body = html.encode(charset, "xmlcharrefreplace")
        expected = body.decode(charset)
        if not any(ord(letter) > 127 for letter in LETTERS.findall(expected)):
            continue
        tried += 1
        try:
            read = decode(body, f"text/html; charset={LABELS.get(charset, charset)}").html
        except Discard as reason:
            read = reason.code
        if read != expected:
            wrong.append((row["url"], charset))

    assert tried >= 60
    assert wrong == []
