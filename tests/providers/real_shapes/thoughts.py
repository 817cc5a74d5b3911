"""Thoughts in fields of many names, and between tags in the text."""

from typing import Any, Final

from chat.events import Finished
from chat.providers.base import Learnt
from tests.providers.real_shapes.case import (
    DONE,
    STOP,
    Case,
    Format,
    block,
    both,
    c,
    completions,
    d,
    f,
    h,
    m,
    messages,
    spread,
    start,
    stream,
)

FIELDS: Final = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
DETAILS: Final[dict[str, tuple[list[Any], str]]] = {
    "a summary": ([{"type": "reasoning.summary", "summary": "Hm"}], "Hm"),
    "text": ([{"type": "reasoning.text", "text": "Hm", "signature": "x"}], "Hm"),
    "both": ([{"type": "reasoning.summary", "summary": "Hm"}, {"type": "reasoning.text", "text": ", so"}], "Hm, so"),
    "what is encrypted": ([{"type": "reasoning.encrypted", "data": "c2VjcmV0"}], ""),
}
# How an answer's text comes, the thought in it and what is left.
TAGGED: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "in one piece": (("<think>Hm</think>Yes",), "Hm", "Yes"),
    "cut anywhere": (("<th", "in", "k>H", "m</", "thi", "nk>Y", "es"), "Hm", "Yes"),
    "each sign alone": (tuple("<think>Hm, so.</think>Yes."), "Hm, so.", "Yes."),
    "with the blanks of Qwen": (("<think>\nHm\n</think>\n\nYes",), "Hm", "Yes"),
    "with blanks before the tag": (("\n", " <think>", "Hm</think>", "Yes"), "Hm", "Yes"),
    "empty": (("<think>\n\n</think>\n\n", "Yes"), "", "Yes"),
    "with code in both": (
        ("<think>a < b `x`\n  y</think>\n\n", "    ```\n  c < d\n```"),
        "a < b `x`\n  y",
        "    ```\n  c < d\n```",
    ),
    "never closed": (("<think>", "Hm, ", "so"), "Hm, so", ""),
    "never closed, with half a tag": (("<think>Hm </thi",), "Hm </thi", ""),
    "with other tags in it": (("<think>a <b> </b> <think> c</think>Yes",), "a <b> </b> <think> c", "Yes"),
    "nothing but the opening one": (("<think>",), "", ""),
}
PLAIN: Final[dict[str, tuple[str, ...]]] = {
    "a tag in the middle of a text": ("I write ", "<think>", "so</think>", " there"),
    "a tag in backticks": ("Use `", "<think>", "` and `</think>`."),
    "a closing tag in code": ("```\n", "</think>\n", "```\nthere"),
    "a closing tag in backticks": ("The `", "</think>", "` tag"),
    "half a tag": ("<", "thin", "g> is none"),
    "another tag": ("<thinking>", "no</thinking>"),
    "half a tag at the end": ("a <thi",),
    "nothing but half a tag": ("<thi",),
    "leading blanks": ("\n  ", "Yes"),
    "signs of every kind": ("a<b </ th", " </th", "`", "``", "<", "/think", "\0"),
}


def texts(pieces: tuple[str, ...]) -> Any:
    def body(wire: Format) -> bytes:
        return stream(wire, *map(wire.said, pieces))

    return body


