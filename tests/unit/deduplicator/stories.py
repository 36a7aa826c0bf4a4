"""Texts of our own writing about an invented town, and short ways to make records of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from copytaster.deduplicator.bulk import credited
from copytaster.deduplicator.decide import PairDecision, compare
from copytaster.deduplicator.encoding import encoded
from copytaster.deduplicator.features import Features, features
from copytaster.deduplicator.io.sentence_encoder import UniversalSentenceEncoder
from copytaster.deduplicator.policy import load
from copytaster.deduplicator.record import StoryRecord

ENCODER: Final = UniversalSentenceEncoder()
"""The encoder that ships; loaded once for all tests, on its first use."""

BACKGROUND: Final = (
    "Das Stahlwerk Harlingrode beschäftigt rund 2.400 Menschen und gehört seit 2011 dem Konzern Vantaris. "
    "In den vergangenen drei Jahren hatte das Werk insgesamt 310 Millionen Euro Verlust gemacht."
)

STRIKE_CALLED: Final = (
    "Harlingrode (dpa) - Die Gewerkschaft Metallbund hat die 2.400 Beschäftigten des Stahlwerks Harlingrode "
    "für den kommenden Mittwoch zu einem Warnstreik aufgerufen. Die Frühschicht solle um sechs Uhr die Arbeit "
    "niederlegen, sagte Bezirksleiterin Renate Kolbinger am Montag.\n"
    "Kolbinger verlangt für die Belegschaft 7,5 Prozent mehr Lohn und eine Zusage, dass der Hochofen 2 bis 2031 "
    "in Betrieb bleibt. Vantaris hatte zuletzt 2,1 Prozent geboten.\n"
    "Werksleiter Ansgar Dreyhaupt nannte den Aufruf unverantwortlich. Ein Tag Stillstand koste das Unternehmen "
    "1,8 Millionen Euro, sagte er dem Sender Radio Weserland.\n" + BACKGROUND + "\n"
    "Am Donnerstag wollen beide Seiten in Holzminden weiter verhandeln."
)

STRIKE_ENDED: Final = (
    "Harlingrode (dpa) - Nach neun Stunden ist der Warnstreik im Stahlwerk Harlingrode am Mittwochnachmittag "
    "zu Ende gegangen. An den Toren hatten sich nach Angaben der Polizei 1.150 Menschen versammelt.\n"
    "Bezirksleiterin Renate Kolbinger sprach von einem deutlichen Zeichen. Werksleiter Ansgar Dreyhaupt "
    "bezifferte den Schaden auf 1,2 Millionen Euro und drohte mit Aussperrung.\n" + BACKGROUND + "\n"
    "Die Verhandlungen in Holzminden wurden abgesagt, ein neuer Termin steht noch nicht fest."
)

MAYOR_RESIGNS: Final = (
    "Port Ellery (Reuters) - The mayor of Port Ellery, Marguerite Osland, stepped down on Friday after an audit "
    "found that $4.3 million meant for the new flood barrier had gone to a company owned by her brother.\n"
    "Osland, 58, denied wrongdoing but said the town needed calm before the October vote. Her deputy, Tobias "
    "Renfrew, takes over until then.\n"
    "The audit by the firm Hale & Quimby covers payments between 2019 and 2023. It lists 37 invoices for work "
    "that inspectors could not find anywhere along the shore.\n"
    "Prosecutor Lena Achterberg said her office had opened an inquiry. The barrier was to protect 12,000 homes."
)

MAYOR_RESIGNS_DE: Final = (
    "Port Ellery (Reuters) - Die Bürgermeisterin von Port Ellery, Marguerite Osland, ist am Freitag "
    "zurückgetreten. Eine Prüfung hatte ergeben, dass 4,3 Millionen Dollar für das neue Flutwehr an eine Firma "
    "ihres Bruders geflossen waren.\n"
    "Osland, 58, bestritt die Vorwürfe, sagte aber, die Stadt brauche vor der Wahl im Oktober Ruhe. Bis dahin "
    "übernimmt ihr Stellvertreter Tobias Renfrew.\n"
    "Die Prüfung der Kanzlei Hale & Quimby umfasst Zahlungen zwischen 2019 und 2023. Sie nennt 37 Rechnungen für "
    "Arbeiten, die Inspekteure nirgends am Ufer fanden.\n"
    "Staatsanwältin Lena Achterberg teilte mit, ihre Behörde ermittle. Das Wehr sollte 12.000 Häuser schützen."
)

CONSENT_NOTE: Final = (
    "Wir setzen auf unserer Website Cookies und andere Technologien ein, um Ihnen den vollen Umfang zu bieten. "
    "Durch die weitere Nutzung der Website erklären Sie sich mit dem Einsatz von Cookies einverstanden. "
    "Hinweise zum Widerruf Ihrer Einwilligung finden Sie in unserer Datenschutzerklärung."
)


def record(
    name: str,
    text: str,
    *,
    title: str = "",
    outlet: str = "",
    language: str = "de",
    published: str | None = None,
    url: str = "",
    sources: tuple[str, ...] = (),
) -> StoryRecord:
    """A record with the credits of its text; `published` is an ISO 8601 time with a zone."""
    at = None if published is None else round(datetime.fromisoformat(published).timestamp()) * 1000
    outlet = outlet or f"{name}.example"
    plain = StoryRecord(
        id=name,
        version=1,
        title=title,
        lead="",
        text=text,
        language=language,
        outlet=outlet,
        family=outlet,
        published_ms=at,
        first_seen_ms=at or 0,
        url=url,
        source_urls=sources,
    )
    return credited(plain)


def read(story: StoryRecord) -> Features:
    """The features under the shipped policy, with sentence vectors."""
    return encoded(features(story, load()), ENCODER, load())


def decide(a: StoryRecord, b: StoryRecord, *, vectors: str = "ab") -> PairDecision:
    """The decision under the shipped policy; `vectors` names the sides that have sentence vectors."""
    sides = [
        read(story) if side in vectors else features(story, load()) for side, story in (("a", a), ("b", b))
    ]
    return compare(sides[0], sides[1], load())


def edited(text: str) -> str:
    """An edited copy: the second paragraph and the dateline gone, a few words replaced."""
    first, _, *rest = text.split("\n")
    first = first.split(" - ", 1)[-1].replace("Frühschicht", "erste Schicht")
    return (
        "\n".join((first, *rest)).replace("unverantwortlich", "rücksichtslos").replace("found that", "showed")
    )


def first_third(text: str) -> str:
    """An excerpt: whole sentences from the first third of the text."""
    part = text[: len(text) // 3]
    return part[: part.rfind(".") + 1] or part
