"""How many tokens a text may be, where the provider did not say: learnt from where it did.

A vocabulary gives common words a token, long ones more, and other scripts a share of a token for each character.
What such a trait of a text weighs differs from model to model, so it is fitted to the counts that providers report
(weighted least squares, drawn to the prior where little is known). Nothing is downloaded, nothing is done per token.
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
# Vocabularies know English best, and what stands in programs is cut otherwise again: words weigh by where they stand.
KINDS: Final = ("English", "other", "code")
# A half of the words of English prose.
COMMON: Final = frozenset(
    WORD.findall(
        "the of and to a in is that it for as with was on are be by this an or not from you which have at can if will "
        "has but they your one all we there when more so no their what up out about who them then some would other "
        "into its only two may do any my than these how he she his her were been had our me i"
    )
)
ENGLISH_SHARE: Final = 0.2
CODE_SHARE: Final = 0.12
# Signs; of a row of the same ones only the last counts.
SYMBOL: Final = re.compile(r"([!-/:-@\[-`{-~])(?!\1)")
# What is counted by the character, and how many tokens one is in the vocabularies of the large models.
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
# For each kind a word, a letter of it beyond the short ones, and a sign; then by the character; then a turn of a
# prompt, and the prompt itself.
OF_WORDS: Final = (1.0, 0.12, 0.8, 1.2, 0.25, 0.8, 1.1, 0.15, 0.7)
PRIOR: Final = (*OF_WORDS, *(weight for _, weight in CHARACTERS.values()), 4.0, 3.0)
FEATURES: Final = len(PRIOR)
# How far from the prior a weight usually is, beside a share of itself.
SPREAD, SPREAD_SHARE = 0.08, 0.45
# How far a count usually is from the best fit: some tokens, and a share of itself.
NOISE_TOKENS, NOISE_SHARE = 3.0, 0.1
# Each lesson weighs so much of the one after it: providers change their vocabularies.
FADING: Final = 0.995
# Reading more than this of a text teaches no more.
LONGEST_SAMPLE: Final = 20_000
# Counts that no vocabulary explains are those of something that was not shown.
MOST_TOKENS_PER_CHAR: Final = 4.0


def features(text: str) -> Vector:
    """Return what of `text` makes tokens, in the order of PRIOR."""
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
    """What reported counts have taught about one model: sums of products of features, and of features and counts."""

    products: list[Vector]
    counts: Vector
    # Solving takes longer than most texts do.
    _weights: Vector | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def untrained(cls) -> Self:
        """Nothing learnt yet."""
        return cls([[0.0] * FEATURES for _ in range(FEATURES)], [0.0] * FEATURES)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return what `to_json` gave; nothing learnt where it was of other features."""
        products, counts = value.get("products", []), value.get("counts", [])
        if len(counts) != FEATURES or len(products) != FEATURES:
            return cls.untrained()
        lower = [list(map(float, row)) for row in products]
        return cls([[lower[max(i, j)][min(i, j)] for j in range(FEATURES)] for i in range(FEATURES)], counts)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it; of the products, which are symmetric, one half."""
        lower = [[float(f"{self.products[i][j]:.9g}") for j in range(i + 1)] for i in range(FEATURES)]
        return {"products": lower, "counts": [float(f"{count:.9g}") for count in self.counts]}

    def observe(self, features: Vector, tokens: int) -> None:
        """Take in that something with these features was so many tokens."""
        self._weights = None
        weight = 1 / (NOISE_TOKENS**2 + (NOISE_SHARE * tokens) ** 2)
        for i, one in enumerate(features):
            row = self.products[i]
            self.counts[i] = self.counts[i] * FADING + weight * one * tokens
            for j, other in enumerate(features):
                row[j] = row[j] * FADING + weight * one * other

    def weights(self) -> Vector:
        """Return what each trait weighs in tokens; none is below zero. Solved once for what is known."""
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
    """Return about how many tokens `text` is to a model of which this was learnt; 0 for an empty text."""
    return ceil(predicted(features(text), regression.weights()))


def estimate_prompt_tokens(turns: Iterable[str], regression: TokenRegression = UNTRAINED) -> int:
    """Return about how many tokens a prompt made of these messages is."""
    return ceil(predicted(prompt_features(turns), regression.weights()))


def is_instructive(chars: int, tokens: int) -> bool:
    """Whether a count tells something of a text so long."""
    return 0 < chars <= LONGEST_SAMPLE and 0 < tokens <= chars * MOST_TOKENS_PER_CHAR


def predicted(features: Vector, weights: Vector) -> float:
    """Return how many tokens something with these features is, unrounded."""
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
