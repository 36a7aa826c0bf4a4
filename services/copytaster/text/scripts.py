"""Which writing system a character belongs to, as far as cutting text into words needs to know.

Chinese, Japanese, Thai, Lao, Khmer and Burmese put no space between words, so those characters are taken one by one. This
module knows Unicode ranges only: it does not guess languages.
"""

import re

# Unicode blocks written without spaces between words: Thai to Burmese, kana, Han with its extensions. Hangul has spaces.
UNSPACED_RANGES = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3005, 0x3007),
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2FA1F),
)

# The body of a regular expression class that matches exactly those characters.
UNSPACED_CLASS = "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED_RANGES)

_UNSPACED = re.compile(f"[{UNSPACED_CLASS}]")


def is_unspaced(text: str) -> bool:
    """Whether the text holds a character of a script that is written without spaces."""
    return _UNSPACED.search(text) is not None


def unspaced_share_milli(text: str) -> int:
    """Thousandths of the text's characters that belong to scripts without spaces, 0 for an empty text."""
    return 1000 * len(_UNSPACED.findall(text)) // len(text) if text else 0
