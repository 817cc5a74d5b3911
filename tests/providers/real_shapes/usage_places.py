"""Where in a stream the counts stand: found anywhere, in any order, once or many times."""

from typing import Any, Final

from chat.events import Usage
from tests.providers.real_shapes.case import (
    DONE,
    STOP,
    Case,
    c,
    chunk,
    completions,
    event,
    f,
    m,
    messages,
    start,
    t,
    typed,
    u,
)

COUNTS: Final = {"prompt_tokens": 120, "completion_tokens": 8, "total_tokens": 128}
ZEROS: Final = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
FEWER: Final = {"prompt_tokens": 120, "completion_tokens": 3, "total_tokens": 123}
RIGHT: Final = Usage(120, None, 8)
HELLO: Final = c(content="Hello")


def in_choice(delta: Any, usage: Any, reason: Any = None) -> bytes:
    """Moonshot's place."""
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": reason, "usage": usage}]})


def groq(counts: Any, **more: Any) -> bytes:
    return chunk({}, "stop", x_groq={"id": "r", "usage": counts}, **more)


def case(kind: str, *pieces: bytes, usage: Usage | None = RIGHT, **right: Any) -> Case:
    return completions(kind, *pieces, text=right.pop("text", "Hello"), usage=usage, **right)


def end(**usage: Any) -> bytes:
    return m("end_turn", usage) + STOP


