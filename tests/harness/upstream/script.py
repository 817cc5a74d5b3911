"""What the scripted upstream answers: one `Script` per request, in no provider's format."""

from typing import Any, Literal

import msgspec

WORDS = (
    *("The", "river", "keeps", "its", "own", "time", "and", "the", "town", "has", "learned", "to", "live", "by"),
    *("it,", "so", "every", "bridge", "carries", "a", "clock", "that", "nobody", "winds."),
)

Fault = Literal["hang", "close", "reset", "end", "error", "error_event", "malformed"]


class ToolFragment(msgspec.Struct, forbid_unknown_fields=True):
    """A fragment of a tool call; empty strings are left out on the wire."""

    index: int = 0
    id: str = ""
    name: str = ""
    arguments: str = ""


class Script(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The behaviour of the upstream for one request. All durations are in seconds.

    A *piece* is one reasoning piece, tool fragment or text piece, in this order; each travels in a chunk of its own.

    What is said
        text            the pieces of the answer; None: `default_text(tokens)`, cut at the request's `max_tokens`
        tokens          length of the default answer
        stamps          every text piece is the monotonic time of its sending ("12345.678901 ") instead
        reasoning       pieces of thinking, before the text
        hidden          how many tokens of thinking nobody is shown; they count, and towards the request's `max_tokens`
        reasoning_field name of the field that carries them
        tool_calls      fragments, after the thinking
        finish_reason   None: no chunk carries one
        usage           "chunk": a chunk of its own; "last": on the finishing chunk; "every": on each chunk,
                        cumulative; "off": none. "chunk" is only sent when the request asks for usage
        prompt_tokens   how many tokens the prompt is; None: as many as it has words
        cached_tokens   how many of them were cached
        written_tokens  how many more were written to the cache, in Anthropic's format
        hour_tokens     how many of these for an hour
        cache_seconds   instead of all three: prompts are cached as Anthropic documents it (`cache.py`), for so long
        usage_json      the last usage object, verbatim, instead of what was counted...
        start_json      ...and the first one: with the first chunk, or in Anthropic's `message_start`
        usage_place     where OpenAI's stands: "usage", "choice" (in the first choice) or "x_groq"
        head_json       what every chunk has beside its choices, such as `{"service_tier": "priority"}`
        done            whether the end is marked ([DONE])
        raw             bytes sent verbatim instead of all the above, one write (and one piece) each

    When it is said
        delay_headers   before the status line
        delay_first     before the first piece
        delay           before every other piece

    What goes wrong
        status, headers an answer other than 200 is not streamed; its body is an error in the provider's format...
        body            ...or this. Also with status 200 (JSON or HTML where a stream was expected)
        error_type, error_code, error_message
                        the error's words, for a status and for `then`
        refuses         parameters for whose sake a request is turned down...
        wording         ...in these words: "openai", "fastapi" (all of them at once), "forbidden" (Pydantic's), "plain"
        n_ctx           a prompt of more tokens is turned down as llama.cpp does; with the numbers if `tells_window`
        refuses_silently
                        that, to a streamed question, is an event stream without an event (llama-cpp-python)
        then            what happens once `after` pieces were sent (0: nothing but the headers):
                        "hang": silence; "close": the connection closes in the middle of the body; "reset": the same
                        with a TCP reset; "end": the body ends as if that were all; "error": an error object as data,
                        then the end; "error_event": an `event: error` with a top-level message, then the end;
                        "malformed": an event that is not JSON, then everything goes on
        before_headers  `then` ("hang", "close" or "reset") happens before the status line
        hang_seconds    "hang" ends after this time, or at `Upstream.release`, and everything goes on
        ping_every      "hang" sends a comment as often as this

    In Anthropic's format `finish_reason` is translated ("stop" to "end_turn" and so on; a word it does not know goes
    out as it is), `usage` counts the input at the start and the output at the end ("every": after every piece), a ping
    is an event, the end mark is `message_stop`, `reasoning_field` and `error_code` mean nothing.
    """

    text: list[str] | None = None
    tokens: int = 20
    stamps: bool = False
    reasoning: list[str] = []
    hidden: int = 0
    reasoning_field: str = "reasoning_content"
    tool_calls: list[ToolFragment] = []
    finish_reason: str | None = "stop"
    usage: Literal["chunk", "last", "every", "off"] = "chunk"
    prompt_tokens: int | None = None
    cached_tokens: int = 0
    written_tokens: int = 0
    hour_tokens: int = 0
    cache_seconds: float | None = None
    usage_json: dict[str, Any] | None = None
    start_json: dict[str, Any] | None = None
    usage_place: Literal["usage", "choice", "x_groq"] = "usage"
    head_json: dict[str, Any] = {}
    done: bool = True
    raw: list[bytes] | None = None

    delay_headers: float = 0
    delay_first: float = 0
    delay: float = 0

    status: int = 200
    headers: dict[str, str] = {}
    body: str | None = None
    error_type: str = "server_error"
    error_code: str | None = None
    error_message: str = "The scripted upstream was told to fail."
    refuses: list[str] = []
    wording: Literal["openai", "fastapi", "forbidden", "plain"] = "openai"
    n_ctx: int | None = None
    tells_window: bool = True
    refuses_silently: bool = False
    then: Fault | None = None
    after: int = 0
    before_headers: bool = False
    hang_seconds: float | None = None
    ping_every: float | None = None

    def pieces(self, max_tokens: int | None) -> tuple[list[str], str | None]:
        """Return the text pieces and the finish reason for a request with this limit."""
        if self.text is not None:
            return self.text, self.finish_reason
        if max_tokens is not None and self.hidden:
            max_tokens = max(0, max_tokens - self.hidden)
        if max_tokens is not None and max_tokens < self.tokens:
            return default_pieces(max_tokens), "length"
        return default_pieces(self.tokens), self.finish_reason

    def thought(self, max_tokens: int | None) -> int:
        """Return how many hidden tokens a request with this limit takes."""
        return self.hidden if max_tokens is None else min(self.hidden, max_tokens)


def default_pieces(tokens: int) -> list[str]:
    """Return the first `tokens` words of an endless text, as a model would cut it: all but the first with a space."""
    return [WORDS[i % len(WORDS)] if i == 0 else " " + WORDS[i % len(WORDS)] for i in range(tokens)]


def default_text(tokens: int = 20) -> str:
    """Return what an unscripted model answers."""
    return "".join(default_pieces(tokens))


def prompt_tokens(script: Script, body: dict[str, Any]) -> int:
    """Count the words of all messages and of the system prompt beside them; this upstream's tokens are words.

    Unless the script has a count of its own.
    """
    if script.prompt_tokens is not None:
        return script.prompt_tokens
    said = [message.get("content") for message in body.get("messages") or ()]
    return sum(len(str(words or "").split()) for words in (*said, body.get("system")))
