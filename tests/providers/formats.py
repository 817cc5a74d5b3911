"""The formats that providers speak, for tests of what both promise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chat.providers.anthropic import provider as anthropic
from chat.providers.base import Endpoint, Provider
from chat.providers.openai import provider as openai
from tests.harness.upstream.process import Upstream
from tests.providers import completion, messages


@dataclass(frozen=True, slots=True)
class Wire:
    """One format: how to connect to it, where the scripted upstream speaks it, and bytes of a body that say "Hi"."""

    name: str
    connect: Callable[[Endpoint], Provider]
    path: str
    hi: bytes
    finish: bytes
    end: bytes

    def at(
        self, upstream: Upstream, key: str = "", idle_timeout: float = 10.0, first_token_timeout: float = 0
    ) -> Provider:
        """Return a provider that is connected to the scripted upstream; 0: all words may take as long."""
        patience = idle_timeout, first_token_timeout or idle_timeout
        return self.connect(Endpoint(f"{upstream.url}{self.path}", key, *patience))


OPENAI: Final = Wire(
    "openai",
    openai.connect,
    "/v1",
    hi=completion.delta(content="Hi"),
    finish=completion.finish(),
    end=completion.DONE,
)
ANTHROPIC: Final = Wire(
    "anthropic",
    anthropic.connect,
    "",
    hi=messages.delta("text_delta", text="Hi"),
    finish=messages.stopped(),
    end=messages.STOP,
)
WIRES: Final = (OPENAI, ANTHROPIC)
