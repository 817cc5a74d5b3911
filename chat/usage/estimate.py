"""How many tokens a text may be, where the provider did not say."""

from collections.abc import Iterable
from math import ceil

# Characters of overhead a chat format adds to each message, in tokens: role, separators.
TOKENS_PER_TURN = 4


def estimate_tokens(text: str) -> int:
    """Return about how many tokens `text` is, by the kind of its characters; 0 for an empty text.

    Byte-pair vocabularies hold about four ASCII characters in a token, two and a half of other alphabets, and
    one and a half of Chinese, Japanese and Korean.
    """
    ascii_chars = len(text.encode("ascii", "ignore"))
    cjk_chars = sum("\u2e80" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7af" for char in text)
    other_chars = len(text) - ascii_chars - cjk_chars
    return ceil(ascii_chars / 4 + other_chars / 2.5 + cjk_chars / 1.5)


def estimate_prompt_tokens(turns: Iterable[str]) -> int:
    """Return about how many tokens a prompt made of these messages is."""
    return sum(estimate_tokens(turn) + TOKENS_PER_TURN for turn in turns)
