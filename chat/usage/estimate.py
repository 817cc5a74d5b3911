"""Estimates the tokens of a text, where the provider did not count them, from where it did.

A tokenizer gives common words one token, long words more, and other scripts a part of a token for each character. How
much each such feature of a text weighs differs from model to model, so it is fitted to the counts that providers report
(ridge regression: weighted least squares with a prior). Nothing is downloaded, and nothing is done per token.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final, Self

Vector = list[float]

BLOCK: Final = re.compile(r"\n\s*\n")
WORD: Final = re.compile("[A-Za-z\u00c0-\u024f]+")
# Letters of a word beyond these make further tokens of it.
SHORT_WORD: Final = 4
# Tokenizers know English best, and cut source code differently again: words weigh by the kind of text they stand in.
KINDS: Final = ("English", "other", "code")
# Half of the words of English prose are these.
COMMON: Final = frozenset(
    WORD.findall(
        "the of and to a in is that it for as with was on are be by this an or not from you which have at can if will "
        "has but they your one all we there when more so no their what up out about who them then some would other "
        "into its only two may do any my than these how he she his her were been had our me i"
    )
)
ENGLISH_SHARE: Final = 0.2
CODE_SHARE: Final = 0.12
# Punctuation; of a run of the same sign only the last counts.
SYMBOL: Final = re.compile(r"([!-/:-@\[-`{-~])(?!\1)")
# What is counted by the character, and how many tokens one character is in the vocabularies of the large models.
CHARACTERS: Final = {
    "capital": (re.compile("[A-Z]"), 0.1),
    "digit": (re.compile("[0-9]"), 0.4),
    "repeated": (re.compile(r"([!-/:-@\[-`{-~])(?=\1)"), 0.1),
    "line": (re.compile("\n+"), 0.6),
    "indent": (re.compile("(?<=[ \t\n])[ \t]+"), 0.4),
    "accented": (re.compile("[\u00c0-\u024f]"), 0.4),
    "kana": (re.compile("[\u3040-\u30ff\u31f0-\u31ff]"), 0.6),
    "han": (re.compile("[\u2e80-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"), 0.9),
    "hangul": (re.compile("[\u1100-\u11ff\uac00-\ud7af]"), 0.7),
    "alphabet": (re.compile("[\u0250-\u10ff]"), 0.4),
    "other": (re.compile("[\u0080-\u00bf\u1200-\u2e7f\ua000-\uabff\ufb00-\ufeff\U00010000-\U0010ffff]"), 1.0),
}
ASCII_ONLY: Final = 5
# Tokens, for each kind of text: of a word, of each letter beyond `SHORT_WORD`, of a sign. In PRIOR follow the
# characters, a message of a prompt, and the prompt itself.
OF_WORDS: Final = (1.0, 0.12, 0.8, 1.2, 0.25, 0.8, 1.1, 0.15, 0.7)
PRIOR: Final = (*OF_WORDS, *(weight for _, weight in CHARACTERS.values()), 4.0, 3.0)
FEATURES: Final = len(PRIOR)
# Standard deviation of a weight from its prior: a constant, and a share of the prior.
SPREAD, SPREAD_SHARE = 0.08, 0.45
# Standard deviation of a count from the best fit: a constant in tokens, and a share of the count.
NOISE_TOKENS, NOISE_SHARE = 3.0, 0.1
# Each observation weighs so much of the one after it: providers change their vocabularies.
FADING: Final = 0.995
# Longer texts, in characters, are not learnt from: they cost time and add nothing.
LONGEST_SAMPLE: Final = 20_000
# A count above this is of something that was not shown; no vocabulary explains it.
MOST_TOKENS_PER_CHAR: Final = 4.0


def features(text: str) -> Vector:
    """Return how often each feature is in `text`, in the order of PRIOR."""
    words = {kind: [0, 0, 0] for kind in KINDS}
    for block in BLOCK.split(text):
        found, symbols = WORD.findall(block), len(SYMBOL.findall(block))
        count = words[_kind(found, symbols)]
        count[0] += len(found)
        count[1] += sum(len(word) - SHORT_WORD for word in found if len(word) > SHORT_WORD)
        count[2] += symbols
    patterns = [pattern for pattern, _ in CHARACTERS.values()]
    counted = patterns[:ASCII_ONLY] if text.isascii() else patterns
    characters = [len(pattern.findall(text)) for pattern in counted] + [0] * (len(patterns) - len(counted))
    return [float(number) for number in (*(n for kind in KINDS for n in words[kind]), *characters, 0, 0)]


def _kind(words: list[str], symbols: int) -> str:
    if symbols > CODE_SHARE * sum(map(len, words)):
        return "code"
    common = sum(word.lower() in COMMON for word in words)
    return "English" if common > ENGLISH_SHARE * len(words) else "other"


def prompt_features(turns: Iterable[str]) -> Vector:
    """Return the features of a prompt made of these messages."""
    return combined([features(turn) for turn in turns])


def combined(each: Sequence[Vector]) -> Vector:
    """Return the features of a prompt whose messages have these."""
    found = [sum(column) for column in zip(*each, strict=True)] or [0.0] * FEATURES
    return [*found[:-2], float(len(each)), 1.0 if each else 0.0]


@dataclass(slots=True)
class TokenRegression:
    """The regression of one model: weighted sums of products of features, and of features and reported counts."""

    products: list[Vector]
    counts: Vector
    # Kept: solving takes longer than estimating most texts.
    _weights: Vector | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def untrained(cls) -> Self:
        """Nothing learnt yet."""
        return cls([[0.0] * FEATURES for _ in range(FEATURES)], [0.0] * FEATURES)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return what `to_json` gave; untrained where it was made with other features."""
        products, counts = value.get("products", []), value.get("counts", [])
        if len(counts) != FEATURES or len(products) != FEATURES:
            return cls.untrained()
        lower = [list(map(float, row)) for row in products]
        return cls([[lower[max(i, j)][min(i, j)] for j in range(FEATURES)] for i in range(FEATURES)], counts)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; of the symmetric products the lower half."""
        lower = [[float(f"{self.products[i][j]:.9g}") for j in range(i + 1)] for i in range(FEATURES)]
        return {"products": lower, "counts": [float(f"{count:.9g}") for count in self.counts]}

    def observe(self, features: Vector, tokens: int) -> None:
        """Learn that a text with these features was so many tokens."""
        self._weights = None
        weight = 1 / (NOISE_TOKENS**2 + (NOISE_SHARE * tokens) ** 2)
        for i, one in enumerate(features):
            row = self.products[i]
            self.counts[i] = self.counts[i] * FADING + weight * one * tokens
            for j, other in enumerate(features):
                row[j] = row[j] * FADING + weight * one * other

    def weights(self) -> Vector:
        """Return the tokens of each feature, none below zero. Solved once after each change."""
        if self._weights is None:
            self._weights = self._solve()
        return self._weights

    def _solve(self) -> Vector:
        free = list(range(FEATURES))
        while True:
            found = [0.0] * FEATURES
            for place, weight in zip(free, self._fit(free), strict=True):
                found[place] = weight
            below = [place for place in free if found[place] < 0]
            if not below:
                return found
            free = [place for place in free if place not in below]

    def _fit(self, free: Sequence[int]) -> Vector:
        trust = [1 / (SPREAD + SPREAD_SHARE * weight) ** 2 for weight in PRIOR]
        rows = [
            [self.products[i][j] + (trust[i] if i == j else 0.0) for j in free] + [self.counts[i] + trust[i] * PRIOR[i]]
            for i in free
        ]
        return _solve(rows)


UNTRAINED: Final = TokenRegression.untrained()


def estimate_tokens(text: str, regression: TokenRegression = UNTRAINED) -> int:
    """Return about how many tokens `text` is, 0 for an empty text."""
    return ceil(predicted(features(text), regression.weights()))


def estimate_prompt_tokens(turns: Iterable[str], regression: TokenRegression = UNTRAINED) -> int:
    """Return about how many tokens a prompt made of these messages is."""
    return ceil(predicted(prompt_features(turns), regression.weights()))


def is_instructive(chars: int, tokens: int) -> bool:
    """Whether a text of so many characters and tokens is worth learning from."""
    return 0 < chars <= LONGEST_SAMPLE and 0 < tokens <= chars * MOST_TOKENS_PER_CHAR


def predicted(features: Vector, weights: Vector) -> float:
    """Return how many tokens a text with these features is, unrounded."""
    return sum(weight * number for weight, number in zip(weights, features, strict=True))


def _solve(rows: list[Vector]) -> Vector:
    """Solve symmetric positive definite equations, each a row with its right side last, by elimination."""
    size = len(rows)
    for i in range(size):
        for j in range(i + 1, size):
            factor = rows[j][i] / rows[i][i]
            if factor:
                rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i], strict=True)]
    found = [0.0] * size
    for i in reversed(range(size)):
        known = sum(rows[i][j] * found[j] for j in range(i + 1, size))
        found[i] = (rows[i][size] - known) / rows[i][i]
    return found
