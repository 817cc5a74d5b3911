"""What a provider did not count is estimated well once others of its answers were counted.

The truth is a tokenizer that was trained on real text (`tests/harness/upstream/bpe.py`). The scripted upstream sends
its tokens one by one, so that its log has the true count of every answer, also of those that were cut off.
"""

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import httpx2
import pytest

from chat.usage.estimate import TokenRegression, estimate_prompt_tokens, estimate_tokens, features, prompt_features
from tests.harness.site import Site
from tests.harness.stream import one
from tests.harness.upstream.bpe import Tokenizer
from tests.harness.upstream.languages import KINDS, paragraphs
from tests.harness.upstream.process import Upstream
from tests.test_stop import ask_and_stop

OBSERVED, STOPPED = 50, 80
MERGES = 3000
# How much of each kind the tokenizer was trained on, in characters: most of it English, as everywhere.
TRAINED_ON = {"English": 250_000, "German": 60_000, "Japanese": 30_000, "code": 120_000}
TURN_TOKENS, PROMPT_TOKENS = 3, 3


class Speech:
    """Real text, and how its tokens are counted; what is said is nothing that the tokenizer was trained on."""

    def __init__(self) -> None:
        training: list[str] = []
        self._unseen: dict[str, list[str]] = {}
        for kind in KINDS:
            found = paragraphs(kind)
            length = 0
            for paragraph in found[::2]:
                if length < TRAINED_ON[kind]:
                    training.append(paragraph)
                    length += len(paragraph)
            self._unseen[kind] = found[1::2]
        self.tokenizer = Tokenizer.trained(training, MERGES)
        self._random = Random(5)  # noqa: S311

    def answer(self, kind: str) -> list[str]:
        """Return the tokens of an answer."""
        chosen = self._random.sample(self._unseen[kind], self._random.randint(3, 6))
        return self.tokenizer.pieces("\n\n".join(chosen))

    def question(self, kind: str, begin: str) -> tuple[str, int]:
        """Return a question, and how many tokens it is as a prompt."""
        chosen = self._random.sample(self._unseen[kind], self._random.randint(2, 4))
        text = f"{begin}: " + "\n\n".join(chosen)
        return text, len(self.tokenizer.pieces(text)) + TURN_TOKENS + PROMPT_TOKENS

    def partial(self, tokens: list[str]) -> list[str]:
        """Return the beginning of an answer."""
        return tokens[: self._random.randint(60, max(61, len(tokens)))]


@pytest.fixture(scope="module")
def speech() -> Speech:
    return Speech()


@pytest.fixture(scope="module")
def polyglot(site: Site) -> str:
    """A model of which nothing is known yet."""
    site.shell(
        "provider = Provider.objects.get(name='openai')",
        "ChatModel.objects.create(name='polyglot', upstream_name='polyglot', provider=provider)",
    )
    return "polyglot"


def test_estimates_of_answers_that_were_cut_off_are_near_the_truth(
    site: Site, alice: httpx2.Client, upstream: Upstream, speech: Speech, polyglot: str
) -> None:
    def ask(question: str) -> None:
        alice.post("/api/chat", json={"message": question, "model": polyglot})

    def script(name: str, kind: str, *, cut: bool) -> tuple[str, int, int]:
        question, prompt_tokens = speech.question(kind, name)
        answer = speech.answer(kind)
        said = speech.partial(answer) if cut else answer
        fault: dict[str, Any] = {"then": "close", "after": len(said)} if cut else {}
        upstream.script_prompt(name, text=answer, prompt_tokens=prompt_tokens, **fault)
        return question, prompt_tokens, len(said)

    with ThreadPoolExecutor(4) as pool:
        lessons = [script(f"Observed {n} of fifty", KINDS[n % 4], cut=False) for n in range(OBSERVED)]
        list(pool.map(ask, (question for question, _, _ in lessons)))
        tests = [script(f"Cut {n} of eighty", KINDS[n % 4], cut=True) for n in range(STOPPED)]
        list(pool.map(ask, (question for question, _, _ in tests)))
    names = "'prompt_tokens', 'completion_tokens', 'source'"
    rows = json.loads(
        site.shell(
            "import json",
            "answers = Message.objects.filter(role='assistant', model='polyglot').select_related('parent')",
            f"rows = {{r.pop('message_id').hex: r for r in UsageRecord.objects.values('message_id', {names})}}",
            "print(json.dumps({a.parent.content: rows[a.pk.hex] for a in answers}))",
        )
    )
    pieces = {record.body["messages"][-1]["content"]: record.pieces for record in upstream.log(polyglot)}
    errors: defaultdict[str, list[float]] = defaultdict(list)
    for number, (question, prompt_tokens, said) in enumerate(tests):
        row, kind = rows[question], KINDS[number % 4]
        assert row["source"] == "estimated"
        assert pieces[question] == said
        errors[kind].append(abs(row["completion_tokens"] - said) / said)
        errors[f"{kind} prompt"].append(abs(row["prompt_tokens"] - prompt_tokens) / prompt_tokens)
    assert [rows[question]["source"] for question, _, _ in lessons] == ["provider"] * OBSERVED
    means = {kind: sum(found) / len(found) for kind, found in errors.items()}
    assert len(means) == 8
    assert all(mean <= 0.1 for mean in means.values()), means


def test_a_stopped_answer_is_estimated_as_one_that_was_cut_off(alice: httpx2.Client, upstream: Upstream) -> None:
    prompt = "estimate this when it is stopped:"
    upstream.script_prompt(prompt, tokens=500, then="hang", after=20)
    received, _ = ask_and_stop(alice, prompt, after_tokens=1)
    charge = one(received, "usage")
    assert charge["source"] == "estimated"
    assert charge["prompt_tokens"] > 0
    assert one(received, "done")["finish_reason"] == "stopped"


@pytest.mark.parametrize("kind", KINDS)
def test_an_estimate_is_sane_before_anything_was_learnt(speech: Speech, kind: str) -> None:
    texts = ["".join(speech.answer(kind)) for _ in range(5)]
    for text in texts:
        truth = len(speech.tokenizer.pieces(text))
        assert 0.4 * truth < estimate_tokens(text) < 2 * truth


def test_nothing_is_no_token() -> None:
    assert (estimate_tokens(""), estimate_prompt_tokens([])) == (0, 0)


def test_what_was_learnt_is_kept_as_it_is() -> None:
    regression = TokenRegression.untrained()
    for number in range(1, 30):
        regression.observe(features("Ein Satz, der so lang ist. " * number), 11 * number)
        regression.observe(prompt_features(["def f(x): return x ** 2\n" * number]), 14 * number + 9)
    stored = TokenRegression.from_json(json.loads(json.dumps(regression.to_json())))
    text = "Ein Satz, der so lang ist. " * 7
    assert estimate_tokens(text, stored) == estimate_tokens(text, regression) == pytest.approx(77, rel=0.05)
    # Rows of an estimator with other features teach nothing.
    assert TokenRegression.from_json({"products": [[1.0]], "counts": [1.0]}) == TokenRegression.untrained()


def test_odd_text_has_an_estimate_too() -> None:
    for text in ("🦉" * 30, "न" * 30, "한" * 30, "ا" * 30, "\u2028\t\n", "a" * 100_000):
        assert 0 < estimate_tokens(text) <= 2 * len(text)
