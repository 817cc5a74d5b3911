"""What a case of the table is, and the bytes of both formats that cases are put together from."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from chat.events import Finished, Picture, Usage
from chat.providers.anthropic.decoder import MessagesDecoder
from chat.providers.base import NOTHING_LEARNT, Learnt
from chat.providers.decoder import StreamDecoder
from chat.providers.openai.decoder import CompletionDecoder

PLAIN_END: Final = Finished("stop")


@dataclass(frozen=True, slots=True)
class Fails:
    """An end that is an error: its code, and words that a person reads."""

    code: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Sale:
    """A model at an address, and what a request costs there; None where nobody can know."""

    model: str
    address: str
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Case:
    """The body of an answer, and what is right about it.

    `calls` are the tool calls as (id, name, arguments). `usage` None: nothing was counted. `told`: the person is told
    that a piece could not be read. `sale` is only looked at where money is the point.
    """

    kind: str
    wire: "Format"
    body: bytes
    text: str = ""
    thought: str = ""
    calls: tuple[tuple[str, str, str], ...] = ()
    pictures: tuple[Picture, ...] = ()
    end: Finished | Fails = PLAIN_END
    usage: Usage | None = None
    told: bool = False
    learnt: Learnt = NOTHING_LEARNT
    sale: Sale | None = None

    def __str__(self) -> str:
        return f"{self.wire.name}: {self.kind}"


def event(value: Any, name: str = "") -> bytes:
    """Return one event; halves of characters go out as the escapes that JSON has for them."""
    text = json.dumps(value, ensure_ascii=False)
    if any("\ud800" <= character <= "\udfff" for character in text):
        text = json.dumps(value)
    return (f"event: {name}\n" if name else "").encode() + b"data: " + text.encode() + b"\n\n"


# OpenAI's chat completions.


def chunk(delta: Any, reason: Any = None, **more: Any) -> bytes:
    return event({"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more})


def c(**delta: Any) -> bytes:
    """A chunk with this delta."""
    return chunk(delta)


def f(reason: Any = "stop", **more: Any) -> bytes:
    """A chunk with an empty delta and this reason."""
    return chunk({}, reason, **more)


def u(usage: Any, **more: Any) -> bytes:
    """A chunk without choices that has the usage, and the end mark."""
    return event({"id": "c", "choices": [], "usage": usage, **more}) + DONE


DONE: Final = b"data: [DONE]\n\n"


# Anthropic's messages.


def typed(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def start(usage: Any = None) -> bytes:
    return typed("message_start", message={"id": "m", "role": "assistant", "content": [], "usage": usage})


def block(kind: str, index: Any = 0, **fields: Any) -> bytes:
    return typed("content_block_start", index=index, content_block={"type": kind, **fields})


def d(kind: str, index: Any = 0, **fields: Any) -> bytes:
    """A delta of a block."""
    return typed("content_block_delta", index=index, delta={"type": kind, **fields})


def t(text: Any) -> bytes:
    return d("text_delta", text=text)


def h(thought: Any) -> bytes:
    return d("thinking_delta", thinking=thought)


def m(reason: Any = "end_turn", usage: Any = None, **more: Any) -> bytes:
    """The delta of the message: the reason for the end, and the usage."""
    return typed("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage, **more)


STOP: Final = typed("message_stop")


@dataclass(frozen=True, slots=True)
class Format:
    """How a format says the same: words and thoughts, perhaps with a reason to end on them, the end and its mark."""

    name: str
    decoder: Callable[..., StreamDecoder]
    start: bytes
    said: Callable[..., bytes]
    thought: Callable[..., bytes]
    ended: Callable[..., bytes]
    mark: bytes


def _said(text: str, reason: Any = None) -> bytes:
    return t(text) + (b"" if reason is None else m(reason))


def _thought(text: str, reason: Any = None) -> bytes:
    return h(text) + (b"" if reason is None else m(reason))


COMPLETIONS: Final = Format(
    "completions",
    CompletionDecoder,
    chunk({"role": "assistant", "content": ""}),
    lambda text, reason=None: chunk({"content": text}, reason),
    lambda text, reason=None: chunk({"reasoning_content": text}, reason),
    lambda reason="stop": f(reason),
    DONE,
)
MESSAGES: Final = Format(
    "messages",
    MessagesDecoder,
    start() + block("text", text=""),
    _said,
    _thought,
    lambda reason="stop": m(reason),
    STOP,
)
FORMATS: Final = (COMPLETIONS, MESSAGES)


def both(kind: str, body: Callable[[Format], bytes], **right: Any) -> list[Case]:
    """Return a case for each format."""
    return [Case(kind, wire, body(wire), **right) for wire in FORMATS]


def stream(wire: Format, *pieces: bytes, end: bool = True) -> bytes:
    """Return a stream of these pieces, from its start to a plain end."""
    return b"".join((wire.start, *pieces, *((wire.ended(), wire.mark) if end else ())))


def completions(kind: str, *pieces: bytes, **right: Any) -> Case:
    return Case(kind, COMPLETIONS, b"".join(pieces), **right)


def messages(kind: str, *pieces: bytes, **right: Any) -> Case:
    return Case(kind, MESSAGES, b"".join(pieces), **right)


def spread(cases: Iterable[list[Case]]) -> list[Case]:
    return [case for group in cases for case in group]
