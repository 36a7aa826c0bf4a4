"""What a sentence says of the course of things: ahead, begun, over, agreed, refused.

A strike called, begun and ended is one cast and three pieces of news. The words for it are few in every language, so a small table
of beginnings (Latin spelling) tells them: English, German, French, Spanish, Italian, Polish, Russian, Ukrainian, Turkish. A
sentence may say several, or none; what it is that begins or ends is told by the sentence around it.
"""

from functools import lru_cache
from typing import Final

from copytaster.text.normalise import latin

_BEGINNINGS: Final = {
    "ahead": (
        "announc plann plans threaten prepar upcoming ankundig angekundig geplant plant droht drohen vorbereit aufgerufen aufruf "
        "bevorsteh annonc prevoi menac anunci preve amenaz annunci preved minacci zapowi planuj zagroz przygot "
        "obyav planir ugroz anonsir oholos zahroz plano duyur planla tehdit hazirla"
    ),
    "begun": (
        "begin began begun starts started launch erupt beginn begonn begann gestart startet angelaufen ausgebroch commenc debut "
        "lance comienz empez empiez inici cominci avvia rozpocz zacz ruszy nachal nachin startov zapust pochal pochyn basla"
    ),
    "over": (
        "ends ended finish conclud halted lifted suspend cancel endet beend vorbei ende abgesag eingestell aufgehob "
        "beigeleg termin achev annul finaliz concluy sospes annull conclus zakoncz koniec odwola wstrzym "
        "zaversh okonch prekrat otmen zakonch zakinch prypyn skasov bitti bitir iptal"
    ),
    "agreed": (
        "agree approv accept signed signs einig zustimm zugestimm gebillig genehmig unterzeich accord approuv acuerd aprueb aprob "
        "acept firma accett zgod zatwierdz podpis odobr soglas shval uzgod pidpys anlas onayla imza"
    ),
    "refused": (
        "reject refus denies denied deny dismiss abgelehn ablehn zuruckgewies zuruckweis dementi verweiger bestreit bestritt rejet "
        "dement rechaz niega desmient respin rifiut smenti odrzuc odmow zaprzecz otverg otkaz oproverg vidkyn vidmov sprostuv "
        "redded reddet yalanla"
    ),
}  # fmt: skip

_STATES: Final = tuple((beginning, state) for state, row in _BEGINNINGS.items() for beginning in row.split())
_ANY: Final = tuple(beginning for beginning, _ in _STATES)


@lru_cache(maxsize=1 << 16)
def state_of(word: str) -> str | None:
    """`ahead`, `begun`, `over`, `agreed`, `refused`, or None for a word that tells none of them."""
    spelled = latin(word)
    if not spelled.startswith(_ANY):
        return None
    return next(state for beginning, state in _STATES if spelled.startswith(beginning))
