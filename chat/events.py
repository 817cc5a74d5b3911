"""The vocabulary of a generation: pure values, from the provider's decoder up to the browser.

Providers push `TextDelta`, `ReasoningDelta`, `ToolCallDelta`, `Reclassified`, `Picture`, `Unreadable`, `Usage` and
`Finished`. A generation adds the rest and turns `Usage` into `Charge` and `Finished` into `Done`. Structs with a tag
are what a follower sees: their fields, plus the tag as `type`, are the JSON of one server-sent event.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

import msgspec

FinishReason = Literal["stop", "length", "content_filter", "tool_calls", "stopped", "disconnected", "other"]
# What stands in `finish_detail` where a provider ended an answer and gave no reason at all.
NO_REASON: Final = "none"
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


class Reclassified(Event, frozen=True, tag="reclassified"):
    """All text so far was thought: a closing tag came that nothing had opened. It has no length of its own."""


class Field(Event, frozen=True, tag="field"):
    """A field of a structured answer that is complete; `name` is its path, such as `address.city` or `items.0.name`."""

    name: str
    value: object


class Picture(msgspec.Struct, frozen=True, gc=False):
    """A picture that the model made. `media_type` is an image's, such as `image/png`."""

    media_type: str
    data: bytes


class Unreadable(msgspec.Struct, frozen=True):
    """A piece of an answer under way could not be read, and may be missing from it."""


class Usage(msgspec.Struct, frozen=True):
    """Tokens as the provider counted them, and by what it charges for them; None where it did not say.

    `cached_tokens` (read from the provider's cache) and `cache_write_tokens` are part of `prompt_tokens`,
    `long_cache_write_tokens` (kept for an hour) part of `cache_write_tokens`, `reasoning_tokens` part of
    `completion_tokens`. `cache_write_lifetimes` divides `cache_write_tokens` by how long they are kept, such as
    `{"5m": 100, "1h": 20}`, where that is told.

    `service_tier`, `speed` and `inference_geo` are the provider's own words for what was used and not what was asked
    for, `web_searches` how many it made, `cost` its own price for the request in US dollars.
    """

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_write_tokens: int | None = None
    long_cache_write_tokens: int | None = None
    cache_write_lifetimes: dict[str, int] | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    web_searches: int | None = None
    cost: Decimal | None = None


class Finished(msgspec.Struct, frozen=True):
    """The provider's regular end.

    `finish_detail` is its own word where the reason is `other`, and NO_REASON where it gave none.
    """

    finish_reason: FinishReason
    finish_detail: str | None = None


class Charge(Event, frozen=True, tag="usage"):
    """What the generation used and what it cost; None where unknown, a cost is never guessed to be zero.

    `provider_cost` is the provider's own price in US dollars, where it told one; `cache_saving` what the same would
    have cost more without the provider's cache (below zero where writing to it cost more than it saved).
    """

    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    total_tokens: int | None
    cost: Decimal | None
    currency: str
    source: UsageSource
    cache_write_tokens: int | None = None
    service_tier: str | None = None
    provider_cost: Decimal | None = None
    cache_saving: Decimal | None = None


class Title(Event, frozen=True, tag="title"):
    """The conversation has got a title."""

    title: str


class Done(Event, frozen=True, tag="done"):
    """Last event of a stream that ended regularly, was stopped, or lost its last reader.

    `thinking_seconds` is from the first thought to the first word of the answer; None where it did not begin with one.
    """

    finish_reason: FinishReason
    token_count: int | None
    elapsed_seconds: float
    ttft_seconds: float | None
    tokens_per_second: float | None
    parsed: object = None
    finish_detail: str | None = None
    thinking_seconds: float | None = None


class Failed(Event, frozen=True, tag="error", omit_defaults=True):
    """Last event of a stream that went wrong; `retry_at` where it is known from when on asking again helps."""

    error_type: str
    message: str
    retryable: bool
    retry_at: datetime | None = None


Delta = ReasoningDelta | TextDelta | ToolCallDelta | Reclassified
Upstream = Delta | Picture | Unreadable | Usage | Finished
Terminal = Done | Failed

# How events and answers become JSON: money as numbers with all their digits; the parser decides how exactly it reads.
to_json = msgspec.json.Encoder(decimal_format="number").encode
