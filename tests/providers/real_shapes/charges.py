"""By what a provider charges, what it wrote to its cache and for how long, and what it searched."""

from decimal import Decimal
from typing import Any, Final

from chat.events import Usage
from tests.providers.real_shapes.case import (
    DONE,
    STOP,
    Case,
    Sale,
    c,
    chunk,
    completions,
    event,
    f,
    m,
    messages,
    start,
    t,
    u,
)

MILLION: Final = 1_000_000
OPENAI: Final = "https://api.openai.com/v1"
ANTHROPIC: Final = "https://api.anthropic.com"
HELLO: Final = c(content="Hello")
MILLIONS: Final = {"prompt_tokens": MILLION, "completion_tokens": MILLION, "total_tokens": 2 * MILLION}
COUNTS: Final = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}


def astra(cost: str | None) -> Sale:
    return Sale("gpt-6-astra", OPENAI, None if cost is None else Decimal(cost))


def opus(cost: str | None) -> Sale:
    return Sale("claude-opus-5", ANTHROPIC, None if cost is None else Decimal(cost))


def tier(kind: str, word: str, cost: str | None, *pieces: bytes) -> Case:
    right = Usage(MILLION, None, MILLION, service_tier=word)
    return completions(kind, *pieces, text="Hello", usage=right, sale=astra(cost))


def on_each_chunk(word: str) -> tuple[bytes, ...]:
    return (
        chunk({"content": "Hello"}, service_tier=word),
        chunk({}, "stop", service_tier=word),
        event({"choices": [], "usage": MILLIONS, "service_tier": word}),
        DONE,
    )


def in_usage(word: str) -> tuple[bytes, ...]:
    return HELLO, f(), u(MILLIONS | {"service_tier": word})


def counted(kind: str, usage: dict[str, Any], right: Usage, sale: Sale | None = None) -> Case:
    return completions(kind, HELLO, f(), u(COUNTS | usage), text="Hello", usage=right, sale=sale)


def named(kind: str, first: dict[str, Any], last: dict[str, Any], right: Usage, sale: Sale | None = None) -> Case:
    return messages(kind, start(first), t("Hello"), m("end_turn", last), STOP, text="Hello", usage=right, sale=sale)


def written(tokens: int, **parts: int) -> dict[str, Any]:
    """Return what Anthropic says of tokens that it wrote to its cache."""
    divided = {f"ephemeral_{name}_input_tokens": part for name, part in parts.items()}
    return {"cache_creation_input_tokens": tokens, "cache_creation": divided}


def details(**parts: int) -> dict[str, Any]:
    """Return what OpenAI says of 900 tokens that it wrote to its cache, and of how long it keeps them."""
    divided = {f"ttl_{name.removeprefix('for_')}_tokens": part for name, part in parts.items()}
    return {
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 900, "cache_write_tokens_details": divided}
    }


ONE_HOUR: Final = Usage(1000, None, 10, None, 900, 900, {"5m": 0, "1h": 900})

