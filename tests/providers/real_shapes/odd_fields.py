"""One odd field costs that field: the rest of its chunk counts. What of an answer under way is lost is told."""

from typing import Any, Final

from chat.events import Finished, Usage
from tests.providers.real_shapes.case import (
    DONE,
    STOP,
    Case,
    block,
    c,
    chunk,
    completions,
    d,
    event,
    f,
    m,
    messages,
    spread,
    start,
    t,
    typed,
)

COUNTS: Final = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
USAGE: Final = Usage(9, None, 2)
# Nothing stands in these, so nothing is lost.
EMPTY: Final[dict[str, Any]] = {
    "delta: []": [{"index": 0, "delta": [], "finish_reason": "length"}],
    'delta: ""': [{"index": 0, "delta": "", "finish_reason": "length"}],
    "choices: [null]": [None],
    "choices: []": [],
    "choices: {}": {},
}
# What a delta may hold instead of text: the finish and the counts beside it are read.
NO_TEXT: Final[dict[str, Any]] = {
    "content: 5": {"content": 5},
    "content: true": {"content": True},
    "delta: 5": 5,
    'delta: "words"': "words",
    "delta: [words]": ["words"],
    "tool_calls: 5": {"tool_calls": 5},
}
# What may be a flag, and is nothing of the answer.
FLAGS: Final[dict[str, Any]] = {
    "reasoning_content: 5": {"reasoning_content": 5},
    "thinking: true": {"thinking": True},
    "refusal: 5": {"refusal": 5},
}
# Fields beside a text that is whole.
BESIDE: Final[dict[str, Any]] = {
    "usage: []": {"usage": []},
    'usage: "none"': {"usage": "none"},
    "usage: 5": {"usage": 5},
    "service_tier: 5": {"service_tier": 5},
    "x_groq: []": {"x_groq": []},
    "base_resp: []": {"base_resp": []},
    "object: 5": {"object": 5},
    "error: false": {"error": False},
    "logprobs and more": {"id": 5, "created": "x", "model": None, "system_fingerprint": {}, "logprobs": "?"},
}


def first_of(choices: Any) -> str | None:
    return "length" if isinstance(choices, list) and choices and choices[0] else None


def around(kind: str, odd: bytes, **right: Any) -> list[Case]:
    """Return the cases of a chunk that has counts and an odd field: first, in the middle, and last."""
    told = right.pop("told", False)
    end = right.pop("end", Finished("stop"))
    shared = right | {"usage": right.get("usage")}
    return [
        completions(f"{kind}, first", odd, c(content="Hello"), f(), DONE, text="Hello", **shared),
        completions(
            f"{kind}, in the middle",
            c(content="Hel"),
            odd,
            c(content="lo"),
            f(),
            DONE,
            text="Hello",
            told=told,
            **shared,
        ),
        completions(f"{kind}, last", c(content="Hello"), odd, DONE, text="Hello", told=told, end=end, usage=USAGE),
    ]


