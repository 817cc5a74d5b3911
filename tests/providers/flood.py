"""Asks providers, each time in a process of its own, and tells what that took of its memory.

    python -m tests.providers.flood

Each line of the input is FORMAT ADDRESS QUESTION: openai or anthropic, and `answer`, `models` or `bill`. Each line of
the output is one JSON object. A process is a copy of this one, which has imported everything and asked for nothing:
that takes a second, and is done once. It asks first for something small, so that what is loaded for any question does
not count. `grew` is in bytes, of the largest resident set that the process ever had.
"""

import asyncio
import json
import os
import resource
import sys
from datetime import date
from typing import Any

from chat.errors import ChatError
from chat.events import Finished, ReasoningDelta, TextDelta, ToolCallDelta, Upstream
from chat.providers import bill
from chat.providers.anthropic import provider as anthropic
from chat.providers.base import CompletionRequest, Endpoint, Turn
from chat.providers.openai import provider as openai

CONNECT = {"openai": openai.connect, "anthropic": anthropic.connect}
# The longest that one test may take; what is endless takes longer.
SECONDS = 60.0


async def told(kind: str, address: str, question: str) -> dict[str, Any]:
    """Return what came: numbers of characters and calls, the error's code and words, how it ended."""
    found: dict[str, Any] = {"text": 0, "thought": 0, "calls": 0, "call_chars": 0, "error": "", "code": "", "end": ""}
    provider = CONNECT[kind](Endpoint(address, "sk-test-0123456789", SECONDS, SECONDS))
    calls: set[int] = set()

    def count(event: Upstream) -> None:
        match event:
            case TextDelta(content):
                found["text"] += len(content)
            case ReasoningDelta(content):
                found["thought"] += len(content)
            case ToolCallDelta(index, _, _, arguments):
                calls.add(index)
                found["call_chars"] += len(arguments)
            case Finished(reason):
                found["end"] = reason

    try:
        async with asyncio.timeout(SECONDS):
            if question == "models":
                found["models"] = len(await provider.models())
            elif question == "bill":
                await bill.bill(kind, address, "sk-admin-0123456789", date(2026, 1, 1), date(2026, 1, 31))
            else:
                await provider.stream(CompletionRequest("m", (Turn("user", "Why?"),)), count)
    except ChatError as error:
        found |= {"code": error.code, "error": error.message, "retryable": error.retryable}
    await provider.aclose()
    return found | {"calls": len(calls)}


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def answered(kind: str, address: str, question: str) -> dict[str, Any]:
    asyncio.run(told(kind, f"{address}/small", question))
    before = peak()
    found = asyncio.run(told(kind, f"{address}/flood", question))
    return found | {"grew": peak() - before}


def main() -> None:
    """Answer line by line; end, with an error, when a process does."""
    for line in sys.stdin:
        if pid := os.fork():
            if code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
                sys.exit(f"{line.strip()}: exit code {code}")
            continue
        print(json.dumps(answered(*line.split())), flush=True)  # noqa: T201 - that is its answer
        # Not the next line: that is the parent's.
        break


if __name__ == "__main__":
    main()
