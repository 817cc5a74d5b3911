"""Characters that a server cut in half, at the border of two tokens, become whole again."""

from typing import Final

from chat.events import Finished, Usage
from tests.providers.real_shapes.case import (
    DONE,
    STOP,
    Case,
    block,
    both,
    c,
    chunk,
    completions,
    d,
    f,
    m,
    messages,
    start,
    stream,
    t,
)

HIGH, LOW = "\ud83c", "\udf89"
PARTY: Final = "\U0001f389"
CALL: Final = {"index": 0, "id": "a", "function": {"name": "say"}}

CASES: Final[list[Case]] = [
    *both(
        "in the middle",
        lambda wire: stream(wire, wire.said(f"Party {HIGH}"), wire.said(f"{LOW} time")),
        text=f"Party {PARTY} time",
    ),
    *both("first", lambda wire: stream(wire, wire.said(HIGH), wire.said(f"{LOW} time")), text=f"{PARTY} time"),
    *both("last", lambda wire: stream(wire, wire.said(f"Party {HIGH}"), wire.said(LOW)), text=f"Party {PARTY}"),
    *both("alone", lambda wire: stream(wire, wire.said(HIGH), wire.said(LOW)), text=PARTY),
    *both(
        "in a thought",
        lambda wire: stream(wire, wire.thought(f"Hm {HIGH}"), wire.thought(f"{LOW}."), wire.said("Yes")),
        thought=f"Hm {PARTY}.",
        text="Yes",
    ),
    *both(
        "with a thought in between",
        lambda wire: stream(
            wire, wire.said(f"a {HIGH}"), wire.thought(f"b {HIGH}"), wire.said(f"{LOW} c"), wire.thought(LOW)
        ),
        text=f"a {PARTY} c",
        thought=f"b {PARTY}",
    ),
    *both(
        "within think tags",
        lambda wire: stream(wire, *map(wire.said, (f"<think>a {HIGH}", f"{LOW} b</think>c {HIGH}", f"{LOW} d"))),
        thought=f"a {PARTY} b",
        text=f"c {PARTY} d",
    ),
    *both(
        "a first half that stays alone, in a long text",
        lambda wire: stream(wire, *map(wire.said, ("long " * 200, f"x {HIGH}", " y", " z" * 200))),
        text="long " * 200 + "x \ufffd y" + " z" * 200,
    ),
    *both(
        "a second half that stays alone",
        lambda wire: stream(wire, *map(wire.said, ("a ", f"{LOW} b"))),
        text="a \ufffd b",
    ),
    *both(
        "a first half at the very end",
        lambda wire: stream(wire, *map(wire.said, ("a ", HIGH))),
        text="a \ufffd",
    ),
    *both("nothing but a first half", lambda wire: stream(wire, wire.said(HIGH)), text="\ufffd"),
    *both(
        "halves in the wrong order",
        lambda wire: stream(wire, wire.said(LOW), wire.said(HIGH)),
        text="\ufffd\ufffd",
    ),
    *both(
        "three halves in a row",
        lambda wire: stream(wire, *map(wire.said, (HIGH, HIGH, LOW))),
        text=f"\ufffd{PARTY}",
    ),
    *both(
        "nothing else of the text changes",
        lambda wire: stream(
            wire, *map(wire.said, (f"\ufeff\ufffd\0 e\u0301 {PARTY} {HIGH}", f"{LOW} \u2028\r\n\t \ufffe"))
        ),
        text=f"\ufeff\ufffd\0 e\u0301 {PARTY} {PARTY} \u2028\r\n\t \ufffe",
    ),
    *both(
        "a pair in one piece, escaped",
        lambda wire: stream(wire, wire.said("x"), wire.said("PAIR")).replace(b"PAIR", rb"\ud83c\udf89"),
        text=f"x{PARTY}",
    ),
    completions(
        "with the reason and the counts on the half",
        c(content=f"Party {HIGH}"),
        chunk({"content": LOW}, "length", usage={"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}),
        DONE,
        text=f"Party {PARTY}",
        end=Finished("length"),
        usage=Usage(9, None, 3),
    ),
    completions(
        "in a field that nobody reads",
        chunk({"content": "Hello"}, None, system_fingerprint=HIGH),
        f(),
        DONE,
        text="Hello",
    ),
    completions(
        "in a tool call's arguments",
        c(tool_calls=[CALL]),
        c(tool_calls=[{"index": 0, "function": {"arguments": f'{{"a": "{HIGH}'}}]),
        c(tool_calls=[{"index": 0, "function": {"arguments": f'{LOW}"}}'}}]),
        f("tool_calls"),
        DONE,
        calls=(("a", "say", f'{{"a": "{PARTY}"}}'),),
        end=Finished("tool_calls"),
    ),
    messages(
        "in a tool call's arguments",
        start(),
        block("tool_use", id="a", name="say", input={}),
        d("input_json_delta", partial_json=f'{{"a": "{HIGH}'),
        d("input_json_delta", partial_json=f'{LOW}"}}'),
        m("tool_use"),
        STOP,
        calls=(("a", "say", f'{{"a": "{PARTY}"}}'),),
        end=Finished("tool_calls"),
    ),
    messages(
        "in the head of a block",
        start(),
        block("text", text=f"Party {HIGH}"),
        t(f"{LOW} time"),
        m(),
        STOP,
        text=f"Party {PARTY} time",
    ),
]
