"""When and why an answer ended: the signs of an end in a stream, and the finish reason each word means."""

import re
from typing import Final

from chat.errors import masked
from chat.events import Finished, FinishReason

# Words of OpenAI, Anthropic, Gemini, Cohere, Mistral, TGI, DeepSeek, MiniMax, Zhipu and of the gateways to them.
REASONS: Final[dict[str, FinishReason]] = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "completed"), "stop"),
    **dict.fromkeys(
        ("length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"), "length"
    ),
    **dict.fromkeys(("sensitive", "refusal", "recitation", "prohibited_content", "blocklist"), "content_filter"),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "function_call"), "tool_calls"),
}
# With and without a suffix that says what for.
FILTER: Final = re.compile("(?:safety|content_filter)")
FAILURES: Final = frozenset(
    ("abort", "error", "network_error", "timeout", "cancelled", "canceled", "insufficient_system_resource")
)
# Some servers give these in place of no reason; KoboldCpp the text "null".
NO_WORDS: Final = frozenset(("", "null", "none"))
DETAIL_CHARS: Final = 100


def is_reason(word: object) -> bool:
    """Whether a finish reason of the wire, whatever it is, names a reason."""
    return isinstance(word, str) and word.strip().lower() not in NO_WORDS


def is_failure(word: str) -> bool:
    """Whether a reason says that the answer broke off."""
    return word.strip().lower() in FAILURES


def finished(word: str) -> Finished:
    """Return the end that a reason names; one on no list is `other`, with the provider's own word."""
    plain = word.strip().lower()
    if FILTER.match(plain):
        return Finished("content_filter")
    reason = REASONS.get(plain)
    return Finished(reason) if reason else Finished("other", masked(word, limit=DETAIL_CHARS))


class EndSigns:
    """What a stream has shown of its end so far. A reason is none: some gateways give one with every chunk.

    `done`: the end mark came. `reason`: the last one that was given, as the provider said it, and `reasons` how many
    were. `goes_on`: words came after one, and no counts after them, so that a line that is lost then is no end.
    """

    __slots__ = ("_has_gone_on", "_is_last", "done", "goes_on", "reason", "reasons")

    def __init__(self) -> None:
        self.done = False
        self.reason = ""
        self.reasons = 0
        self.goes_on = False
        self._has_gone_on = False
        # One that stands alone, after something was said, is most likely the last.
        self._is_last = False

    def give(self, word: object) -> None:
        """Take note of a reason, if it is one; the last one counts."""
        if isinstance(word, str) and is_reason(word):
            self.reason = word
            self.reasons += 1

    def go_on(self) -> None:
        """Take note of words that came after a reason."""
        self._has_gone_on = self.goes_on = True
        self._is_last = False

    def close(self, *, after_something: bool, counted: bool) -> None:
        """Take note of an event without words that had a reason, or counts after one."""
        self._is_last = not self._has_gone_on and after_something
        self.goes_on = self.goes_on and not counted

    @property
    def may_be_over(self) -> bool:
        """Whether the answer may have ended: its end mark came, or a reason was given."""
        return self.done or self.reason != ""

    @property
    def is_settled(self) -> bool:
        """Whether most likely nothing but the usage, the end mark and the end of the body is still to come."""
        return self.done or self._is_last

    def is_over(self, deltas: int) -> bool:
        """Whether an answer of so many `deltas` whose line is lost now is whole.

        It is where its end mark came, or a reason that came once, at its end. Where each piece comes with one, none of
        them says that it was the last; counts after them do.
        """
        was_counted = self._has_gone_on and not self.goes_on
        is_last = self._is_last or deltas > self.reasons or was_counted
        return self.done or (self.reason != "" and not self.goes_on and is_last)
