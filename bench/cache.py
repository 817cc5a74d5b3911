"""What a conversation costs with and without the provider's cache of prompts, by the ledger, over HTTP.

Run: python bench/cache.py. The provider is the scripted upstream, which caches as Anthropic's documentation says
(prefixes of whole messages from 1,024 tokens on, for five minutes or an hour from when they were last read), at the
prices of Claude Sonnet 4: 3 USD per million tokens in, 3.75 written for five minutes, 6 for an hour, 0.30 read, 15 out.
"""

import sys
import tempfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.harness.site import Site
from tests.harness.stream import events, one
from tests.harness.upstream.process import Upstream

MODEL: Final = "claude-sonnet-4-20250514"
TURNS: Final = 40
# In tokens, which are words here: what a person types, and what a model answers.
SYSTEM, QUESTION, ANSWER = 300, 60, 400


class Case(NamedTuple):
    """How a provider is set in the admin, and how long what it keeps lives: 0 is a pause before each question."""

    name: str
    caching: str
    seconds: float


CASES: Final = (
    Case("off", "off", 300),
    Case("on", "on", 300),
    Case("on, and a pause of over five minutes before each question", "on", 0),
    Case("on, kept for an hour", "hour", 300),
)


def conversation(site: Site, upstream: Upstream, case: Case, turns: int) -> dict[str, Any]:
    """Hold a conversation. Returns what it has used and cost, as its page tells."""
    upstream.script(MODEL, tokens=ANSWER, cache_seconds=case.seconds)
    site.shell(f"Provider.objects.filter(kind='anthropic').update(prompt_caching={case.caching!r})")
    more: dict[str, Any] = {"system_prompt": f"{case.name} " + "rule " * SYSTEM, "model": MODEL}
    with closing(site.session("alice")) as client:
        for number in range(turns):
            received = events(client, message=f"{number} " + "word " * (QUESTION - 1), **more)
            more = {"conversation_id": one(received, "start")["conversation_id"]}
        told: dict[str, Any] = client.get(f"/api/conversations/{more['conversation_id']}").json()
    return told


def main() -> None:
    with Upstream() as upstream, tempfile.TemporaryDirectory(prefix="chatsite-bench-") as directory:
        upstream.script(MODEL)
        environment = {"ANTHROPIC_BASE_URL": upstream.anthropic_url, "ANTHROPIC_API_KEY": "sk-ant-0123456789"}
        with Site(Path(directory), environment) as site:
            site.until_listed(MODEL)
            print(f"| {TURNS} turns, prompt cache | read | written | cost, USD | of the first |")
            print("|---|---|---|---|---|")
            before = Decimal(0)
            for case in CASES:
                told = conversation(site, upstream, case, TURNS)
                costs = [Decimal(str(message["cost"])) for message in told["messages"] if message["usage"]]
                counts = counted(site, told["id"])
                cost = sum(costs, Decimal(0))
                before = before or cost
                print(f"| {case.name} | {counts[0]:,} | {counts[1]:,} | {cost:.4f} | {cost / before:.0%} |")


def counted(site: Site, conversation_id: str) -> tuple[int, int]:
    """Return the tokens read from the cache and written to it, from the ledger."""
    rows = f"UsageRecord.objects.filter(conversation_id={conversation_id!r})"
    said = site.shell(
        f"print(*(sum(getattr(row, name) or 0 for row in {rows}) for name in ('cached_tokens', 'cache_write_tokens')))"
    )
    read, written = map(int, said.split())
    return read, written


if __name__ == "__main__":
    main()