CASES: Final[list[Case]] = [
    *(
        completions(
            f"in {field}", c(**{field: "H"}), c(**{field: "m"}), c(content="Yes"), f(), DONE, thought="Hm", text="Yes"
        )
        for field in FIELDS
    ),
    *(completions(f"in {field}, alone", c(**{field: "Hm"}), f(), DONE, thought="Hm") for field in FIELDS),
    *(
        completions(
            f"in {field}, with null and empty ones beside it",
            c(**dict.fromkeys(FIELDS) | {field: "Hm"}, content=None),
            c(**dict.fromkeys(FIELDS, "") | {"content": "Yes"}),
            f(),
            DONE,
            thought="Hm",
            text="Yes",
        )
        for field in FIELDS
    ),
    *(
        completions(
            f"in reasoning_details, {kind}",
            c(reasoning_details=details),
            c(content="Yes"),
            f(),
            DONE,
            thought=thought,
            text="Yes",
        )
        for kind, (details, thought) in DETAILS.items()
    ),
    completions(
        "in a field, in the middle of a text that may end with a tag",
        c(content="1 <"),
        c(reasoning="Hm"),
        c(content="2, and </think> is a tag"),
        f(),
        DONE,
        thought="Hm",
        text="1 <2, and </think> is a tag",
    ),
    completions(
        "in a field, in the middle of a text",
        c(content="Let me see. "),
        c(reasoning="Hm"),
        c(content="</think> is a tag"),
        c(reasoning=", so"),
        c(content="</think>"),
        f(),
        DONE,
        thought="Hm, so",
        text="Let me see. </think> is a tag</think>",
    ),
    completions(
        "in reasoning and its details at once",
        c(reasoning="Hm", reasoning_details=[{"type": "reasoning.text", "text": "Hm"}]),
        c(content="Yes"),
        f(),
        DONE,
        thought="Hm",
        text="Yes",
    ),
    completions(
        "after the text has begun",
        c(content="Yes"),
        c(reasoning_content="Hm"),
        c(content=" indeed"),
        f(),
        DONE,
        text="Yes indeed",
        thought="Hm",
    ),
    *spread(
        both(f"between tags, {kind}", texts(pieces), thought=thought, text=text)
        for kind, (pieces, thought, text) in TAGGED.items()
    ),
    *spread(both(f"{kind} is text", texts(pieces), text="".join(pieces)) for kind, pieces in PLAIN.items()),
    *both("a closing tag alone", texts(("Hm, ", "so</thi", "nk>Yes")), thought="Hm, so", text="Yes"),
    *both("a closing tag alone, first", texts(("</think>", "Yes")), text="Yes"),
    *both("a closing tag alone, last", texts(("Hm, so", "</think>")), thought="Hm, so", text=""),
    *both(
        "a closing tag alone, where the server is known for it",
        texts(("Hm, ", "so</thi", "nk>\n\nYes")),
        thought="Hm, so",
        text="Yes",
        learnt=Learnt(begins_in_thought=True),
    ),
    *both(
        "no tag at all, where the server is known for a closing one",
        texts(("Yes, ", "it <", "is. ")),
        thought="Yes, it <is.",
        text="Yes, it <is.",
        learnt=Learnt(begins_in_thought=True),
    ),
    *both(
        "both tags, where the server is known to begin in thought",
        texts(("<think>Hm</think>Yes",)),
        thought="Hm",
        text="Yes",
        learnt=Learnt(begins_in_thought=True),
    ),
    *both(
        "a closing tag that follows thoughts in a field",
        lambda wire: stream(wire, wire.thought("Hm"), wire.said("</think>"), wire.said("\n\nYes")),
        thought="Hm",
        text="Yes",
    ),
    *both(
        "a closing tag in a text that has thoughts in a field in its middle is text",
        lambda wire: stream(wire, wire.said("Say "), wire.thought("Hm"), wire.said("</think> to close it.")),
        text="Say </think> to close it.",
        thought="Hm",
    ),
    *both(
        "between tags, never closed, at its limit",
        lambda wire: stream(wire, wire.said("<think>Hm"), wire.ended("length"), wire.mark, end=False),
        thought="Hm",
        end=Finished("length"),
    ),
    completions(
        "between tags, before a tool call",
        c(content="<think>Hm</think>"),
        c(tool_calls=[{"index": 0, "id": "a", "function": {"name": "x", "arguments": "{}"}}]),
        f("tool_calls"),
        DONE,
        thought="Hm",
        calls=(("a", "x", "{}"),),
        end=Finished("tool_calls"),
    ),
    completions(
        "between tags in typed parts",
        c(content=[{"type": "text", "text": "<think>Hm</thi"}]),
        c(content=[{"type": "text", "text": "nk>Yes"}]),
        f(),
        DONE,
        thought="Hm",
        text="Yes",
    ),
    messages(
        "in blocks of their own",
        start(),
        block("thinking", 0, thinking="H", signature=""),
        h("m"),
        d("signature_delta", signature="c2ln"),
        block("redacted_thinking", 1, data="x"),
        block("text", 2, text=""),
        d("text_delta", 2, text="Yes"),
        m(),
        STOP,
        thought="Hm",
        text="Yes",
    ),
]
