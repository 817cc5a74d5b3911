"""What is stored, and what the upstream saw."""

from collections import Counter
from typing import Any

import msgspec

from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

DUMP = """
import json
from collections import defaultdict
rows = defaultdict(list)
for row in UsageRecord.objects.order_by("attempt"):
    rows[row.generation_id].append({"attempt": row.attempt, "tokens": row.prompt_tokens})
answers = Message.objects.filter(role="assistant", parent__content__startswith=LABEL)
print(json.dumps([
    {"question": a.parent.content, "id": str(a.pk), "status": a.status, "text": a.content, "reasoning": a.reasoning,
     "tool_calls": a.tool_calls, "attempts": rows[a.generation.pk]}
    for a in answers.select_related("parent", "generation")
]))
"""


class Row(msgspec.Struct, frozen=True):
    """A row of the ledger: which attempt, and how many tokens it sent, None if that is unknown."""

    attempt: int
    tokens: int | None


class Answer(msgspec.Struct, frozen=True):
    """An answer as the database has it, with its question and its usage rows."""

    question: str
    id: str
    status: str
    text: str
    reasoning: str
    tool_calls: list[dict[str, Any]]
    attempts: list[Row]


def answers(site: Site, label: str) -> dict[str, Answer]:
    """Return the answers to the questions that begin with `label`, by question."""
    found = msgspec.json.decode(site.shell(f"LABEL = {label!r}", DUMP), type=list[Answer])
    return {answer.question: answer for answer in found}


def requests(upstream: Upstream, label: str) -> Counter[str]:
    """Return how often the upstream was asked each question that begins with `label`."""
    first = (turn for record in upstream.log() for turn in record.body.get("messages", ())[:1])
    return Counter(turn["content"] for turn in first if turn["content"].startswith(label))
