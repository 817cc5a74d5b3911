"""What the words mean with which providers say why an answer ended: closed lists, the same for every format."""

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
