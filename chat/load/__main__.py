"""`python -m chat.load`: reads a Load as JSON, carries it out, writes the Report as JSON."""

import asyncio
import sys

import msgspec

from chat.load.crowd import Crowd, Load, Report


async def carry_out(load: Load) -> Report:
    """Return what the crowd saw."""
    return await Crowd(load).run()


if __name__ == "__main__":
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(carry_out(order))))
