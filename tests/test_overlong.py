"""An answer that has no end is ended: what was said is kept, paid for, and it is told why there is no more."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from chat.providers import limits
from tests.harness.site import Site
from tests.harness.stream import events, one, text_of
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o"
PIECE = "So it goes on and on. " * 2000
CALL = {"index": 0, "id": "call", "name": "look", "arguments": ""}
FLOODS: dict[str, dict[str, Any]] = {
    "text": {"text": [PIECE] * 70},
    "thoughts": {"reasoning": [PIECE] * 120, "text": ["never"]},
    "arguments": {"text": ["First. "], "tool_calls": [CALL, *[{"index": 0, "arguments": PIECE}] * 40]},
    "calls": {"text": ["First. "], "tool_calls": [{**CALL, "index": n, "id": f"call {n}"} for n in range(400)]},
}
WHAT = {
    "text": "characters",
    "thoughts": "characters of thought",
    "arguments": "characters of tool calls",
    "calls": "tool calls",
}
ROW = """
for row in UsageRecord.objects.filter(conversation_id={name!r}):
    print(row.source, row.completion_tokens, row.cost, row.error_type)
"""


@pytest.fixture(scope="module")
def site(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that asks again and goes on, where that is of use."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-test-0123456789"}
    with Site(tmp_path_factory.mktemp("overlong"), environment) as running:
        running.until_listed(MODEL)
        yield running
        assert not [line for line in running.output if "Traceback" in line]


@pytest.mark.parametrize("flood", FLOODS)
def test_an_answer_without_end_is_kept_billed_and_told(flood: str, site: Site, upstream: Upstream) -> None:
    question = f"go on for ever with {flood}"
    upstream.script_prompt(question, **FLOODS[flood])
    with site.client("alice") as alice:
        received = events(alice, message=question, model=MODEL)
        name = one(received, "start")["conversation_id"]
        kept = alice.get(f"/api/conversations/{name}").json()["messages"][-1]
    error = one(received, "error")
    assert (error["error_type"], error["retryable"]) == ("api_error", False), error
    assert "too long" in error["message"]
    assert WHAT[flood] in error["message"]

    assert (kept["status"], kept["content"]) == ("interrupted", text_of(received))
    size = {
        "text": len(kept["content"]),
        "thoughts": len(kept["reasoning"]),
        "arguments": sum(len(call["arguments"]) for call in kept["tool_calls"]),
        "calls": len(kept["tool_calls"]),
    }
    most = {
        "text": limits.TEXT_CHARS,
        "thoughts": limits.THOUGHT_CHARS,
        "arguments": limits.CALL_CHARS,
        "calls": limits.CALLS,
    }
    least = limits.CALLS if flood == "calls" else most[flood] - len(PIECE)
    assert least <= size[flood] <= most[flood] + limits.UNMEASURED_BYTES

    # It was asked for once, and is on the bill though nobody counted it.
    assert len([asked for asked in upstream.log() if question in str(asked)]) == 1
    source, tokens, cost, problem = site.shell(ROW.format(name=name)).split()
    assert (source, problem) == ("estimated", "api_error")
    assert int(tokens) > 100
    assert Decimal(cost) > 0
