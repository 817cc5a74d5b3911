"""Estimates tokens with what was learnt of each model's vocabulary; reads and writes it in the ledger's transaction."""

import random
from collections.abc import Sequence
from math import floor
from typing import Final

from django.db import connection

from chat import runtime
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

# Once so many answers of a model were learnt from, only one in `ONE_IN` still is: learning delays the writer.
ENOUGH_ANSWERS: Final = 200
ONE_IN: Final = 8
# How many of the newest rows of the ledger tell how fast a model reasons where nobody sees it.
NEWEST: Final = 500

# A model that says nothing for so long may be reasoning unseen; reasoning that comes sooner was shown.
SILENCE_SECONDS: Final = 1.0


class AnswersLearnt:
    """How many answers the estimator of each model has learnt from, by (provider, model), as this process knows it."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}


class TokenEstimator:
    """Estimates what a model's provider did not count, and learns from what it did."""

    def __init__(self, provider: str, model: str) -> None:
        self._name = {"provider": provider, "model": model}
        self._key = provider, model
        answers = runtime.part(AnswersLearnt).counts.get(self._key, 0)
        self._learns = answers < ENOUGH_ANSWERS or not random.randrange(ONE_IN)  # noqa: S311
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
        """Return about how many tokens the model makes in so many seconds of hidden reasoning; 0 if it does none.

        Whether it does, and how fast, is read from the newest rows with the provider's own counts. Reasoning whose
        first word came at once was shown.
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
        """Note what a provider counted for a prompt and for an answer, of which a part was reasoning (`thoughts`).

        Reasoning that is counted may have been shown in full, shortened or not at all: only the rest is learnt from.
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
        """Store what was noted. Takes the row's lock until the transaction ends, so call it last."""
        if not self._learnt:
            return
        if connection.vendor != "sqlite" and not Vocabulary.objects.filter(**self._name).exists():
            # Of two writers that find no row the second waits here for the first's, then reads it.
            Vocabulary.objects.bulk_create([Vocabulary(**self._name)], ignore_conflicts=True)
        row = Vocabulary.objects.select_for_update().filter(**self._name).first() or Vocabulary(**self._name)
        regression = TokenRegression.from_json(row.lessons)
        for observed, tokens in self._learnt:
            regression.observe(observed, tokens)
        row.lessons = regression.to_json()
        row.answers += 1
        row.save()
        runtime.part(AnswersLearnt).counts[self._key] = row.answers
