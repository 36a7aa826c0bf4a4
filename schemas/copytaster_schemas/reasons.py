"""The registries of the open vocabularies: codes that a reader may meet, each with its meaning and fallback.

The fields stay plain strings on the wire: a newer writer may use a value that this registry does not hold yet. A
reader treats an unknown relation as `related` (not merging), an unknown `op` as `updated`, an unknown role as
`quoted`, and shows an unknown code as it is.
"""

from __future__ import annotations

from typing import Final

RELATIONS: Final = {
    "exact_copy": "the same text",
    "near_copy": "the same text with small edits",
    "excerpt_of": "a part of the other text",
    "rewrite_of": "the other text in other words",
    "translation_of": "the other text in another language",
    "common_source": "both derive from a third text, seen or not",
    "same_news": "an own report of the same news point",
    "compiled_from": "a round-up that uses the other text",
    "related": "same cast or event, another news point; never merges",
    "unrelated": "no link; counted, not emitted",
    "abstain": "not sure enough; counted, not emitted",
}

OPS: Final = {
    "created": "a cluster came to be",
    "joined": "stories came in",
    "left": "stories went out",
    "updated": "members stayed, something about them changed",
    "merged": "two clusters became one: an event for the survivor and one for the loser",
    "split": "a part went into a cluster of its own",
    "closed": "the window passed without a new member",
    "reopened": "a late story came into a closed cluster",
}

ROLES: Final = {
    "originator": "the text is this agency's",
    "distributor": "passed the text on",
    "quoted": "named as a source inside the text",
    "photo": "the picture is theirs; says nothing of the text",
    "translator_of": "the text was translated from theirs",
    "cited_url": "an address given as the source",
}

DROP_CODES: Final = {
    "aggregator_link": "the link belongs to an aggregator, and the outlet's address cannot be read from it",
    "bad_url": "the item has no http or https address, and the feed does not give its text",
    "body_too_large": "more bytes than the limit, on the wire or inflated",
    "challenge_wall": "a challenge page stood before the article",
    "client_error": "the server refused with a 4xx status",
    "connect_failed": "no connection after all tries",
    "consent_wall": "a consent page stood before the article",
    "dns_failed": "the host name did not resolve after all tries",
    "duplicate": "the same article came through another feed",
    "empty_body": "no bytes came",
    "error_page": "the page says that something went wrong",
    "extraction_crashed": "the page took its worker process down",
    "extraction_timeout": "the page took longer than the limit",
    "forbidden_address": "the host resolves to an address that may not be asked",
    "given_up": "its entry could not be processed, and an operator let it go",
    "gone": "404 or 410",
    "list_page": "a list of headlines, no article",
    "login_wall": "a login stood before the article",
    "no_article": "no article text was found",
    "not_html": "the body is no HTML page",
    "rate_limited": "the server said too many requests (429), after all tries",
    "redirect_loop": "too many redirects",
    "robots": "robots.txt disallows the address",
    "script_only": "the page needs a script to show its text",
    "server_error": "the server failed with a 5xx status after all tries",
    "superseded": "a newer fetch of the same article was processed first",
    "tls_failed": "no secure connection: the certificate or the handshake failed, after all tries",
    "timed_out": "no answer in time after all tries",
    "too_complex": "markup beyond the limits of a page",
    "too_short": "less text than a story has",
}

DEATH_CODES: Final = {
    "body_lost": "the text behind the story's reference is no longer there",
    "bug": "the service failed on it five times",
    "killed_workers": "its process ended or was lost twenty times while it was worked on",
    "page_lost": "the bytes of its page are no longer there",
    "undecodable": "it is no event, or not one of this version",
    "unexpected_type": "an event of this type does not belong on this stream",
    "unknown_decision": "no decision of this name is known in this version",
}

FEED_CHANGES: Final = {
    "added": "the feed is polled from now on",
    "changed": "its settings changed",
    "paused": "its file no longer names it, or an operator paused it",
    "resumed": "polled again",
    "removed": "an operator took it out of the list",
    "failing": "it has failed several times in a row",
    "recovered": "it answers again",
    "redirected": "it moved for good",
    "dormant": "asked once a week only",
    "gone": "the server says it is gone",
    "blocked": "a wall against robots keeps us out",
    "merged": "its address leads to another feed of the list; that one is polled",
    "validator_lied": "its ETag or Last-Modified hid items, and is not sent for 30 days",
    "items_renamed": "its guids do not last; its items are named by their addresses, or by title and day, from now on",
    "overflow": "items may have slipped through between two polls",
}
