"""`python -m tests.chaos.pressroom --points 100`: serve until killed; prints the port as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json

from .server import Pressroom, open_pressroom


async def _serve(options: argparse.Namespace) -> None:
    pressroom = Pressroom(options.points, options.release_seconds)
    _, port = await open_pressroom(pressroom, bind=options.bind, port=options.port)
    print(json.dumps({"port": port}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, required=True)
    parser.add_argument("--release-seconds", type=float, default=0.0)
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(parser.parse_args()))