CASES: Final[list[Case]] = [
    case("at the top, alone", HELLO, f(), u(COUNTS)),
    case("at the top of the chunk with the reason", HELLO, f(usage=COUNTS), DONE),
    case("at the top of the chunk with the last word", chunk({"content": "Hello"}, "stop", usage=COUNTS), DONE),
    case("after the end mark", HELLO, f(), DONE, u(COUNTS)),
    case(
        "before the first word",
        chunk({"role": "assistant"}, usage={"prompt_tokens": 120}),
        HELLO,
        f(),
        DONE,
        usage=Usage(120),
    ),
    case("before the reason", HELLO, chunk({}, usage=COUNTS), f(), DONE),
    case("at the body's end, without a mark", HELLO, f(), event({"choices": [], "usage": COUNTS})),
    case("in the choice, with the reason", HELLO, in_choice({}, COUNTS, "stop"), DONE),
    case("in the choice, with the last word", in_choice({"content": "Hello"}, COUNTS, "stop"), DONE),
    case(
        "in the choice, on each chunk",
        in_choice({"content": "Hel"}, FEWER),
        in_choice({"content": "lo"}, COUNTS, "stop"),
        DONE,
    ),
    case(
        "in the choice, null at the top",
        HELLO,
        event({"choices": [{"delta": {}, "finish_reason": "stop", "usage": COUNTS}], "usage": None}),
        DONE,
    ),
    case(
        "in the choice, zeros at the top",
        HELLO,
        event({"choices": [{"delta": {}, "finish_reason": "stop", "usage": COUNTS}], "usage": ZEROS}),
        DONE,
    ),
    case("in x_groq, last", HELLO, groq(COUNTS), DONE),
    case("in x_groq, and again at the top", HELLO, groq(COUNTS), u(COUNTS)),
    case("in x_groq, null at the top", HELLO, groq(COUNTS, usage=None), DONE),
    case(
        "in x_groq without any, first",
        event({"choices": [{"delta": {"role": "assistant"}}], "x_groq": {"id": "r"}}),
        HELLO,
        groq(COUNTS),
        DONE,
    ),
    case(
        "in three places at once",
        HELLO,
        event(
            {
                "choices": [{"delta": {}, "finish_reason": "stop", "usage": COUNTS}],
                "usage": COUNTS,
                "x_groq": {"usage": COUNTS},
            }
        ),
        DONE,
    ),
    case("zeros after counts", HELLO, f(usage=COUNTS), u(ZEROS)),
    case("zeros after counts, in the choice", HELLO, in_choice({}, COUNTS, "stop"), u(ZEROS)),
    case(
        "zeros on each chunk before them",
        event({"choices": [{"delta": {"content": "Hello"}}], "usage": ZEROS}),
        f(usage=ZEROS),
        u(COUNTS),
    ),
    case(
        "zeros around them",
        event({"choices": [{"delta": {"content": "Hello"}}], "usage": ZEROS}),
        f(usage=COUNTS),
        u(ZEROS),
    ),
    case("null after counts", HELLO, f(usage=COUNTS), u(None)),
    case(
        "null on each chunk",
        event({"choices": [{"delta": {"content": "Hello"}}], "usage": None}),
        f(usage=None),
        u(COUNTS),
    ),
    case("twice", HELLO, f(usage=COUNTS), u(COUNTS)),
    case("fewer first", HELLO, f(usage=FEWER), u(COUNTS)),
    case(
        "on each chunk",
        event({"choices": [{"delta": {"content": "Hel"}}], "usage": FEWER}),
        event({"choices": [{"delta": {"content": "lo"}}], "usage": COUNTS}),
        f(),
        DONE,
    ),
    case("an empty object after counts", HELLO, f(usage=COUNTS), u({})),
    case("none at all", HELLO, f(), DONE, usage=None),
    case("zeros instead of counts", HELLO, f(), u(ZEROS), usage=None),
    case(
        "zeros instead of counts, cached included",
        HELLO,
        f(),
        u(
            ZEROS
            | {"prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}
        ),
        usage=Usage(cached_tokens=0),
    ),
    case(
        "no completion tokens for a text",
        HELLO,
        f(),
        u({"prompt_tokens": 120, "completion_tokens": 0, "total_tokens": 120}),
        usage=Usage(120),
    ),
    case(
        "words after the counts",
        HELLO,
        f(usage=COUNTS),
        c(content=" world"),
        DONE,
        text="Hello world",
        usage=Usage(120),
    ),
    case(
        "words after the counts, then counts of all",
        HELLO,
        f(usage=FEWER),
        c(content=" world"),
        u(COUNTS),
        text="Hello world",
    ),
    case(
        "the prompt first, the rest last",
        chunk({"role": "assistant"}, usage={"prompt_tokens": 120}),
        HELLO,
        f(),
        u({"completion_tokens": 8}),
    ),
    messages(
        "at start and end",
        start({"input_tokens": 120, "output_tokens": 1}),
        t("Hello"),
        end(output_tokens=8),
        text="Hello",
        usage=RIGHT,
    ),
    messages(
        "at the end alone", start(), t("Hello"), end(input_tokens=120, output_tokens=8), text="Hello", usage=RIGHT
    ),
    messages(
        "at the start alone",
        start({"input_tokens": 120, "output_tokens": 1}),
        t("Hello"),
        m(),
        STOP,
        text="Hello",
        usage=Usage(120),
    ),
    messages(
        "zeros at the start",
        start({"input_tokens": 0, "output_tokens": 0}),
        t("Hello"),
        end(input_tokens=120, output_tokens=8),
        text="Hello",
        usage=RIGHT,
    ),
    messages(
        "zeros at the end",
        start({"input_tokens": 120, "output_tokens": 1}),
        t("Hello"),
        end(input_tokens=0, output_tokens=0),
        text="Hello",
        usage=Usage(120),
    ),
    messages(
        "zeros of the input at the end",
        start({"input_tokens": 120, "output_tokens": 1}),
        t("Hello"),
        end(input_tokens=0, cache_read_input_tokens=0, output_tokens=8),
        text="Hello",
        usage=Usage(120, 0, 8),
    ),
    messages(
        "zeros at both",
        start({"input_tokens": 0, "output_tokens": 0}),
        t("Hello"),
        end(input_tokens=0, output_tokens=0),
        text="Hello",
        usage=None,
    ),
    messages(
        "twice at the end",
        start({"input_tokens": 120, "output_tokens": 1}),
        t("Hello"),
        m(None, {"output_tokens": 8}),
        end(output_tokens=8),
        text="Hello",
        usage=RIGHT,
    ),
    messages(
        "zeros after counts at the end",
        start({"input_tokens": 120, "output_tokens": 1}),
        t("Hello"),
        m(None, {"output_tokens": 8}),
        end(output_tokens=0),
        text="Hello",
        usage=RIGHT,
    ),
    messages("null at both", start(None), t("Hello"), m("end_turn", None), STOP, text="Hello", usage=None),
    messages(
        "null counts at the end",
        start({"input_tokens": 120, "output_tokens": 1}),
        t("Hello"),
        end(input_tokens=None, cache_read_input_tokens=None, output_tokens=8),
        text="Hello",
        usage=RIGHT,
    ),
    messages("in OpenAI's names", start(), t("Hello"), end(**COUNTS), text="Hello", usage=RIGHT),
    messages(
        "on the end mark",
        start({"input_tokens": 120, "output_tokens": 1}),
        t("Hello"),
        m(),
        typed("message_stop", usage={"output_tokens": 8}),
        text="Hello",
        usage=RIGHT,
    ),
]
