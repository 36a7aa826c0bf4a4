"""Pages of our own writing in the shapes that real ones have: invented places, people and events, no outlet's words."""

from __future__ import annotations

import json
from typing import Any

PARAGRAPHS = (
    "Der Stadtrat von Auenbrück hat am Montag beschlossen, die alte Holzbrücke über die Senne zu sperren. Gutachter hatten "
    "in drei der zwölf Pfeiler tiefe Risse gefunden.",
    "„Wir können niemanden mehr hinüberlassen“, sagte Bürgermeisterin Karla Windisch nach der Sitzung. Die Sperrung gelte ab "
    "sofort, auch für Fußgänger und Radfahrer.",
    "Die Brücke war 1931 gebaut und zuletzt 1994 instand gesetzt worden. Täglich nutzen sie nach Angaben der Stadt rund 2400 "
    "Menschen, vor allem auf dem Weg zum Bahnhof.",
    "Ein Neubau soll 4,8 Millionen Euro kosten und frühestens in zwei Jahren fertig sein. Bis dahin fährt ein Pendelbus alle "
    "zwanzig Minuten über die Umgehungsstraße.",
)

LEAD = "Drei Pfeiler haben Risse: In Auenbrück bleibt die alte Brücke über die Senne bis auf Weiteres zu."
TITLE = "Auenbrück sperrt die alte Holzbrücke"


def page(
    *,
    title: str = TITLE,
    site: str = "Sennebote",
    head: str = "",
    lead: str = "",
    body: str | None = None,
    before: str = "",
    after: str = "",
    lang: str = "de",
) -> str:
    """A plain news page; `before` and `after` stand inside the article around its body."""
    inner = "".join(f"<p>{text}</p>" for text in PARAGRAPHS) if body is None else body
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title} | {site}</title>'
        f'<meta property="og:site_name" content="{site}"><meta property="og:title" content="{title}">{head}</head><body>'
        '<nav><ul><li><a href="/">Start</a></li><li><a href="/politik">Politik</a></li><li><a href="/sport">Sport</a></li></ul></nav>'
        f'<main><article><header><h1>{title}</h1>{lead}</header>{before}<div class="article-body">{inner}</div>{after}</article></main>'
        "<footer><p>Impressum Datenschutz AGB</p></footer></body></html>"
    )


def jsonld(**fields: Any) -> str:
    """A JSON-LD block of a news article with these fields."""
    node = {"@context": "https://schema.org", "@type": "NewsArticle", **fields}
    return f'<script type="application/ld+json">{json.dumps(node, ensure_ascii=False)}</script>'


def meta(name: str, content: str) -> str:
    """A `<meta property>` tag."""
    return f'<meta property="{name}" content="{content}">'


TRANSLATED = (
    "Am 4. März zitierte Sputnik den Sprecher der Fischereibehörde, Anders Lohmark, mit der Aussage, dass die Fangquote im Nordmeer in "
    "diesem Jahr nicht erhöht werde.",
    "„Die Bestände erholen sich langsam, und wir wollen ihnen diese Zeit lassen“, fügte Lohmark auf einer Pressekonferenz in der "
    "Hafenstadt Kjellvik hinzu.",
    "Zuvor hatten mehrere Reedereien eine Erhöhung um zwölf Prozent gefordert und mit dem Verlust von Arbeitsplätzen an der Küste gedroht.",
    "Die Behörde will ihre Entscheidung im Herbst noch einmal prüfen, sobald die Zählungen der Forschungsschiffe vorliegen und "
    "ausgewertet sind.",
)


