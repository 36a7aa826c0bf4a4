from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytaster.text.urls import BadUrl, fetch_url, host_of, site_of, url_key

KEYS = {
    "scheme and www are folded": ("http://www.sennebote.example/a", "sennebote.example/a"),
    "a mobile host is folded": ("https://m.sennebote.example/a", "sennebote.example/a"),
    "a host that is only called m stays": ("https://m.example/a", "m.example/a"),
    "trackers go, other parameters stay": (
        "https://a.example/x?utm_source=f&id=7&fbclid=z",
        "a.example/x?id=7",
    ),
    "parameters are sorted by name": ("https://a.example/x?b=1&a=2", "a.example/x?a=2&b=1"),
    "a space in the query is one however it is written": ("https://a.example/x?q=a+b", "a.example/x?q=a%20b"),
    "a parameter without a value stays": ("https://a.example/x?print", "a.example/x?print"),
    "the fragment goes": ("https://a.example/x#comments", "a.example/x"),
    "an AMP path is folded": ("https://a.example/x/amp/", "a.example/x"),
    "an AMP extension is folded": ("https://a.example/x.amp.html", "a.example/x.html"),
    "an AMP parameter goes": ("https://a.example/x?amp=1", "a.example/x"),
    "a trailing slash goes": ("https://a.example/x/", "a.example/x"),
    "double slashes are one": ("https://a.example//x//y", "a.example/x/y"),
    "the default port goes": ("https://a.example:443/x", "a.example/x"),
    "another port stays": ("http://a.example:8000/x", "a.example:8000/x"),
    "upper case in the host is folded, in the path not": ("https://A.Example/Xy", "a.example/Xy"),
    "an international host becomes ASCII": ("https://brücke.example/x", "xn--brcke-lva.example/x"),
    "escapes are normalised": ("https://a.example/%7euser/%c3%bc", "a.example/~user/%C3%BC"),
    "an escaped HTML ampersand is one": ("https://a.example/x?a=1&amp;b=2", "a.example/x?a=1&b=2"),
    "ref that names a channel goes": ("https://a.example/x?ref=rss", "a.example/x"),
    "ref that may name an article stays": ("https://a.example/x?ref=1234", "a.example/x?ref=1234"),
    "dots in a path are resolved": ("https://a.example/x/../y/./z", "a.example/y/z"),
    "dots lead no higher than the host": ("https://a.example/../../y", "a.example/y"),
    "a session in the path goes": ("https://a.example/x;jsessionid=0AF?id=1", "a.example/x?id=1"),
    "no scheme is read as https": ("//a.example/x", "a.example/x"),
}


@pytest.mark.parametrize(("url", "key"), KEYS.values(), ids=KEYS.keys())
def test_addresses_of_one_page_have_one_key(url: str, key: str) -> None:
    """The key drops what does not tell pages apart and keeps everything else."""
    assert url_key(url) == key


PUBLISHERS = [
    "wtrid=rss",
    "maca=de-rss-all-1",
    "GEPC=rss",
    "PHPSESSID=ab12",
    "feature=rss",
    "at_medium=RSS",
    "at_campaign=KARANGA",
    "xtor=RSS-1",
    "CMP=rss",
    "ref=rss",
    "from=rss",
    "src=rss",
    "source=rss",
    "cid=rss",
    "traffic_source=RSS",
    "ns_campaign=rss",
    "rssfeed=1",
    "feed=rss",
    "partner=rss",
    "emc=rss",
    "utm_content=x",
    "smid=tw",
    "ito=1490",
    "ICID=rss",
    "mod=rss",
    "wt_mc=rss",
    "wt.mc=rss",
    "link_id=rss",
    "WT.rss_f=x",
    "fromrss=1",
    "via=rss",
    "ocid=rss",
    "cmpid=BBD",
    "sref=rss",
    "xtref=x",
    "gaa_at=x",
    "taid=60",
    "share=twitter",
    "amp",
    "amp=1",
    "output=amp",
    "outputType=amp",
    "igshid=x",
    "_x_tr_sl=ru",
    "srnd=rss",
    "leadSource=rss",
    "is_rss=true",
    "dgcid=x",
    "mc_cid=1",
    "_hsmi=2",
    "__tn__=R",
    "fbclid=1",
    "yclid=2",
    "gclid=3",
    "ysclid=4",
    "_openstat=x",
    "pk_campaign=x",
    "mtm_source=x",
    "wt_zmc=x",
    "spm=1",
    "utm_source=rss",
    "echobox=1",
    "ref_src=twsrc",
]


