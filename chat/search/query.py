"""A search query: its words, where they stand in a text, and the snippet around them."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chat import runtime

LONGEST_QUERY: Final = 200
SNIPPET_CHARS: Final = 160
CHARS_BEFORE: Final = 40
# Scripts that put no space between words, and characters that not every index takes for a part of one.
UNSPACED_RANGES: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1980-\u19df\u1cf2\u1cf3\u2e80-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
UNSPACED: Final = re.compile(f"[{UNSPACED_RANGES}]")
# What goes on a word of an alphabet: Latin words stand within such scripts without a space.
LETTER: Final = rf"[^\W_{UNSPACED_RANGES}]"
# Scripts before it are written in letters.
FIRST_SYLLABLE: Final = "\u1100"
WORD: Final = re.compile(r"[^\W_]+")

Piece = tuple[str, bool]


# All of Unicode would take 200 MB; so many letters take 3.
MOST_LETTERS: Final = 16_384


class FoldedLetters(dict[str, str]):
    """Each letter in lower case and without diacritics, as one character, so that positions in a text stay the same."""

    def __missing__(self, letter: str) -> str:
        parts = unicodedata.normalize("NFD", letter)
        plain = parts[0] if all(unicodedata.category(mark) == "Mn" for mark in parts[1:]) else letter
        folded = plain.lower() if len(plain.lower()) == 1 else plain
        if len(self) >= MOST_LETTERS:
            self.clear()
        # Most stay the same: then key and value are one object.
        self[letter] = folded if folded != letter else letter
        return folded


def fold(text: str) -> str:
    """Return a text as it is compared; it has as many characters as before."""
    return text.lower() if text.isascii() else "".join(map(runtime.part(FoldedLetters).__getitem__, text))


@dataclass(frozen=True)
class Terms:
    """What must all occur: words, the last of them as the beginning of one; or, not `by_word`, any pieces of text."""

    words: tuple[str, ...]
    by_word: bool

    @classmethod
    def parse(cls, query: str) -> "Terms":
        """Return the terms of a query, in which nothing but letters and digits means anything."""
        text = unicodedata.normalize("NFC", query[:LONGEST_QUERY].replace("\0", ""))
        words = WORD.findall(text)
        marked = any(unicodedata.category(each).startswith("M") for each in text)
        if not words or marked or UNSPACED.search(text):
            return cls(tuple(dict.fromkeys(text.split())), by_word=False)
        return cls((*dict.fromkeys(words[:-1]), words[-1]), by_word=True)

    def __bool__(self) -> bool:
        return bool(self.words)

    @property
    def is_single_letter(self) -> bool:
        """Whether it is one letter or digit of an alphabet; in other scripts, as in Hangul, one sign may be a word."""
        return self.by_word and len(self.words) == 1 and len(self.words[0]) == 1 and self.words[0] < FIRST_SYLLABLE

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        escaped = [re.escape(fold(word)) for word in self.words]
        if self.by_word:
            # The word first: Python looks for fixed characters far faster than for a place where a word begins.
            begins = [rf"{word}(?<!{LETTER}{word})" for word in escaped]
            escaped = [*(rf"{each}(?!{LETTER})" for each in begins[:-1]), begins[-1]]
        return [re.compile(pattern) for pattern in escaped]

    def match(self, text: str) -> bool:
        """Whether every word occurs in a text."""
        folded = fold(text)
        return all(pattern.search(folded) for pattern in self._patterns)

    def snippet(self, text: str) -> list[Piece]:
        """Return the piece of a text around the first word that was found: parts in order, True where one was."""
        folded = fold(text)
        first = min((found.start() for pattern in self._patterns if (found := pattern.search(folded))), default=0)
        begin = max(0, first - CHARS_BEFORE)
        if begin:
            # Not in the middle of a word.
            begin = max(text.rfind(" ", 0, begin + 1), text.rfind("\n", 0, begin + 1), begin - CHARS_BEFORE) + 1
        end = min(len(text), begin + SNIPPET_CHARS)
        spans = sorted(found.span() for pattern in self._patterns for found in pattern.finditer(folded, begin, end))
        pieces: list[Piece] = [("…", False)] if begin else []
        place = begin
        for start, stop in spans:
            if start >= place:
                pieces += [(text[place:start], False), (text[start:stop], True)]
                place = stop
        pieces += [(text[place:end], False), ("…" if end < len(text) else "", False)]
        return [(re.sub(r"\s+", " ", part), hit) for part, hit in pieces if part]
