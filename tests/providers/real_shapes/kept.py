"""What was right all along, and stays right."""

from typing import Final

from chat.events import Finished, Usage
from tests.providers.real_shapes.case import (
    DONE,
    STOP,
    Case,
    block,
    both,
    c,
    completions,
    d,
    event,
    f,
    m,
    messages,
    start,
    stream,
    t,
    typed,
    u,
)

LOGPROBS: Final = {"content": [{"token": "Hello", "logprob": -0.1, "bytes": [72], "top_logprobs": []}], "refusal": None}
COUNTS: Final = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}

CASES: Final[list[Case]] = [
    *both(
        "a plain answer",
        lambda wire: stream(wire, wire.said("Hello"), wire.said(" wörld 🦉")),
        text="Hello wörld 🦉",
    ),
    *both(
        "a plain answer without its end mark",
        lambda wire: stream(wire, wire.said("Hello"), wire.ended(), end=False),
        text="Hello",
    ),
    *both("NUL in the text", lambda wire: stream(wire, wire.said("a\0b")), text="a\0b"),
    *both(
        "leading and trailing blanks",
        lambda wire: stream(wire, wire.said("\n  a  "), wire.said("\n")),
        text="\n  a  \n",
    ),
    *both(
        "comments and pings",
        lambda wire: stream(wire, b": ping\n\n", wire.said("Hel"), b":\n\n\n", wire.said("lo")),
        text="Hello",
    ),
    *both("CRLF", lambda wire: stream(wire, wire.said("Hello")).replace(b"\n", b"\r\n"), text="Hello"),
    completions(
        "a refusal", c(refusal="I "), c(refusal="cannot."), f(), DONE, text="I cannot.", end=Finished("content_filter")
    ),
    completions("a refusal that is null", c(content="Hello", refusal=None), f(), DONE, text="Hello"),
    completions(
        "a refusal without a reason", c(refusal="I cannot."), DONE, text="I cannot.", end=Finished("content_filter")
    ),
    completions(
        "text in Mistral's parts",
        c(content=[{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]),
        f(),
        DONE,
        text="Hello",
    ),
    completions(
        "a thought in Mistral's parts",
        c(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "H"}, {"type": "text", "text": "m"}]}]),
        c(content=[{"type": "thinking", "thinking": "."}]),
        c(content="Yes"),
        f(),
        DONE,
        thought="Hm.",
        text="Yes",
    ),
    completions(
        "a reference in Mistral's parts",
        c(content=[{"type": "text", "text": "Hello"}, {"type": "reference", "reference_ids": [1]}]),
        f(),
        DONE,
        text="Hello",
    ),
    completions(
        "doubled reasoning fields",
        c(reasoning_content="H", reasoning="H"),
        c(reasoning="m", reasoning_content="m"),
        c(content="Yes"),
        f(),
        DONE,
        thought="Hm",
        text="Yes",
    ),
    completions(
        "log probabilities",
        event({"choices": [{"index": 0, "delta": {"content": "Hello"}, "logprobs": LOGPROBS, "finish_reason": None}]}),
        event({"choices": [{"index": 0, "delta": {"content": ""}, "logprobs": {"content": [], "refusal": None}}]}),
        f(),
        DONE,
        text="Hello",
    ),
    completions(
        "a role on each chunk",
        c(role="assistant", content="Hel"),
        c(role="assistant", content="lo"),
        f(),
        DONE,
        text="Hello",
    ),
    completions(
        "Azure's filter results first",
        event({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}),
        c(content="Hello"),
        f(),
        DONE,
        text="Hello",
    ),
    completions(
        "padding against eavesdroppers",
        event({"choices": [{"delta": {"content": "Hello"}}], "obfuscation": "x9Kd"}),
        f(),
        DONE,
        text="Hello",
    ),
    completions(
        "null, then counts, then both again",
        event({"choices": [{"delta": {"content": "Hello"}}], "usage": None}),
        f(usage=COUNTS),
        u(COUNTS),
        u(None),
        text="Hello",
        usage=Usage(9, None, 2),
    ),
    completions(
        "a second choice that nobody asked for",
        event({"choices": [{"index": 0, "delta": {"content": "Hello"}}, {"index": 1, "delta": {"content": "Other"}}]}),
        f(),
        DONE,
        text="Hello",
    ),
    messages(
        "zeros at the start, the counts at the end",
        start({"input_tokens": 0, "output_tokens": 0}),
        t("Hello"),
        m("end_turn", {"input_tokens": 9, "output_tokens": 2}),
        STOP,
        text="Hello",
        usage=Usage(9, None, 2),
    ),
    messages(
        "an output of 1 at the start is a placeholder",
        start({"input_tokens": 9, "output_tokens": 1}),
        t("Hello"),
        m(),
        STOP,
        text="Hello",
        usage=Usage(9),
    ),
    messages(
        "events, blocks and deltas of new kinds",
        start(),
        block("hologram", 3, text="no"),
        d("sparkle_delta", 3, text="no"),
        typed("weather", text="no"),
        t("Hello"),
        m(),
        STOP,
        text="Hello",
    ),
    messages(
        "citations", start(), t("Hello"), d("citations_delta", citation={"cited_text": "no"}), m(), STOP, text="Hello"
    ),
    messages(
        "a refusal with its explanation",
        start(),
        t("Hello"),
        typed("message_delta", delta={"stop_reason": "refusal", "stop_details": {"category": "x"}}),
        STOP,
        text="Hello",
        end=Finished("content_filter"),
    ),
    messages(
        "a tool that the server runs itself",
        start(),
        block("server_tool_use", 0, id="s", name="web_search", input={}),
        d("input_json_delta", 0, partial_json='{"q":1}'),
        block("web_search_tool_result", 1, content=[]),
        d("text_delta", 2, text="Hello"),
        m(),
        STOP,
        text="Hello",
    ),
]
