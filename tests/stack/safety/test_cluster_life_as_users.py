"""The whole life of clusters, decisions included, as the users that do it: nothing may be refused to them."""

from __future__ import annotations

from redis.asyncio import Redis

from copytaster.cli.deciding.making import Wish, decide, merge_of, undo
from tests.stack.deduplicator.desk import KEYS, Desk, make_story
from tests.stack.deduplicator.texts import COPY, HARBOUR, OTHER
from tests.stack.safety.guarded import ROOT_PASSWORD, Guarded


def client(guarded: Guarded, user: str) -> Redis:
    """An asyncio client that is `user`."""
    password = ROOT_PASSWORD if user == "root" else guarded.password(user)
    return Redis(host=guarded.host, port=guarded.port, username=user, password=password)


async def test_deduplicator_and_operator_may_do_all_that_a_clusters_life_needs(guarded: Guarded) -> None:
    """Joined, forbidden, merged, undone, withdrawn, closed, forgotten, buried."""
    guarded.forget()
    root, operator = client(guarded, "root"), client(guarded, "operator")
    worker = client(guarded, "deduplicator")
    desk, source = Desk(worker, "worker"), Desk(root, "source")
    fire, copy = (
        make_story("hafen", HARBOUR),
        make_story("brand", COPY, outlet="suedblatt.example", minutes=5),
    )
    sale = make_story("bahn", OTHER, outlet="kurier.example")
    await source.publish([fire, copy, sale])
    await desk.pump()
    forbidden = await decide(operator, KEYS, Wish("forbid", (fire.uri, copy.uri), "a test", "root"))
    await desk.pump()
    homes = {story: name for name, stories in (await source.clusters()).items() for story in stories}
    wish = await merge_of(operator, KEYS, [homes[copy.uri], homes[sale.uri]], reason="a test", actor="root")
    assert isinstance(wish, Wish)
    await decide(operator, KEYS, wish)
    await desk.pump()
    await undo(operator, KEYS, forbidden.decision, reason="a test", actor="root")
    await source.publish([sale.model_copy(update={"version": 2, "pub_status": "canceled"})])
    await desk.pump()
    for days in (15, 4, 91):
        await desk.let_pass(days)

    assert guarded.denied() == []
    assert {"closed", "left", "merged", "split"} <= {change.op for change in await source.changes()}
    assert await root.zcard(KEYS.key("clusters", "due")) == 0
    for one in (root, operator, worker):
        await one.aclose()
