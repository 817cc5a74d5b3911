"""A provider whose attempts are written down beforehand: real events, real errors, no network."""

import asyncio
from collections.abc import Callable

from chat.events import Finished, Status, TextDelta, Upstream, Usage
from chat.generation.attempt_reader import Keep, unkept
from chat.generation.completion_run import CompletionRun
from chat.generation.entry import Entry
from chat.generation.log import GenerationLog
from chat.generation.retry_policy import Policy
from chat.providers.base import CompletionRequest, ModelFacts, Sink, Turn, push, unheeded

HANG = object()
UNSENT = object()
REQUEST = CompletionRequest("model", (Turn("system", "Be brief."), Turn("user", "Why?")))
USAGE = Usage(prompt_tokens=3, completion_tokens=2)
DONE: tuple[Upstream, ...] = (USAGE, Finished("stop"))


class Scripted:
    """Each request gets the next attempt: a list of texts, events, errors to raise, HANG, and what makes events of it.

    It leaves before the first of them; where that is UNSENT, never.
    """

    def __init__(self, *attempts: list[object]) -> None:
        self._attempts = list(attempts)
        self.requests: list[CompletionRequest] = []
        self.closed = 0

    async def stream(self, request: CompletionRequest, sink: Sink, sent: Callable[[], None] = unheeded) -> None:
        self.requests.append(request)
        steps = self._attempts.pop(0)
        if UNSENT not in steps:
            sent()
        try:
            for step in steps:
                if step is UNSENT:
                    continue
                if step is HANG:
                    await asyncio.Event().wait()
                elif isinstance(step, Exception):
                    raise step
                elif isinstance(step, str):
                    await push((TextDelta(step),), sink)
                elif callable(step):
                    await push(step(request), sink)
                else:
                    await push((step,), sink)  # type: ignore[arg-type]
                await asyncio.sleep(0)
        finally:
            self.closed += 1

    async def models(self) -> list[ModelFacts]:
        return [ModelFacts("model")]

    async def aclose(self) -> None:
        pass


class Heard:
    """Runs a `CompletionRun` and keeps what it said."""

    def __init__(
        self,
        source: Scripted,
        *,
        retries: int = 3,
        continuations: int = 1,
        idle: float = 5,
        first: float = 5,
        keep: Keep = unkept,
    ) -> None:
        self.log = GenerationLog()
        policy = Policy(retries, continuations, idle, first)
        self.run = CompletionRun(source, REQUEST, policy, self.log, keep=keep)

    @property
    def said(self) -> list[Entry]:
        return self.log._entries

    @property
    def text(self) -> str:
        return "".join(event.content for event in self.said if isinstance(event, TextDelta))

    @property
    def news(self) -> list[Status]:
        return [event for event in self.said if isinstance(event, Status)]
