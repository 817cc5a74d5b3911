"""What is asked of a site whose books are audited: answers of every fate, in both formats, whole and streamed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx2

from tests.harness.books import dialects
from tests.harness.site import PEOPLE, Site
from tests.harness.stream import parse
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_pieces

Knobs = dict[str, Any]
# Of OpenAI's provider, then of Anthropic's, whose list has the same names.
MODELS: Final = ("gpt-4o", "gpt-4o-mini", "o3-mini", "tiny-local", "gpt-6-astra", "claude-opus-5")
AT_ONCE: Final = 24


@dataclass(frozen=True, slots=True)
class Question:
    """Something that is asked: by whom, of which model, how the upstream answers each request, and what is done.

    `stops`: the asker stops it at the first word. `whole`: it is asked for as JSON.
    """

    text: str
    person: str
    model: str
    scripts: tuple[Knobs, ...]
    stops: bool = False
    whole: bool = False


def questions(count: int, random: Random, label: str) -> list[Question]:
    """Return so many questions; each fate comes in turn, everything else by chance."""
    fates = (complete, thinking, cached, short, stopped, stopped, cut, retried, refused, uncounted, cut_again, early)
    found = []
    for number in range(count):
        model = random.choice(MODELS)
        fate = fates[number % len(fates)]
        found.append(
            Question(
                text=f"{label} {number}, please: " + " ".join(["word"] * random.randint(1, 300)),
                person=random.choice(PEOPLE),
                model=random.choice((model, f"anthropic/{model}")),
                scripts=fate(random),
                stops=fate is stopped,
                whole=fate is not stopped and random.random() < 0.3,
            )
        )
    return found


def told(count: int, random: Random, label: str) -> list[Question]:
    """Return so many questions, answered by servers of every dialect in turn."""
    named = [(dialect, "", models) for dialect, models in dialects.OPENAI.items()]
    named += [(dialect, "anthropic/", models) for dialect, models in dialects.ANTHROPIC.items()]
    found = []
    for number in range(count):
        dialect, prefix, models = named[number % len(named)]
        script = {"tokens": random.randint(1, 40)} | dialect(random, dialects.Counts.by_chance(random))
        text = f"{label} {number}, in words: " + " ".join(["word"] * random.randint(1, 50))
        # The second is for the title.
        found.append(Question(text, random.choice(PEOPLE), prefix + random.choice(models), (script, {})))
    return found


def complete(random: Random) -> tuple[Knobs, ...]:
    return ({"tokens": random.randint(1, 200), "usage": random.choice(["chunk", "last", "every"])},)


def thinking(random: Random) -> tuple[Knobs, ...]:
    return ({"reasoning": ["Hm. "] * random.randint(1, 50), "tokens": random.randint(1, 50)},)


def cached(random: Random) -> tuple[Knobs, ...]:
    return ({"cached_tokens": random.randint(1, 3), "tokens": random.randint(1, 50)},)


def short(random: Random) -> tuple[Knobs, ...]:
    return ({"tokens": random.randint(1, 50), "finish_reason": random.choice(["length", "content_filter"])},)


def stopped(random: Random) -> tuple[Knobs, ...]:
    usage = random.choice(["chunk", "every", "off"])
    return ({"tokens": 500, "then": "hang", "after": random.randint(1, 40), "usage": usage},)


def cut(random: Random) -> tuple[Knobs, ...]:
    fault = random.choice(["close", "reset", "end", "error"])
    return ({"tokens": 60, "then": fault, "after": random.randint(2, 40)}, {"text": default_pieces(90)[60:]})


def cut_again(random: Random) -> tuple[Knobs, ...]:
    return ({"tokens": 60, "then": "close", "after": random.randint(2, 40)},)


def retried(random: Random) -> tuple[Knobs, ...]:
    refusal = {"status": random.choice([429, 503]), "headers": {"Retry-After": "0"}}
    return (refusal, {"tokens": random.randint(1, 50)})


def refused(random: Random) -> tuple[Knobs, ...]:
    return ({"status": random.choice([400, 401, 404])},)


def uncounted(random: Random) -> tuple[Knobs, ...]:
    return ({"tokens": random.randint(1, 100), "usage": "off"},)


def early(random: Random) -> tuple[Knobs, ...]:
    """The line is lost before the first word, and again."""
    return ({"then": random.choice(["close", "end"]), "after": 0},)


@contextmanager
def keeping(data_dir: Path, upstream: Upstream, **environment: str) -> Iterator[Site]:
    """Run a site whose books are audited: both formats, titles, one retry and one continuation."""
    given = {
        "OPENAI_BASE_URL": upstream.base_url,
        "CHAT_TITLE_MODEL": "gpt-4o",
        "CHAT_TITLE_ANY_PROVIDER": "true",
        "CHAT_MAX_RETRIES": "1",
        "CHAT_MAX_CONTINUATIONS": "1",
        "CHAT_MAX_STREAMS_PER_USER": "0",
        **environment,
    }
    with Site(data_dir, given) as site:
        # Who lists a model first gives it its plain name.
        for model in MODELS:
            site.until_listed(model)
        site.stop()
        site.environment["ANTHROPIC_BASE_URL"] = upstream.anthropic_url
        site.start()
        for model in MODELS:
            site.until_listed(f"anthropic/{model}")
        yield site


def put(site: Site, upstream: Upstream, asked: Sequence[Question]) -> None:
    """Ask everything, much of it at once, and return when the books are closed: nothing is on its way any more."""
    for question in asked:
        upstream.script_prompt(question.text, *question.scripts)
    clients = {person: site.client(person, limits=httpx2.Limits(max_connections=None)) for person in PEOPLE}
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda question: _ask(clients[question.person], question), asked))
    finally:
        for client in clients.values():
            client.close()
    # Titles come after their answers; the site waits for them before it goes.
    site.stop()


def _ask(client: httpx2.Client, question: Question) -> None:
    body = {"message": question.text, "model": question.model}
    if question.whole:
        client.post("/api/chat", json=body)
        return
    with client.stream("POST", "/api/chat/stream", json=body) as response:
        assert response.status_code == 200, response.read()
        start = ""
        stops = question.stops
        for _, event in parse(response.iter_lines()):
            start = start or event["generation_id"]
            if stops and event["type"] == "token":
                stops = False
                client.post(f"/api/generations/{start}/stop")
