from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.common import read_jsonl
from copytaster.text.language import guess_language, primary_tag

TEXTS = {
    "de": "Der Stadtrat hat am Montag beschlossen, die alte Brücke über den Fluss zu sperren, weil Gutachter Risse gefunden haben.",
    "en": "The town council decided on Monday to close the old bridge across the river because experts had found cracks in it.",
    "ru": "Городской совет в понедельник решил закрыть старый мост через реку, потому что эксперты нашли в опорах трещины.",
    "uk": "Міська рада в понеділок вирішила закрити старий міст через річку, тому що експерти знайшли в опорах тріщини.",
    "fr": "Le conseil municipal a décidé lundi de fermer le vieux pont sur la rivière, car des experts ont trouvé des fissures.",
    "es": "El ayuntamiento decidió el lunes cerrar el viejo puente sobre el río porque los expertos hallaron grietas en él.",
    "it": "Il consiglio comunale ha deciso lunedì di chiudere il vecchio ponte sul fiume perché gli esperti hanno trovato crepe.",
    "tr": "Belediye meclisi pazartesi günü nehir üzerindeki eski köprüyü kapatmaya karar verdi çünkü uzmanlar çatlaklar buldu.",
    "pl": "Rada miasta postanowiła w poniedziałek zamknąć stary most na rzece, ponieważ eksperci znaleźli w nim pęknięcia.",
    "vi": "Hội đồng thành phố hôm thứ Hai đã quyết định đóng cửa cây cầu cũ bắc qua sông vì các chuyên gia phát hiện vết nứt.",
}


@pytest.mark.parametrize(("code", "text"), TEXTS.items(), ids=TEXTS.keys())
def test_the_text_tells_its_language(code: str, text: str) -> None:
    """Each language of the desk is known from two lines of news."""
    assert guess_language(text).code == code


def test_content_wins_over_a_wrong_declaration() -> None:
    """A German translation on a Vietnamese page is German."""
    guess = guess_language(TEXTS["de"], declared="vi")

    assert (guess.code, guess.basis) == ("de", "text")


def test_a_declaration_decides_for_a_few_words() -> None:
    """A headline of names says little; then the page is believed."""
    assert guess_language("Norvania Selva", declared="pl-PL").code == "pl"


def test_a_declaration_decides_between_close_relatives() -> None:
    """A regional tag is folded to the language that the model knows."""
    text = "Byrådet har besluttet at lukke den gamle bro over åen, fordi eksperter har fundet revner i tre af de tolv piller."
    assert guess_language(text, declared="da").code == "da"


def test_nothing_says_nothing() -> None:
    """Digits and blanks have no language."""
    assert guess_language(" 12:30 ").code is None


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de-AT", "de"),
        ("en_US", "en"),
        ("nb-NO", "no"),
        ("iw", "he"),
        ("", None),
        (None, None),
        ("english", None),
    ],
)
def test_tags_are_folded_to_one_code(tag: str | None, code: str | None) -> None:
    """BCP 47 tags, locales and old codes become one code; prose becomes nothing."""
    assert primary_tag(tag) == code


def test_every_language_of_the_labelled_texts_is_right(eval_data: Path) -> None:
    """At least 99 of 100 labelled wire texts come out in their language."""
    rows = list(read_jsonl(eval_data / "linking" / "wire.jsonl"))
    right = sum(guess_language(row["text"]).code == row["lang"] for row in rows)

    assert right >= 0.99 * len(rows)
