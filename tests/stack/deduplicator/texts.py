"""Texts of our own writing for the deduplicator's tests: a report, an edited copy, an excerpt, and another story. Not a test."""

from __future__ import annotations

HARBOUR = (
    "KARSTADT (TASS) - Der Hafen von Karstadt bleibt nach einem Brand im Kohlelager bis Freitag gesperrt. "
    "Das teilte die Hafenbehörde am Montag mit.\n"
    "Bei dem Feuer in Lagerhalle 14 wurden nach Angaben der Feuerwehr 23 Menschen leicht verletzt. "
    "Rund 140 Einsatzkräfte brauchten sechs Stunden, um die Flammen zu löschen.\n"
    "Hafendirektorin Henrike Vossmann sprach von einem Schaden von 18 Millionen Kronen. "
    "Die Ursache werde untersucht, Brandstiftung könne derzeit nicht ausgeschlossen werden.\n"
    "Über Karstadt läuft die Hälfte aller Getreideausfuhren der Republik Nordau. "
    "Frachter werden bis auf weiteres nach Olpenitz umgeleitet."
)
COPY = HARBOUR.replace("Rund 140 Einsatzkräfte", "Etwa 140 Helfer").replace("KARSTADT (TASS) - ", "")
EXCERPT = "\n".join(HARBOUR.split("\n")[:2])
OTHER = (
    "Die Republik Nordau will ihre Eisenbahn an private Betreiber verkaufen. Verkehrsminister Olaf Brandner nannte "
    "am Dienstag einen Preis von 900 Millionen Kronen.\n"
    "Die Gewerkschaft der Lokführer kündigte Widerstand an. Ihr Vorsitzender Pelle Krogh sagte, man werde notfalls "
    "das ganze Land stilllegen.\n"
    "Das Parlament soll im Herbst über das Gesetz abstimmen."
)
THIRD = (
    "Die Sternwarte von Hellmark hat am Sonnabend einen Meteoriten geborgen, der in der Nacht zuvor über dem Grenzland "
    "niedergegangen war. Er wiege 31 Kilogramm, sagte die Leiterin Runa Asplund.\n"
    "Mehr als 200 Menschen hatten die Feuerkugel gemeldet. Verletzt wurde niemand, in dem Dorf Quellau gingen Scheiben "
    "zu Bruch.\n"
    "Das Stück soll im Museum der Hauptstadt gezeigt werden."
)
