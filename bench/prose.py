"""Words as frequent as in a language: the second half as often as the first, the third a third as often."""

import random
from itertools import accumulate
from typing import Final

RARE: Final = "zanzibar"
FREQUENT: Final = "river"
WORDS_PER_MESSAGE: Final = 60
VOCABULARY: Final = 20_000


class Prose:
    """The same texts at each run."""

    def __init__(self) -> None:
        self._chance = random.Random(7)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self._words = ["".join(self._chance.choices(letters, k=self._chance.randint(2, 9))) for _ in range(VOCABULARY)]
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(VOCABULARY)))

    def words(self, count: int) -> list[str]:
        """Return so many words."""
        return self._chance.choices(self._words, cum_weights=self._weights, k=count)

    def message(self, number: int) -> str:
        """Return a message: every second one holds the frequent word, every 50,000th and the seventh the rare one."""
        words = self.words(WORDS_PER_MESSAGE)
        if number % 2:
            words.append(FREQUENT)
        if number % 50_000 == 49_999 or number == 7:
            words.append(RARE)
        return " ".join(words)
