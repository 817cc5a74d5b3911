"""The vocabulary of a generation: pure values, from the provider's decoder up to the browser.

Providers yield `TextDelta`, `ReasoningDelta`, `ToolCallDelta`, `Usage` and `Finished`. A generation adds the rest
and turns `Usage` into `Charge` and `Finished` into `Done`. Structs with a tag are what a follower sees: their
fields, plus the tag as `type`, are the JSON of one server-sent event.
"""

from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

FinishReason = Literal["stop", "length", "content_filter", "tool_calls", "stopped", "disconnected"]
UsageSource = Literal["provider", "estimated"]


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of every event."""


class Started(Event, frozen=True, tag="start"):
    """First event of every stream: what is being generated, and where it belongs."""

    conversation_id: UUID
    message_id: UUID
    user_message_id: UUID
    generation_id: UUID
    model: str


class Status(Event, frozen=True, tag="status"):
    """News for the reader while nothing arrives; `retry_in` in seconds. `attempt` 0: older messages are not sent."""

    message: str
    attempt: int
    retry_in: float | None = None


# There are millions of them, and nothing in one can refer to it: the garbage collector need not look.
class ReasoningDelta(Event, frozen=True, tag="reasoning", gc=False):
    """More of what the model thinks before it answers."""

    content: str


class TextDelta(Event, frozen=True, tag="token", gc=False):
    """More of the answer."""

    content: str


class ToolCallDelta(Event, frozen=True, tag="tool_call", gc=False):
    """A fragment of a tool call; fragments with one `index` belong together."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


class Field(Event, frozen=True, tag="field"):
    """A field of a structured answer that is complete; `name` is its path, such as `address.city` or `items.0.name`."""

    name: str
    value: object


class Usage(msgspec.Struct, frozen=True):
    """Tokens as the provider counted them; None where it did not say.

    `cached_tokens` (read from the provider's cache) and `cache_write_tokens` are part of `prompt_tokens`,
    `long_cache_write_tokens` (kept for an hour) part of `cache_write_tokens`, `reasoning_tokens` part of
    `completion_tokens`.
    """

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_write_tokens: int | None = None
    long_cache_write_tokens: int | None = None


class Finished(msgspec.Struct, frozen=True):
    """The provider's regular end."""

    finish_reason: FinishReason


class Charge(Event, frozen=True, tag="usage"):
    """What the generation used and what it cost; None where unknown, a cost is never guessed to be zero."""

    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    total_tokens: int | None
    cost: Decimal | None
    currency: str
    source: UsageSource


class Title(Event, frozen=True, tag="title"):
    """The conversation has got a title."""

    title: str


class Done(Event, frozen=True, tag="done"):
    """Last event of a stream that ended regularly, was stopped, or lost its last reader."""

    finish_reason: FinishReason
    token_count: int | None
    elapsed_seconds: float
    ttft_seconds: float | None
    tokens_per_second: float | None
    parsed: object = None


class Failed(Event, frozen=True, tag="error"):
    """Last event of a stream that went wrong."""

    error_type: str
    message: str
    retryable: bool


Delta = ReasoningDelta | TextDelta | ToolCallDelta
Upstream = Delta | Usage | Finished
Terminal = Done | Failed

# How events and answers become JSON: money as numbers with all their digits; the parser decides how exactly it reads.
to_json = msgspec.json.Encoder(decimal_format="number").encode
