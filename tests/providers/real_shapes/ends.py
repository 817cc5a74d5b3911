"""A finish reason is not an end: only the end mark or the end of the body ends an answer."""

from collections.abc import Callable
from typing import Final

from chat.events import NO_REASON, Finished, Usage
from chat.providers.base import Learnt
from tests.providers.real_shapes.case import (
    COMPLETIONS,
    DONE,
    FORMATS,
    Case,
    Fails,
    Format,
    both,
    c,
    chunk,
    completions,
    f,
    spread,
    start,
    stream,
    t,
    u,
)

WORDS: Final = [f"word{number} " for number in range(1, 13)]
TEXT: Final = "".join(WORDS)
NO_REASONS: Final = ("", "null", "none")
UNEXPLAINED: Final = Finished("other", NO_REASON)


def words(wire: Format, reason: str | None) -> bytes:
    """Return twelve words with a reason on each."""
    return b"".join(wire.said(word, reason) for word in WORDS)


def twelve(reason: str, *, then_stop: bool = False) -> Callable[[Format], bytes]:
    """Return what makes a body of twelve words with a reason on each, its end mark, and perhaps a stop before that."""
    return lambda wire: stream(wire, words(wire, reason), *([wire.ended()] if then_stop else ()), wire.mark, end=False)


CASES: Final[list[Case]] = [
    *both(
        "twelve words with stop on each",
        lambda wire: wire.start + words(wire, "stop") + wire.mark,
        text=TEXT,
    ),
    *both(
        "twelve words with stop on each, and the body's end",
        lambda wire: wire.start + words(wire, "stop"),
        text=TEXT,
    ),
    *both(
        "stop on each thought, then the text",
        lambda wire: stream(wire, *(wire.thought(word, "stop") for word in WORDS), wire.said("Yes.")),
        text="Yes.",
        thought=TEXT,
    ),
    *both(
        "stop on thoughts and words, length at the end",
        lambda wire: stream(
            wire,
            wire.thought("Hm", "stop"),
            wire.said("Yes", "stop"),
            wire.said(" and", "length"),
            wire.mark,
            end=False,
        ),
        text="Yes and",
        thought="Hm",
        end=Finished("length"),
    ),
    *both(
        "text after a finish",
        lambda wire: stream(wire, wire.said("One", "stop"), wire.said(" two"), wire.mark, end=False),
        text="One two",
    ),
    *both(
        "stop before the first word",
        lambda wire: stream(wire, wire.ended(), wire.said("One"), wire.said(" two"), wire.mark, end=False),
        text="One two",
    ),
    *both(
        "length, then words without a reason",
        lambda wire: stream(wire, wire.said("One", "length"), wire.said(" two"), wire.mark, end=False),
        text="One two",
        end=Finished("length"),
    ),
    *both(
        "a reason, then none of each kind",
        lambda wire: stream(
            wire,
            wire.said("One"),
            *(wire.ended(reason) for reason in ("length", *NO_REASONS, None)),
            wire.mark,
            end=False,
        ),
        text="One",
        end=Finished("length"),
    ),
    *spread(
        both(
            f"{reason!r} on each chunk, then stop",
            twelve(reason, then_stop=True),
            text=TEXT,
        )
        for reason in NO_REASONS
    ),
    *spread(
        both(
            f"{reason!r} on each chunk and nothing else",
            twelve(reason),
            text=TEXT,
            end=UNEXPLAINED,
        )
        for reason in NO_REASONS
    ),
    *both(
        "'null' on each chunk, and the body's end",
        lambda wire: wire.start + words(wire, "null"),
        text=TEXT,
        end=Fails("interrupted"),
    ),
    *both(
        "the end mark without a reason",
        lambda wire: stream(wire, wire.said("Hello"), wire.mark, end=False),
        text="Hello",
        end=UNEXPLAINED,
    ),
    *both(
        "the end mark without a reason, after a thought",
        lambda wire: stream(wire, wire.thought("Hm"), wire.mark, end=False),
        thought="Hm",
        end=UNEXPLAINED,
    ),
    *both(
        "the end mark without a reason, of a server that is known for it",
        lambda wire: stream(wire, wire.said("Hello"), wire.mark, end=False),
        text="Hello",
        end=Finished("stop", NO_REASON),
        learnt=Learnt(gives_no_reason=True),
    ),
    *both("nothing but the end mark", lambda wire: stream(wire, wire.mark, end=False), end=Fails("api_error")),
    *both(
        "no end at all",
        lambda wire: stream(wire, wire.said("Hello"), end=False),
        text="Hello",
        end=Fails("interrupted"),
    ),
    *both(
        "no end at all, after a thought",
        lambda wire: stream(wire, wire.thought("Hm"), end=False),
        thought="Hm",
        end=Fails("interrupted"),
    ),
    *both("the end mark twice", lambda wire: stream(wire, wire.said("Hello")) + wire.mark, text="Hello"),
    *both(
        "a reason, but nothing said",
        lambda wire: stream(wire, end=True),
    ),
    completions(
        "stop on each chunk, the last has no word and the counts",
        *(chunk({"content": word}, "stop") for word in WORDS),
        chunk({"content": ""}, "stop", usage={"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}),
        DONE,
        text=TEXT,
        usage=Usage(9, None, 12),
    ),
    completions(
        "stop and cumulative counts on each chunk",
        *(
            chunk({"content": word}, "stop", usage={"prompt_tokens": 9, "completion_tokens": n, "total_tokens": 9 + n})
            for n, word in enumerate(WORDS, 1)
        ),
        DONE,
        text=TEXT,
        usage=Usage(9, None, 12),
    ),
    completions(
        "stop on the chunk with the role", chunk({"role": "assistant"}, "stop"), c(content="Hi"), DONE, text="Hi"
    ),
    completions(
        "stop on each, then a tool call",
        chunk({"content": "One moment."}, "stop"),
        chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "time", "arguments": "{}"}}]}, "stop"),
        f("tool_calls"),
        DONE,
        text="One moment.",
        calls=(("a", "time", "{}"),),
        end=Finished("tool_calls"),
    ),
    completions(
        "the end mark without a reason, after counts alone",
        COMPLETIONS.start,
        u({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}),
        end=UNEXPLAINED,
        usage=Usage(9, None, 3),
    ),
    completions(
        "reasons that are no words",
        c(content="Hi"),
        f(5),
        f(["stop"]),
        f({"type": "stop"}),
        DONE,
        text="Hi",
        end=UNEXPLAINED,
    ),
    *(
        Case(
            "counts are kept where the answer breaks off",
            wire,
            begun,
            text="Hello",
            end=Fails("interrupted"),
            usage=Usage(9, None, None),
        )
        for wire, begun in zip(
            FORMATS,
            (
                c(content="Hel") + chunk({}, usage={"prompt_tokens": 9}) + c(content="lo"),
                start({"input_tokens": 9, "output_tokens": 1}) + t("Hello"),
            ),
            strict=True,
        )
    ),
]