CASES: Final[list[Case]] = [
    # What was counted before the last word is not all there is: the completion is unknown then.
    *spread(
        around(
            kind,
            event({"choices": choices, "usage": COUNTS}),
            end=Finished("length") if first_of(choices) else Finished("other", "none"),
            usage=Usage(9),
        )
        for kind, choices in EMPTY.items()
    ),
    *(
        completions(
            f"{kind}, beside a reason and counts",
            c(content="Hello"),
            chunk(delta, "length", usage=COUNTS),
            DONE,
            text="Hello",
            end=Finished("length"),
            usage=USAGE,
            told=True,
        )
        for kind, delta in NO_TEXT.items()
    ),
    *(
        completions(
            f"{kind}, beside a text, a reason and counts",
            chunk(delta | {"content": "Hello"}, "length", usage=COUNTS),
            DONE,
            text="Hello",
            end=Finished("length"),
            usage=USAGE,
        )
        for kind, delta in FLAGS.items()
    ),
    *(
        completions(f"{kind}, before the first word", chunk(delta), c(content="Hello"), f(), DONE, text="Hello")
        for kind, delta in NO_TEXT.items()
    ),
    *(
        completions(
            f"{kind}, beside the text",
            c(content="Hel"),
            chunk({"content": "lo"}, "length", **fields),
            DONE,
            text="Hello",
            end=Finished("length"),
        )
        for kind, fields in BESIDE.items()
    ),
    completions(
        "content: 5, with a thought and a call beside it",
        c(content="Hello"),
        c(
            content=5,
            reasoning_content="Hm",
            tool_calls=[{"index": 0, "id": "a", "function": {"name": "x", "arguments": "{}"}}],
        ),
        f("tool_calls"),
        DONE,
        text="Hello",
        thought="Hm",
        calls=(("a", "x", "{}"),),
        end=Finished("tool_calls"),
        told=True,
    ),
    completions(
        "choices that are text, beside counts",
        c(content="Hello"),
        f(),
        event({"choices": "none", "usage": COUNTS}),
        DONE,
        text="Hello",
        usage=USAGE,
        told=True,
    ),
    completions(
        "a number between the parts of the content",
        c(content=[{"type": "text", "text": "Hel"}]),
        c(content=[5, {"type": "text", "text": "lo"}]),
        f(),
        DONE,
        text="Hello",
        told=True,
    ),
    completions("parts of the content that are text", c(content=["Hel", "lo"]), f(), DONE, text="Hello"),
    completions(
        "null before the choice", event({"choices": [None, {"delta": {"content": "Hi"}}]}), f(), DONE, text="Hi"
    ),
    completions(
        "a choice that is text", c(content="Hi"), event({"choices": ["words"]}), f(), DONE, text="Hi", told=True
    ),
    completions("one choice without a list", event({"choices": {"delta": {"content": "Hi"}}}), f(), DONE, text="Hi"),
    completions(
        "numbers that JSON does not have",
        b'data: {"choices": [{"delta": {"content": "Hello"}, "logprobs": {"content": [-Infinity]}}], "x": NaN}\n\n',
        f(),
        DONE,
        text="Hello",
    ),
    *(
        messages(
            f"{kind} in the delta of a block",
            start(),
            t("Hel"),
            typed("content_block_delta", index=0, delta=delta),
            t("lo"),
            m("max_tokens"),
            STOP,
            text="Hello",
            end=Finished("length"),
            told=told,
        )
        for kind, delta, told in (
            ("[]", [], False),
            ('""', "", False),
            ("null", None, False),
            ("5", 5, True),
            ("a word", "word", True),
        )
    ),
    *(
        messages(
            f"{kind} in the delta of the message, beside counts",
            start({"input_tokens": 9}),
            t("Hello"),
            typed("message_delta", delta=delta, usage={"output_tokens": 2}),
            m("max_tokens"),
            STOP,
            text="Hello",
            end=Finished("length"),
            usage=USAGE,
            told=told,
        )
        for kind, delta, told in (("[]", [], False), ('""', "", False), ("5", 5, True))
    ),
    completions(
        "parts that are words, and a refusal among them",
        c(content=["Hel", "lo"]),
        c(content=[{"type": "refusal", "refusal": "!"}]),
        f(),
        DONE,
        text="Hello!",
        end=Finished("content_filter"),
    ),
    *(
        completions(f"content: [{part}]", c(content="Hello"), c(content=[part]), f(), DONE, text="Hello", told=True)
        for part in (5, {"type": "text", "text": 5}, {"type": "text", "text": {"value": "words"}})
    ),
    messages(
        "deltas without a type",
        start(),
        typed("content_block_delta", index=0, delta={"thinking": "Hm"}),
        typed("content_block_delta", index=1, delta={"text": "Hello"}),
        m(),
        STOP,
        text="Hello",
        thought="Hm",
    ),
    messages("text: 5", start(), t("Hel"), t(5), t("lo"), m(), STOP, text="Hello", told=True),
    messages("text: 5, before the first word", start(), t(5), t("Hello"), m(), STOP, text="Hello"),
    messages(
        "thinking: 5",
        start(),
        d("thinking_delta", thinking="Hm"),
        d("thinking_delta", thinking=5),
        t("Hello"),
        m(),
        STOP,
        text="Hello",
        thought="Hm",
        told=True,
    ),
    messages("usage: []", start([]), t("Hello"), m("max_tokens", []), STOP, text="Hello", end=Finished("length")),
    messages("usage: 5", start(5), t("Hello"), m("max_tokens", 5), STOP, text="Hello", end=Finished("length")),
    messages("message: []", typed("message_start", message=[]), t("Hello"), m(), STOP, text="Hello"),
    messages(
        "content_block: []",
        start(),
        t("Hel"),
        typed("content_block_start", index=0, content_block=[]),
        t("lo"),
        m(),
        STOP,
        text="Hello",
    ),
    messages(
        "index: a word",
        start(),
        block("text", "x", text="Hel"),
        d("text_delta", "x", text="lo"),
        m(),
        STOP,
        text="Hello",
    ),
    messages(
        "a type that is a number", start(), t("Hel"), event({"type": 7}), t("lo"), m(), STOP, text="Hello", told=True
    ),
    messages(
        "a reason that is a number",
        start(),
        t("Hello"),
        m(5),
        m("max_tokens"),
        STOP,
        text="Hello",
        end=Finished("length"),
    ),
]
