"""What was learnt of models' vocabularies: read and written in the ledger's transaction."""

import random
from collections.abc import Sequence
from math import floor
from typing import Final

from django.db import connection

from chat.events import Usage
from chat.models import UsageRecord, Vocabulary
from chat.usage.estimate import (
    TokenRegression,
    estimate_prompt_tokens,
    estimate_tokens,
    features,
    is_instructive,
    prompt_features,
)

# Of a model that so many answers have taught only one answer in some is still read: who writes waits for it.
ENOUGH_ANSWERS: Final = 200
ONE_IN: Final = 8
# So many rows of the ledger are looked at for what a model does that hides its thoughts.
NEWEST: Final = 500

# Whoever says nothing for so long may be thinking; what comes sooner is said as it is thought.
SILENCE_SECONDS: Final = 1.0

_taught: dict[tuple[str, str], int] = {}


class TokenEstimator:
    """Estimates what a model's provider did not count, and learns from what it did."""

    def __init__(self, provider: str, model: str) -> None:
        self._name = {"provider": provider, "model": model}
        self._key = provider, model
        self._learns = _taught.get(self._key, 0) < ENOUGH_ANSWERS or not random.randrange(ONE_IN)  # noqa: S311
        self._regression: TokenRegression | None = None
        self._learnt: list[tuple[list[float], int]] = []

    @property
    def regression(self) -> TokenRegression:
        """What is known of the model; read once."""
        if self._regression is None:
            row = Vocabulary.objects.filter(**self._name).first()
            self._regression = TokenRegression.from_json(row.lessons) if row else TokenRegression.untrained()
        return self._regression

    def tokens(self, text: str) -> int:
        """Return about how many tokens a text is."""
        return estimate_tokens(text, self.regression)

    def prompt_tokens(self, turns: Sequence[str]) -> int:
        """Return about how many tokens a prompt made of these messages is."""
        return estimate_prompt_tokens(turns, self.regression)

    def hidden_tokens(self, seconds: float) -> int:
        """Return about how many tokens the model makes in so long, if its newest reports tell of thoughts; else 0.

        Thoughts whose first word came at once were shown.
        """
        newest = UsageRecord.objects.order_by("-created_at", "-id")
        names = ("provider", "model", "reasoning_tokens", "ttft_seconds", "completion_tokens", "elapsed_seconds")
        reports = [
            (tokens, took)
            for *key, hidden, silence, tokens, took in newest.values_list(*names)[:NEWEST]
            if (*key,) == self._key and hidden and (silence is None or silence >= SILENCE_SECONDS)
        ]
        took = sum(elapsed for _, elapsed in reports)
        return floor(seconds * sum(tokens or 0 for tokens, _ in reports) / took) if took else 0

    def learn(self, prompt: Sequence[str], said: str, thoughts: str, usage: Usage) -> None:
        """Note what a provider counted for a prompt and for what was said, of which a part was `thoughts`.

        Thoughts that are counted may have been shown in full, shortened or not at all: only the rest teaches.
        """
        if not self._learns:
            return
        chars = sum(map(len, prompt))
        if usage.prompt_tokens is not None and is_instructive(chars, usage.prompt_tokens):
            self._learnt.append((prompt_features(prompt), usage.prompt_tokens))
        if usage.completion_tokens is None:
            return
        hidden = usage.reasoning_tokens or 0
        shown, tokens = len(said) - (len(thoughts) if hidden else 0), usage.completion_tokens - hidden
        if is_instructive(shown, tokens):
            found = features(said)
            if hidden and thoughts:
                found = [all_of - part for all_of, part in zip(found, features(thoughts), strict=True)]
            self._learnt.append((found, tokens))

    def store(self) -> None:
        """Add what was noted to what is known. Takes the row's lock, so it comes last in a transaction."""
        if not self._learnt:
            return
        if connection.vendor != "sqlite" and not Vocabulary.objects.filter(**self._name).exists():
            # Of two that find none one waits here for the other's, then reads it.
            Vocabulary.objects.bulk_create([Vocabulary(**self._name)], ignore_conflicts=True)
        row = Vocabulary.objects.select_for_update().filter(**self._name).first() or Vocabulary(**self._name)
        regression = TokenRegression.from_json(row.lessons)
        for observed, tokens in self._learnt:
            regression.observe(observed, tokens)
        row.lessons = regression.to_json()
        row.answers += 1
        row.save()
        _taught[self._key] = row.answers
