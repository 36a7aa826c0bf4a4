"""URLs as identities: comparison keys, fetchable forms without trackers, and the site a URL belongs to.

Standard library only, so that fetcher, extractor and deduplicator agree on every key. No network, no redirects, and no
parameter is dropped unless a rule below names it: `?id=`, `?p=` or `?idx=` is all that tells two articles of many
content systems apart.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from copytaster.text.wordlists import words


class BadUrl(ValueError):
    """No web address; the item that carries it is dropped with `code`."""

    code: Final = "bad_url"


MAX_URL_CHARS: Final = 2_000
"""Longer addresses are refused: no browser-made news link comes near it (sitemaps.org allows 2,048)."""

_TRACKER_NAMES: Final = words(
    """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh li_fat_id mkt_tok mc_cid mc_eid
    oly_anon_id oly_enc_id vero_id vero_conv _hsenc _hsmi __hstc __hssc __hsfp hsctatracking wickedid wt_zmc wt_mc xtor
    at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4 at_link_id at_link_origin at_link_type at_ptr_name
    at_format ns_mchannel ns_source ns_campaign ns_linkname ns_fee cmpid ocid srcref smid smtyp soc_src soc_trk ftag
    s_cid ncid spm scm sr_share guccounter guce_referrer guce_referrer_sig echobox fb_action_ids fb_action_types fb_ref
    fb_source __twitter_impression rss_origin traffic_source dicbo tblci obOrigUrl _ga _gl _openstat wprov awesm
    ref_src ref_url sfnsn mibextid __s trk trkcampaign sc_cid s_kwcid ef_id
    wtrid maca gepc ito icid dgcid emc taid srnd leadsource xtref sref phpsessid __tn__ gaa_at gaa_n gaa_ts gaa_sig
    rssfeed fromrss is_rss
    """.lower()
)
_TRACKER_PREFIX: Final = re.compile(
    r"^(?:(?:utm|mtm|pk|piwik|matomo|itm|hsa|oly|stm|uta|at_recipient|_x_tr)_|wt\.)", re.IGNORECASE
)
_PASSING_REFS: Final = words(
    "rss feed feeds rssfeed atom twitter facebook fb newsletter email mail social share home homepage google news app"
)
_REF_NAMES: Final = frozenset({"ref", "referrer", "referer", "cmp"})
_CHANNELS: Final = words("rss feed feeds rssfeed atom twitter facebook newsletter")
_CHANNEL_NAMES: Final = words("from src source via feature share partner mod feed origin cid channel link_id")
"""Names that mean the article on some sites: a tracker only where the value is a channel that no article is called."""

_SESSION: Final = re.compile(r";jsessionid=[^/?#;]*", re.IGNORECASE)

_AMP_PARAMETER: Final = re.compile(
    r"^(?:amp(?:=(?:1|true|)|$)|outputType=amp$|output=amp$|view=amp$)", re.IGNORECASE
)
_AMP_TAIL: Final = re.compile(
    r"(?:/amp(?:\.html?)?|\.amp(?=\.html?$)|\.amp)/?$|\.amp(?=\.html?$)", re.IGNORECASE
)
_MOBILE_HOST: Final = re.compile(r"^(?:www\d?|m|mobile|mobil|amp|touch)\.(?=[^.]+\.[^.]+)")
_SLASHES: Final = re.compile(r"/{2,}")
_BLANKS: Final = re.compile(r"[\x00-\x20\x7f]+")
_PLAIN: Final = re.compile(r"[A-Za-z0-9\-._~/:=&?!$'()*+,;@\[\]|#]*")
"""Nothing to unescape or to escape: so are nine of ten paths of news."""

_HOST_LABELS: Final = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*\.?$")
_UNRESERVED: Final = re.compile(r"%([0-9A-Fa-f]{2})")

_SECOND_LEVEL: Final = words("""
    co com org net gov gob gouv go gv govt or ne ac edu ed ad mil gen nom web info press biz in firm sch school lg res
    ltd plc me nhs police asn id name pro med tv art rec arts alt law tm asso prd presse sc mod museum jus leg kiev lviv
    odessa kharkov msk spb nic idf muni k12
    """)
"""Labels that registries of two-letter countries hand out below the country, as `co` in co.uk (Public Suffix List,
ICANN section, the labels that news outlets use)."""

_SHARED_HOSTS: Final = words("""
    blogspot.com wordpress.com github.io gitlab.io netlify.app vercel.app pages.dev web.app substack.com medium.com
    livejournal.com tumblr.com weebly.com wixsite.com ghost.io herokuapp.com narod.ru ucoz.ru at.ua jimdofree.com
    """)
"""Registrable domains below which every name is a publisher of its own (Public Suffix List, private section)."""


def url_key(url: str) -> str:
    """The form under which two addresses of one page compare equal, e.g. `outlet.example/news/a?id=7`.

    Scheme, `www.`/`m.`/`amp.`, default port, AMP markers, trackers, sessions, fragment, dots, double and trailing slashes
    are folded away; remaining parameters are kept, sorted by name. Raises `BadUrl` for what is no web address.
    """
    parts = _split(url)
    host = _MOBILE_HOST.sub("", _host(parts))
    port = _port(parts)
    path = _AMP_TAIL.sub("", _tidy_escapes(parts.path))
    path = _SESSION.sub("", path) if ";" in path else path
    path = _without_dots(path) if "/." in path else path
    path = _SLASHES.sub("/", path) if "//" in path else path
    path = path if path.startswith("/") or not path else f"/{path}"
    query = [
        p for p in parts.query.split("&") if p and not _is_tracker(p, host) and not _AMP_PARAMETER.match(p)
    ]
    spaced = (_tidy_escapes(p.replace("+", "%20")) for p in query)  # a form writes a space as a plus
    tail = "&".join(sorted(spaced, key=lambda p: p.partition("=")[0]))
    return f"{_bracketed(host)}{port}{path.rstrip('/')}" + (f"?{tail}" if tail else "")


def fetch_url(url: str) -> str:
    """The address to fetch: as given, without tracking parameters. Raises `BadUrl`."""
    parts = _split(url)
    host = _host(parts)
    kept = [p for p in parts.query.split("&") if not _is_tracker(p, host)]
    fragment = parts.fragment if not _is_tracker(parts.fragment, host) else ""
    return urlunsplit(parts._replace(query="&".join(kept), fragment=fragment))


def host_of(url: str) -> str:
    """Lower-case ASCII host with its port where it is not the scheme's own. Raises `BadUrl`."""
    parts = _split(url)
    return f"{_bracketed(_host(parts))}{_port(parts)}"


