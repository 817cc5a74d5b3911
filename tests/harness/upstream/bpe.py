"""A tokenizer as real models have: pairs of pieces, merged in the order in which training found them most frequent.

It learns its vocabulary from text (byte-pair encoding on characters, a space belongs to the word after it), and knows
nothing of the estimator that it is the truth for.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

# Words with the space before them, digits up to three, runs of signs, runs of white space.
CHUNK = re.compile(r" ?[^\W\d_]+| ?\d{1,3}| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s+")
Pair = tuple[str, str]


class Tokenizer:
    """Cuts text into the pieces of a vocabulary; what the vocabulary lacks is cut into characters."""

    def __init__(self, ranks: dict[Pair, int]) -> None:
        self._ranks = ranks
        self._chunk = cache(self._cut)

    @classmethod
    def trained(cls, texts: Iterable[str], merges: int) -> "Tokenizer":
        """Learn so many merges."""
        counts = Counter(chunk for text in texts for chunk in CHUNK.findall(text))
        words = [(list(chunk), count) for chunk, count in counts.items()]
        pairs: Counter[Pair] = Counter()
        places: defaultdict[Pair, set[int]] = defaultdict(set)
        for number, (pieces, count) in enumerate(words):
            for pair in pairwise(pieces):
                pairs[pair] += count
                places[pair].add(number)
        ranks: dict[Pair, int] = {}
        while len(ranks) < merges and pairs:
            best = max(pairs, key=lambda pair: (pairs[pair], pair))
            ranks[best] = len(ranks)
            for number in places.pop(best):
                pieces, count = words[number]
                for pair in pairwise(pieces):
                    pairs[pair] -= count
                    if pairs[pair] <= 0:
                        del pairs[pair]
                pieces[:] = merged(pieces, best)
                for pair in pairwise(pieces):
                    pairs[pair] += count
                    places[pair].add(number)
            pairs.pop(best, None)
        return cls(ranks)

    def pieces(self, text: str) -> list[str]:
        """Return the tokens of `text`; joined they are the text."""
        return [piece for chunk in CHUNK.findall(text) for piece in self._chunk(chunk)]

    def _cut(self, chunk: str) -> tuple[str, ...]:
        pieces = list(chunk)
        while len(pieces) > 1:
            pair = min(pairwise(pieces), key=lambda pair: self._ranks.get(pair, 10**9))
            if pair not in self._ranks:
                break
            pieces = merged(pieces, pair)
        return tuple(pieces)


def merged(pieces: list[str], pair: Pair) -> list[str]:
    """Return the pieces with every occurrence of `pair` made one."""
    found: list[str] = []
    for piece in pieces:
        if found and (found[-1], piece) == pair:
            found[-1] += piece
        else:
            found.append(piece)
    return found