CASES: Final[list[Case]] = [
    completions(
        "no tier", HELLO, f(), u(MILLIONS), text="Hello", usage=Usage(MILLION, None, MILLION), sale=astra("95.00")
    ),
    *(
        tier(f"tier {word} {place}", word, cost, *pieces(word))
        for word, cost in (
            ("priority", "190.00"),
            ("flex", "47.50"),
            ("fast", "190.00"),
            ("default", "95.00"),
            ("auto", "95.00"),
            ("scale", None),
        )
        for place, pieces in (("on each chunk", on_each_chunk), ("in the usage", in_usage))
    ),
    tier(
        "a tier on the first chunk",
        "priority",
        "190.00",
        chunk({"role": "assistant"}, service_tier="priority"),
        HELLO,
        f(),
        u(MILLIONS),
    ),
    tier("a tier on the last chunk", "priority", "190.00", HELLO, f(), u(MILLIONS, service_tier="priority")),
    tier(
        "a tier that is told otherwise at the end",
        "flex",
        "47.50",
        chunk({"role": "assistant"}, service_tier="auto"),
        HELLO,
        f(),
        u(MILLIONS, service_tier="flex"),
    ),
    completions(
        "a tier that is cut in the middle of a character",
        c(content="Hello"),
        f(),
        u(COUNTS | {"service_tier": "x\0 \ud83c"}),
        text="Hello",
        usage=Usage(1000, None, 10, service_tier="x\ufffd \ufffd"),
    ),
    tier(
        "a tier, and null after it",
        "priority",
        "190.00",
        chunk({"content": "Hello"}, service_tier="priority"),
        f(),
        u(MILLIONS, service_tier=None),
    ),
    named(
        "the standard speed",
        {"input_tokens": MILLION},
        {"output_tokens": MILLION, "speed": "standard"},
        Usage(MILLION, None, MILLION, speed="standard"),
        opus("30.00"),
    ),
    named(
        "a fast speed at the end",
        {"input_tokens": MILLION},
        {"output_tokens": MILLION, "speed": "fast"},
        Usage(MILLION, None, MILLION, speed="fast"),
        opus("60.00"),
    ),
    named(
        "a fast speed at the start",
        {"input_tokens": MILLION, "speed": "fast"},
        {"output_tokens": MILLION},
        Usage(MILLION, None, MILLION, speed="fast"),
        opus("60.00"),
    ),
    named(
        "a standard tier",
        {"input_tokens": MILLION, "service_tier": "standard"},
        {"output_tokens": MILLION},
        Usage(MILLION, None, MILLION, service_tier="standard"),
        opus("30.00"),
    ),
    named(
        "a tier whose price nobody knows",
        {"input_tokens": MILLION, "service_tier": "priority"},
        {"output_tokens": MILLION},
        Usage(MILLION, None, MILLION, service_tier="priority"),
        opus(None),
    ),
    named(
        "everywhere",
        {"input_tokens": MILLION, "inference_geo": "global"},
        {"output_tokens": MILLION},
        Usage(MILLION, None, MILLION, inference_geo="global"),
        opus("30.00"),
    ),
    named(
        "a place that costs more, nobody knows how much",
        {"input_tokens": MILLION, "inference_geo": "us"},
        {"output_tokens": MILLION},
        Usage(MILLION, None, MILLION, inference_geo="us"),
        opus(None),
    ),
    named(
        "searches",
        {"input_tokens": MILLION},
        {"output_tokens": MILLION, "server_tool_use": {"web_search_requests": 3}},
        Usage(MILLION, None, MILLION, web_searches=3),
        opus("30.03"),
    ),
    named(
        "no searches",
        {"input_tokens": MILLION, "server_tool_use": None},
        {"output_tokens": MILLION, "server_tool_use": {"web_search_requests": 0}},
        Usage(MILLION, None, MILLION, web_searches=0),
        opus("30.00"),
    ),
    counted(
        "searches in OpenAI's format",
        {"server_tool_use": {"web_search_requests": 3}},
        Usage(1000, None, 10, web_searches=3),
        astra("0.0405"),
    ),
    # 100 plain at 10, 900 written at 12.50, 10 out at 50 dollars a million.
    counted(
        "written",
        {"prompt_tokens_details": {"cache_write_tokens": 900}},
        Usage(1000, None, 10, cache_write_tokens=900),
        astra("0.01275"),
    ),
    counted(
        "written for half an hour",
        details(for_30m=900),
        Usage(1000, 0, 10, None, 900, None, {"30m": 900}),
        astra("0.01275"),
    ),
    counted(
        "written for five minutes and half an hour",
        details(for_5m=100, for_30m=800),
        Usage(1000, 0, 10, None, 900, None, {"5m": 100, "30m": 800}),
        astra("0.01275"),
    ),
    counted(
        "written for twelve hours, at a price nobody knows",
        details(for_12h=900),
        Usage(1000, 0, 10, None, 900, None, {"12h": 900}),
        astra(None),
    ),
    counted(
        "written for an hour and twelve",
        details(for_1h=400, for_12h=500),
        Usage(1000, 0, 10, None, 900, 400, {"1h": 400, "12h": 500}),
    ),
    # 100 plain at 5, 900 written for five minutes at 6.25 or for an hour at 10, 10 out at 25 dollars a million.
    named(
        "written for five minutes",
        {"input_tokens": 100} | written(900, **{"5m": 900, "1h": 0}),
        {"output_tokens": 10},
        Usage(1000, None, 10, None, 900, 0, {"5m": 900, "1h": 0}),
        opus("0.006375"),
    ),
    named(
        "written for an hour",
        {"input_tokens": 100} | written(900, **{"5m": 0, "1h": 900}),
        {"output_tokens": 10},
        ONE_HOUR,
        opus("0.00975"),
    ),
    named(
        "written for an hour, and the end names the input without saying for how long",
        {"input_tokens": 100} | written(900, **{"5m": 0, "1h": 900}),
        {"input_tokens": 100, "cache_creation_input_tokens": 900, "output_tokens": 10},
        ONE_HOUR,
        opus("0.00975"),
    ),
    named(
        "written for an hour, told at the end alone",
        {"input_tokens": 1000},
        {"input_tokens": 100, "output_tokens": 10} | written(900, **{"5m": 0, "1h": 900}),
        ONE_HOUR,
        opus("0.00975"),
    ),
    named(
        "what was written told by its parts alone",
        {"input_tokens": 100, "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 900}},
        {"output_tokens": 10},
        ONE_HOUR,
        opus("0.00975"),
    ),
    named(
        "written and read",
        {"input_tokens": 100, "cache_read_input_tokens": 1000} | written(900, **{"5m": 400, "1h": 500}),
        {"output_tokens": 10},
        Usage(2000, 1000, 10, None, 900, 500, {"5m": 400, "1h": 500}),
        opus("0.00875"),
    ),
    # In the cache's own tier and in the prompt's own: what is charged by is multiplied through.
    completions(
        "a tier, with what was read and written",
        HELLO,
        f(),
        u(
            {
                "prompt_tokens": 2000,
                "completion_tokens": 10,
                "prompt_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 900},
                "service_tier": "priority",
            }
        ),
        text="Hello",
        usage=Usage(2000, 1000, 10, cache_write_tokens=900, service_tier="priority"),
        sale=astra("0.0275"),
    ),
]
