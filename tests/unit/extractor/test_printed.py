from __future__ import annotations

from datetime import date, time

import pytest

from copytaster.extractor.printed import printed_time

DAY = date(2026, 4, 25)

PRINTED = {
    "German": ("Sa 25.04.26 | 14:07 Uhr | Von Lena Hofer", time(14, 7)),
    "German with four digits": ("25.04.2026, 9:05 Uhr", time(9, 5)),
    "with a dot": ("25.4.2026 - 18.30 Uhr", time(18, 30)),
    "big end first": ("Aktualisiert 2026-04-25 18:40", time(18, 40)),
    "the first of two": ("25.04.2026 08:00 Uhr, zuletzt geändert 25.04.2026 11:30 Uhr", time(8, 0)),
    "another day": ("24.04.2026 14:07 Uhr", None),
    "no time": ("25.04.2026", None),
    "a score": ("25.04.2026 endete es 3:2 vor 25:61", None),
    "far behind": ("25.04.2026 schrieb der Rat der Stadt um 14:07", None),
}


@pytest.mark.parametrize(("visible", "expected"), PRINTED.values(), ids=PRINTED.keys())
def test_the_time_beside_the_day_is_read(visible: str, expected: time | None) -> None:
    """Only a time that stands directly behind the very day belongs to it."""
    assert printed_time(visible, DAY) == expected
