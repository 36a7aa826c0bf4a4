"""The places for entries in hand: reads and claims share them, and never go beyond."""

from __future__ import annotations

import asyncio

from copytaster.streams.slots import Slots


async def settle() -> None:
    """Let every task that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_read_waits_until_half_the_places_are_free() -> None:
    """A full process reads nothing; at half it reads what there is room for."""
    slots = Slots(4)
    for name in "abcd":
        assert slots.take(name)
    reading = asyncio.create_task(slots.open_read(100))
    await settle()
    slots.give_back("a")
    await settle()
    waiting = not reading.done()
    slots.give_back("b")

    assert waiting
    assert await reading == 2


async def test_what_a_read_brings_counts_before_it_is_in_hand() -> None:
    """Between the answer and the taking there is no moment in which a claim could slip in."""
    slots = Slots(4)
    assert await slots.open_read(3) == 3
    slots.close_read(arrived=2)

    assert slots.room == 2
    slots.take("a")
    slots.take("b")
    assert await slots.open_read(100) == 2


async def test_a_reservation_keeps_new_reads_out_and_waits_for_its_places() -> None:
    """Claimed entries come in although the stream never runs dry."""
    slots, entered = Slots(4), asyncio.Event()
    for name in "abcd":
        slots.take(name)

    async def claim() -> None:
        async with slots.reserved(4):
            entered.set()
            await asyncio.sleep(0)

    claiming = asyncio.create_task(claim())
    await settle()
    reading = asyncio.create_task(slots.open_read(100))
    for name in "abc":
        slots.give_back(name)
        await settle()
    early = entered.is_set() or reading.done()
    slots.give_back("d")
    await claiming

    assert not early
    assert entered.is_set()
    assert await reading == 4


async def test_an_entry_is_taken_once() -> None:
    """A claim and a late read of the same entry begin it once."""
    slots = Slots(4)

    assert (slots.take("a"), slots.take("a")) == (True, False)
    assert "a" in slots
    slots.begin("a")
    slots.give_back("a")
    assert (len(slots), slots.begun) == (0, frozenset())