def translated_copy(*, picture: str = "figure", lang: str = "vi", dated: bool = True) -> str:
    """A machine-translated copy in the template of a foreign portal: wrong `lang`, captions in either old form, a
    placeholder, the original's address, empty comment boxes and lists of other headlines.
    """
    caption = "Fischkutter im Hafen von Kjellvik. (Foto: Sputnik)"
    pictures = {
        "figure": f'<figure><img src="/k.jpg"><figcaption>{caption}</figcaption></figure>',
        "table": f'<table class="picture"><tr><td><img src="/k.jpg"></td></tr><tr><td class="caption">{caption}</td></tr></table>',
    }
    date = meta("article:published_time", "2025-03-04T09:20:00+07:00") if dated else ""
    paragraphs = "".join(f"<p>{text}</p>" for text in TRANSLATED[:2])
    rest = "".join(f"<p>{text}</p>" for text in TRANSLATED[2:])
    others = "".join(
        f'<div class="item"><a href="/de/{n}"><img src="/{n}.jpg"><span>{headline}</span></a></div>'
        for n, headline in enumerate(
            ("Neue Fähre verbindet zwei Inseln", "Ein Museum für alte Netze", "Der Leuchtturm wird renoviert")
        )
    )
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>Behörde erhöht die Fangquote nicht</title>'
        f'<link rel="canonical" href="https://portal.example/de/fangquote-nordmeer">'
        f"{meta('og:title', 'Behörde erhöht die Fangquote nicht')}{meta('og:site_name', 'Küstenportal')}{date}</head><body>"
        '<header><a href="/"><img alt="Logo"></a><p>Unabhängigkeit und Fortschritt</p></header>'
        '<ul class="menu"><li><a href="/de/erbe">Erbe</a></li><li><a href="/de/figur">Figur</a></li></ul>'
        "<h1>Behörde erhöht die Fangquote nicht</h1>"
        '<div class="author-info"><img alt="Küstenblatt"><span>Küstenblatt</span><span>04/03/2025</span></div>'
        f'<div class="post-content">{paragraphs}{pictures[picture]}{rest}'
        '<p style="text-align:right"><strong>Minh Hoa (Quelle: Sputnik)</strong></p><p>[Anzeige_2]</p>'
        '<p><a href="https://kuestenblatt.example/tin/han-ngach-12345.html">Quelle: https://kuestenblatt.example/tin/han-ngach-12345.html</a></p></div>'
        '<div class="comments"><h3>Kommentar (0)</h3><form><textarea></textarea></form><p>No data</p><p>No data</p></div>'
        f'<div class="same"><h3>Gleiches Thema</h3><h3>Gleiche Kategorie</h3>{others}</div>'
        "<footer><p>Ministerium - Zweigstelle</p></footer></body></html>"
    )


REPORT = (
    "Die Präsidenten von Norvanien und Tarkovien haben sich am Dienstag auf weitere Gespräche über die gemeinsame Grenze geeinigt, "
    "teilte das Präsidialamt in Brisk mit.",
    "Beide Seiten wollten die Arbeitsgruppen noch vor dem Sommer zusammenrufen, hieß es in der Erklärung. Über den Ort werde noch "
    "gesprochen.",
    "In dem zweistündigen Gespräch sei es auch um die Fischerei im Grenzfluss Selva gegangen, sagte ein Sprecher. Streit gebe es "
    "weiterhin über die Inseln.",
    "Beobachter werteten das Treffen als Zeichen der Entspannung nach Monaten, in denen beide Länder Botschafter abgezogen hatten.",
)


def magazine_copy() -> str:
    """A reprint in a magazine template: share bars, an empty time that a script fills, a sign-up sentence inside the article,
    an advertisement between paragraphs and a disclaimer below.
    """
    paragraphs = [f"<p>{text}</p>" for text in REPORT]
    return (
        '<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>Weitere Gespräche vereinbart - Grenzland Reporter</title>'
        f"{meta('og:title', 'Weitere Gespräche vereinbart')}{meta('og:site_name', 'Grenzland Reporter')}"
        '<link rel="canonical" href="https://grenzland.example/de/2025/05/weitere-gespraeche/"></head><body>'
        '<div class="top-bar"><span>Vernetzen Sie sich mit uns</span></div><h3><a href="/de/tarkovien">Tarkovien</a></h3>'
        '<h1>Weitere Gespräche vereinbart</h1><div class="share">SHARE:</div><p>Veröffentlicht <time></time> on</p>'
        '<div class="article-body"><p>Wir verwenden Ihre Anmeldung, um Inhalte auf eine Weise bereitzustellen, der Sie zugestimmt haben, und '
        "um unser Verständnis von Ihnen zu verbessern. Sie können sich jederzeit abmelden.</p>"
        f'{paragraphs[0]}{paragraphs[1]}<div class="ad">Werbung</div>{paragraphs[2]}{paragraphs[3]}'
        '<div class="share-bottom">Teile diesen Artikel:</div><p>Grenzland Reporter veröffentlicht Artikel aus verschiedenen externen Quellen, '
        "die ein breites Spektrum von Standpunkten ausdrücken. Die darin vertretenen Positionen müssen nicht der Meinung der Redaktion "
        "entsprechen.</p></div>"
        '<aside><h4>Trending</h4><ul><li><a href="/1">Eins</a></li><li><a href="/2">Zwei</a></li></ul></aside></body></html>'
    )


def content_farm_copy() -> str:
    """A content farm's copy: a caption, cut links, a link to the original and a syndication mark at the end."""
    paragraphs = "".join(f"<p>{text}</p>" for text in REPORT)
    return (
        '<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>Grenzgespräche gehen weiter</title></head><body>'
        "<h1>Grenzgespräche gehen weiter</h1>"
        '<div class="entry-content"><figure><img src="a.jpg"><figcaption>Ein Grenzturm an der Selva. Lena Hofer/Getty Images</figcaption></figure>'
        f'{paragraphs}<p><a href="https://magazin.example/grenze-2025">Lesen Sie den Originalartikel auf Magazin am Morgen</a></p>'
        "<p>source site-19</p></div></body></html>"
    )
