"""Entries that a running desk wrote, against the committed descriptions; and an entry from the future among them."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
import yaml
from redis.asyncio import Redis

from copytaster.newsroom.catalogue import load_catalogue
from copytaster_schemas import EVENT_TYPES, EntryDied, parse_event
from tests.contract.formats import strict_validator
from tests.stack.deduplicator.desk import KEYS, Desk, story_of
from tests.support import ROOT

DOCUMENT: Final[dict[str, Any]] = yaml.safe_load(
    (ROOT / "schemas" / "asyncapi.yaml").read_text(encoding="utf-8")
)
HEADERS: Final = DOCUMENT["components"]["messageTraits"]["entry"]["headers"]


def check(stream: str, fields: dict[bytes, bytes]) -> str:
    """The type of an entry that fits the descriptions of its stream; fails the test for any other."""
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    data, name = json.loads(texts.pop("data")), texts["ce_type"]
    assert name in DOCUMENT["channels"][stream]["messages"]
    strict_validator(HEADERS).validate(texts)
    assert texts.keys() <= HEADERS["properties"].keys()
    payload = DOCUMENT["components"]["messages"][name]["payload"]["$ref"]
    strict_validator(json.loads((ROOT / "schemas" / payload).read_text(encoding="utf-8"))).validate(data)
    model = EVENT_TYPES[name].model
    assert model.model_validate(data).to_dict() == data, "the writer left out or added something"
    return name


@pytest.mark.timeout(240)
async def test_everything_that_a_desk_writes_is_as_the_descriptions_say(redis_client: Redis) -> None:
    """All stories, comparisons and cluster changes of the newsroom: fields, channel, schema."""
    desk = Desk(redis_client)
    stories = [story_of(article) for article in load_catalogue().articles.values()]
    await desk.publish(stories)
    await desk.pump()

    found = {}
    for stream in ("stories", "links", "clusters"):
        entries = await redis_client.xrange(KEYS.stream(stream))
        found[stream] = {check(stream, fields) for _, fields in entries}
        assert len(entries) >= len(stories) // 2  # a change of a cluster may speak of several stories

    assert found == {
        "stories": {"copytaster.story.published.v1"},
        "links": {"copytaster.story.compared.v1"},
        "clusters": {"copytaster.cluster.changed.v1"},
    }


async def test_a_service_puts_an_event_from_the_future_aside_and_goes_on(redis_client: Redis) -> None:
    """A later major version goes to `dead` once, whole and with the reason; fields of a later minor one do no harm."""
    first, second, third = [story_of(article) for article in load_catalogue().articles.values()][:3]
    desk = Desk(redis_client)
    await desk.publish([first, second, third])
    entries = await redis_client.xrange(KEYS.stream("stories"))
    await redis_client.xtrim(KEYS.stream("stories"), maxlen=0)
    future = {**entries[0][1], b"ce_type": b"copytaster.story.published.v2", b"ce_specialwish": b"x"}
    minor = {**entries[1][1], b"ce_fromtomorrow": b"x"}
    minor[b"data"] = json.dumps({**json.loads(minor[b"data"]), "mood": {"calm": 1}}).encode()
    for fields in (future, minor, entries[2][1]):
        await redis_client.xadd(KEYS.stream("stories"), fields)

    await desk.pump()

    [(_, dead)] = await redis_client.xrange(KEYS.stream("dead"))
    check("dead", dead)
    death = parse_event(dead)[1]
    assert isinstance(death, EntryDied)
    assert death.code == "undecodable"
    assert "this reader knows copytaster.story.published.v1; update copytaster-schemas" in death.error
    assert death.fields["ce_type"] == "copytaster.story.published.v2"
    assert death.fields["ce_specialwish"] == "x"
    assert {said.story.uri for said in await desk.comparisons()} == {second.uri, third.uri}