def site_of(url: str) -> str:
    """The registrable domain, `bbc.co.uk` for `https://news.bbc.co.uk/…`; what is one outlet's, as far as a URL tells.

    An IP address or a single label keeps its port, for several outlets may live there; the reserved names (`.example`,
    `.test`, `.localhost`, `.internal`) are whole hosts. Raises `BadUrl`.
    """
    parts = _split(url)
    host = _host(parts)
    labels = host.split(".")
    if _is_address(host) or len(labels) < 2:
        return f"{_bracketed(host)}{_port(parts)}"
    if labels[-1] in {"example", "test", "localhost", "internal"}:
        return host.removeprefix("www.")
    if ".".join(labels[-2:]) in _SHARED_HOSTS:
        return ".".join(labels[-3:])
    two_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:] if two_level else labels[-2:])


def _split(url: str) -> SplitResult:
    cleaned = _BLANKS.sub("", url.replace("&amp;", "&").strip())
    if len(cleaned) > MAX_URL_CHARS:
        raise BadUrl(f"longer than {MAX_URL_CHARS} characters: {cleaned[:80]}…")
    if cleaned.startswith("//"):
        cleaned = f"https:{cleaned}"
    try:
        parts = urlsplit(cleaned)
        _ = parts.port
    except ValueError as error:
        raise BadUrl(f"{cleaned[:120]}: {error}") from None
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise BadUrl(f"not an http(s) address: {cleaned[:120] or 'empty'}")
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if _is_address(host):
        return host
    try:
        ascii_host = host.encode("ascii").decode() if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise BadUrl(f"host cannot be written in ASCII: {host[:80]}") from None
    if not _HOST_LABELS.match(ascii_host):
        raise BadUrl(f"not a host name: {host[:80]}")
    return ascii_host


def _port(parts: SplitResult) -> str:
    default = {"http": 80, "https": 443}[parts.scheme.lower()]
    port = parts.port
    return "" if port in (None, default) else f":{port}"


def _is_address(host: str) -> bool:
    if ":" not in host and not host[-1:].isdigit():
        return False  # every form of an IPv4 address ends in a digit
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_tracker(pair: str, host: str) -> bool:
    name, _, value = pair.partition("=")
    name = name.lower()
    if name in _TRACKER_NAMES or _TRACKER_PREFIX.match(name):
        return True
    if name in _CHANNEL_NAMES:
        return value.lower() in _CHANNELS
    if name not in _REF_NAMES:
        return False
    # `ref=` is an article's parameter on some sites; it is a tracker when it names a channel or the site itself.
    value = unquote(value).lower()
    return value in _PASSING_REFS or value.removeprefix("www.") == host.removeprefix("www.")


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4: `.` and `..` between slashes resolved."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[max(len(kept) - 1, 1) :]
        elif part != ".":
            kept.append(part)
    return "/".join(kept)


def _tidy_escapes(text: str) -> str:
    """RFC 3986 section 6.2.2: escapes of unreserved characters decoded, hexadecimal digits in upper case."""

    def one(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char.isascii() and (char.isalnum() or char in "-._~") else match[0].upper()

    if _PLAIN.fullmatch(text):
        return text
    return quote(_UNRESERVED.sub(one, text), safe="%/:=&?~!$'()*+,;@-._[]|#")
