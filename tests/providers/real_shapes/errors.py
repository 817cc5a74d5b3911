"""Errors in the middle of a stream, or as all there is of it, wherever their words stand."""

from typing import Any, Final

from chat.events import Usage
from tests.providers.real_shapes.case import (
    DONE,
    STOP,
    Case,
    Fails,
    Format,
    both,
    c,
    completions,
    event,
    f,
    m,
    messages,
    spread,
    start,
    stream,
    t,
    typed,
    u,
)

KINDS: Final[dict[str, tuple[Any, Fails]]] = {
    "base_resp with a limit": (
        {"base_resp": {"status_code": 1002, "status_msg": "too fast"}},
        Fails("rate_limit", "rate limiting"),
    ),
    "base_resp without credit": (
        {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}},
        Fails("budget", "no credit"),
    ),
    "base_resp of any number": (
        {"id": "x", "base_resp": {"status_code": 1013, "status_msg": "internal service error"}},
        Fails("api_error", "internal service error"),
    ),
    "a code of strange digits": ({"message": "the engine died", "code": "²"}, Fails("api_error", "the engine died")),
    "message and code": ({"message": "the engine died", "code": 500}, Fails("api_error", "the engine died")),
    "message and a code in words": (
        {"message": "the engine died", "code": "engine_dead"},
        Fails("api_error", "the engine died"),
    ),
    "detail as text": ({"detail": "the engine died"}, Fails("api_error", "the engine died")),
    "detail as a list": (
        {"detail": [{"loc": ["body", "messages"], "msg": "field required", "type": "value_error"}]},
        Fails("api_error", "body.messages: field required"),
    ),
    "a list around the object": (
        [{"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}],
        Fails("api_error", "busy"),
    ),
    "error as an object": ({"error": {"message": "the engine died"}}, Fails("api_error", "the engine died")),
    "error as text": ({"error": "the engine died"}, Fails("api_error", "the engine died")),
    "errors": ({"errors": [{"code": 1031, "message": "the engine died"}]}, Fails("api_error", "the engine died")),
    "a type of its own": (
        {"type": "internal_error", "code": 500, "message": "the engine died"},
        Fails("api_error", "the engine died"),
    ),
}


def placed(kind: str, value: Any, end: Fails) -> list[Case]:
    """Return an error's cases: as all there is, first, after text, and with more words behind it."""

    def alone(wire: Format) -> bytes:
        return event(value)

    def first(wire: Format) -> bytes:
        return stream(wire, event(value))

    def after(wire: Format) -> bytes:
        return stream(wire, wire.said("Hello"), event(value), wire.mark, end=False)

    def middle(wire: Format) -> bytes:
        return stream(wire, wire.said("Hello"), event(value), wire.said(" world"))

    return [
        *both(f"{kind}, alone", alone, end=end),
        *both(f"{kind}, first", first, end=end),
        *both(f"{kind}, last", after, end=end, text="Hello"),
        *both(f"{kind}, in the middle", middle, end=end, text="Hello"),
    ]


def choice(error: Any, reason: Any = None) -> bytes:
    return event({"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": reason, "error": error}]})


OPENROUTER: Final = {"code": 502, "message": "Provider disconnected", "metadata": {"provider_name": "X"}}
DISCONNECTED: Final = Fails("api_error", "Provider disconnected")
NOTHINGS: Final[tuple[Any, ...]] = (None, {}, [], "")

CASES: Final[list[Case]] = [
    *spread(placed(kind, *value) for kind, value in KINDS.items()),
    completions("in the choice, alone", choice(OPENROUTER), end=DISCONNECTED),
    completions("in the choice, first", choice(OPENROUTER, "error"), DONE, end=DISCONNECTED),
    completions(
        "in the choice, in the middle",
        c(content="Hello"),
        choice(OPENROUTER),
        c(content=" x"),
        f(),
        DONE,
        text="Hello",
        end=DISCONNECTED,
    ),
    completions(
        "in the choice, last", c(content="Hello"), choice(OPENROUTER, "stop"), DONE, text="Hello", end=DISCONNECTED
    ),
    completions(
        "in the choice, as text",
        c(content="Hello"),
        choice("Provider disconnected"),
        DONE,
        text="Hello",
        end=DISCONNECTED,
    ),
    completions(
        "in the choice, beside the counts",
        c(content="Hello"),
        event(
            {
                "choices": [{"delta": {}, "error": OPENROUTER}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
            }
        ),
        text="Hello",
        end=DISCONNECTED,
        usage=Usage(9, None, 2),
    ),
    completions(
        "in the choice, with words on the same chunk",
        event({"choices": [{"delta": {"content": "Hello"}, "error": OPENROUTER}]}),
        DONE,
        text="Hello",
        end=DISCONNECTED,
    ),
    completions(
        "what the provider behind said",
        event(
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": '{"error": {"message": "no such sampler"}}', "provider_name": "X"},
                }
            }
        ),
        end=Fails("api_error", "no such sampler"),
    ),
    completions(
        "Groq's, why it stopped early",
        c(content="Hello"),
        event({"choices": [{"delta": {}, "finish_reason": "stop"}], "x_groq": {"id": "r", "error": "over capacity"}}),
        DONE,
        text="Hello",
        end=Fails("api_error", "over capacity"),
    ),
    completions(
        "an error after the reason to end",
        c(content="Hello"),
        f(),
        event({"error": {"message": "the engine died"}}),
        DONE,
        text="Hello",
        end=Fails("api_error", "the engine died"),
    ),
    completions(
        "an error that is null, empty or nothing",
        *(
            event({"choices": [{"delta": {"content": "a"}, "error": nothing}], "error": nothing})
            for nothing in NOTHINGS
        ),
        f(),
        DONE,
        text="aaaa",
    ),
    completions(
        "base_resp that tells of success",
        *(
            event({"choices": [{"delta": {"content": "a"}}], "base_resp": {"status_code": 0, "status_msg": ""}})
            for _ in range(2)
        ),
        f(),
        u(
            {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 9},
            base_resp={"status_code": 0, "status_msg": "success"},
        ),
        text="aa",
        usage=None,
    ),
    completions(
        "a success by code and message",
        event({"code": 0, "message": "success"}),
        c(content="Hello"),
        f(),
        DONE,
        text="Hello",
    ),
    *both(
        "an answer that looks like an error",
        lambda wire: stream(wire, wire.said('{"error": {"message": "the engine died"}}')),
        text='{"error": {"message": "the engine died"}}',
    ),
    *both(
        "words that end in the middle of a character",
        lambda wire: stream(wire, wire.said("Hello"), event({"error": {"message": "it died \ud83c"}}), end=False),
        text="Hello",
        end=Fails("api_error", "it died \ufffd"),
    ),
    *both(
        "a plain-text event called error",
        lambda wire: stream(wire, wire.said("Hello"), b"event: error\ndata: the engine died\n\n", end=False),
        text="Hello",
        end=Fails("api_error", "the engine died"),
    ),
    messages(
        "an error event",
        start({"input_tokens": 9, "output_tokens": 1}),
        t("Hello"),
        typed("error", error={"type": "overloaded_error", "message": "Overloaded"}),
        text="Hello",
        end=Fails("api_error", "busy"),
        usage=Usage(9),
    ),
    messages(
        "an unknown event with words of its own is none",
        start(),
        t("Hello"),
        typed("progress", message="half way", detail="of it", code=7),
        m(),
        STOP,
        text="Hello",
    ),
]
