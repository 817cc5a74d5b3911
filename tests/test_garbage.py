"""What a question leaves behind goes at once: the garbage collector comes by too seldom for texts and bodies."""

import asyncio
import gc
import json
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User

from chat import tasks
from chat.catalog.providers import ensure_providers
from chat.generation.control import running
from chat.models import ApiKey
from chat.providers import demo
from chatsite.application.handler import Handler

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = (
    *("ASGIRequest", "HttpResponse", "StreamingHttpResponse", "BytesIO"),
    *(
        "LiveGeneration",
        "GenerationLog",
        "CompletionRun",
        "AttemptReader",
        "CompletionRequest",
        "Message",
        "Conversation",
        "Generation",
    ),
)


@pytest.fixture
def key() -> str:
    ensure_providers()
    return ApiKey.issue(User.objects.create_user("grace"), "tests")[1]


async def ask(handler: Handler, path: str, key: str) -> bytes:
    """Ask the demo, and wait until nothing of it is under way any more. Returns all that was answered."""
    question = [json.dumps({"message": "Why?", "model": "demo"}).encode()]
    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {key}".encode())]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    said = []
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if question:
            return {"type": "http.request", "body": question.pop()}
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message.get("body", b""))
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            ended.set()

    await handler(scope, receive, send)  # type: ignore[arg-type]
    await running().finished()
    await tasks.drain()
    return b"".join(said)


def kept() -> Counter[str]:
    return Counter(type(each).__name__ for each in gc.get_objects() if type(each).__name__ in KEPT)


@pytest.mark.parametrize("path", ["/api/chat", "/api/chat/stream"])
async def test_nothing_of_a_question_waits_for_the_garbage_collector(
    path: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "WORDS_PER_SECOND", 10_000)
    counts: list[Any] = []
    handler = Handler()
    gc.collect()
    gc.disable()
    try:
        for _ in range(4):
            assert b"demo" in await ask(handler, path, key)
            counts.append(kept())
    finally:
        gc.enable()
    assert counts[1] == counts[-1], counts