@pytest.mark.parametrize("tracker", PUBLISHERS)
def test_what_publishers_and_readers_add_to_a_link_says_nothing_of_the_page(tracker: str) -> None:
    """Alone, and beside the parameter that names the article."""
    assert url_key(f"https://a.example/x?{tracker}") == "a.example/x"
    assert url_key(f"https://a.example/x?id=7&{tracker}") == "a.example/x?id=7"


@pytest.mark.parametrize(
    "parameter",
    ["id=7", "p=1", "from=123", "source=dpa", "feature=interview", "mod=news", "cid=88", "s=9", "feed=12"],
)
def test_a_parameter_that_may_name_the_article_stays(parameter: str) -> None:
    """A wrongly folded address takes two articles for one."""
    assert url_key(f"https://a.example/x?{parameter}") == f"a.example/x?{parameter}"


SITES = {
    "a subdomain belongs to its site": ("https://news.sennebote.de/x", "sennebote.de"),
    "two-level suffixes count as one": ("https://www.herald.co.uk/x", "herald.co.uk"),
    "an Australian outlet": ("https://a.b.herald.com.au/x", "herald.com.au"),
    "com is no second level of a generic domain": ("https://www.com.com/x", "com.com"),
    "blogs on one host are different outlets": ("https://senne.wordpress.com/x", "senne.wordpress.com"),
    "hosts under .example stay apart, ports do not": ("http://news.a.example:8000/x", "news.a.example"),
    "ports of an address stay apart": ("http://127.0.0.1:8001/x", "127.0.0.1:8001"),
    "an IPv6 address": ("http://[::1]:8001/x", "[::1]:8001"),
}


@pytest.mark.parametrize(("url", "site"), SITES.values(), ids=SITES.keys())
def test_a_site_is_what_one_outlet_owns(url: str, site: str) -> None:
    """The registrable domain, and host with port where there is no registry."""
    assert site_of(url) == site


def test_fetching_takes_only_trackers_from_an_address() -> None:
    """Order, case and escapes of the rest are the server's business."""
    assert (
        fetch_url("HTTP://A.example/x%20y?b=2&utm_medium=x&a=%c3#f") == "http://A.example/x%20y?b=2&a=%c3#f"
    )


GARBAGE = [
    "",
    " ",
    "mailto:a@b.example",
    "ftp://a.example/x",
    "http://",
    "https://a|b/",
    "http://[::1",
    "javascript:void(0)",
    "/relative",
    "x" * 3000,
]


@pytest.mark.parametrize("url", GARBAGE, ids=[g[:20] or "empty" for g in GARBAGE])
@pytest.mark.parametrize("function", [url_key, fetch_url, site_of, host_of])
def test_what_is_no_web_address_is_refused(function: object, url: str) -> None:
    """Bad addresses raise the one error that carries the drop code."""
    with pytest.raises(BadUrl) as caught:
        function(url)  # type: ignore[operator]
    assert caught.value.code == "bad_url"


@given(st.text(max_size=200))
def test_no_text_breaks_the_functions(text: str) -> None:
    """Any text gives an address or BadUrl, never another error."""
    for function in (url_key, fetch_url, site_of):
        try:
            function(f"http://{text}")
        except BadUrl:
            continue


@given(
    st.sampled_from(["utm_source=x", "id=7", "p=3", "print", "page=2"]),
    st.sampled_from(["/a", "/a/b.html", ""]),
)
def test_a_key_is_its_own_key(query: str, path: str) -> None:
    """Keying a key again changes nothing, so that keys can be compared with addresses."""
    key = url_key(f"https://www.a.example{path}?{query}")

    assert url_key(f"https://{key}") == key
