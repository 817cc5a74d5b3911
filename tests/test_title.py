"""Titles that a model gives: in the background, once, on the bill, and never over a person's own."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from chat.generation.summary import summary_of
from chat.generation.title import tidy
from tests.harness import patience
from tests.harness.site import Site
from tests.harness.stream import events, one
from tests.harness.upstream.process import Upstream

MODEL, UNTAUGHT, TITLER = "gpt-4o-mini", "o3-mini", "gpt-4o"


@pytest.fixture(scope="module")
def titled(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a model for titles."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "CHAT_TITLE_MODEL": TITLER, "CHAT_MAX_RETRIES": "0"}
    with Site(tmp_path_factory.mktemp("titled"), environment) as site:
        site.manage("syncmodels")
        yield site
        assert not [line for line in site.output if "Traceback" in line]


@pytest.fixture
def ada(titled: Site) -> Iterator[httpx2.Client]:
    with titled.client("alice") as client:
        yield client


def ask(client: httpx2.Client, message: str, **more: Any) -> dict[str, Any]:
    return one(events(client, message=message, model=MODEL, **more), "start")


def title_when(client: httpx2.Client, name: str, wanted: str) -> str:
    """Return the title once it is as wanted, or after a while as it is."""
    deadline = time.monotonic() + patience.SECONDS
    while (title := client.get(f"/api/conversations/{name}").json()["title"]) != wanted:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return str(title)


def test_no_title_is_asked_for_when_nothing_is_left_to_pay_for_it(titled: Site, upstream: Upstream) -> None:
    upstream.script_prompt("a last question", text=[" abc"] * 300)
    # Room for the answer, but not for a title's prompt as well. What was learnt of a model changes what an answer
    # is taken for, so this one is given by a model that no other test asks.
    key = titled.shell(
        "user = User.objects.create_user('nearly')",
        "Budget.objects.create(user=user, amount=450, unit='tokens', hard=True)",
        "print(ApiKey.issue(user, 'tests')[1])",
    ).strip()
    titled.keys["nearly"] = key
    with titled.client("nearly") as client:
        start = one(events(client, message="a last question", model=UNTAUGHT), "start")
        name = start["conversation_id"]
        logged = "No title was asked for: What is left of your budget for "
        deadline = time.monotonic() + patience.SECONDS
        while not any(logged in line for line in titled.output) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert any(logged in line for line in titled.output)
        assert client.get(f"/api/conversations/{name}").json()["title"] == "a last question"
        assert client.get("/api/budget").json()["budgets"][0]["reserved"] == 0
    assert requests_for_titles(upstream, "a last question") == 0


def requests_for_titles(upstream: Upstream, prompt: str) -> int:
    return len([r for r in upstream.log(TITLER) if prompt in str(r.body["messages"][-1])])


def test_a_new_conversation_gets_a_title_and_its_cost_is_on_the_bill(
    ada: httpx2.Client, titled: Site, upstream: Upstream
) -> None:
    upstream.script(TITLER, text=['"Rivers', ' and their towns."'])
    received = events(ada, message="tell me of rivers and towns, please", model=MODEL)
    start = one(received, "start")
    name = start["conversation_id"]
    assert one(received, "title")["title"] == "tell me of rivers and towns, please"
    assert title_when(ada, name, "Rivers and their towns") == "Rivers and their towns"
    kept = "values('kind', 'model', 'prompt_tokens', 'completion_tokens', 'source', 'username')"
    rows = titled.shell(
        f"print(*UsageRecord.objects.filter(conversation_id='{name}').order_by('kind').{kept}, sep='|')"
    )
    answer, title = (eval(row) for row in rows.strip().split("|"))  # noqa: S307
    assert (answer["kind"], answer["model"]) == ("answer", MODEL)
    assert (title["kind"], title["model"], title["source"], title["username"]) == ("title", TITLER, "provider", "alice")
    assert title["completion_tokens"] == 2
    # The answer's own figures are its own.
    shown = ada.get(f"/api/conversations/{name}").json()["messages"][-1]["usage"]
    assert shown["completion_tokens"] == answer["completion_tokens"]
    ask(ada, "and of bridges", conversation_id=name)
    assert requests_for_titles(upstream, "tell me of rivers and towns") == 1


def test_thoughts_are_no_title(ada: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt(
        "Which rivers are long?", {}, {"text": ["<think>\nA title…", "\n</think>\n\nLong ", "rivers"]}
    )
    name = ask(ada, "Which rivers are long?")["conversation_id"]
    assert title_when(ada, name, "Long rivers") == "Long rivers"
    upstream.script_prompt("Which rivers are short?", {}, {"text": ["A title…\n", "</think>\n\nShort ", "rivers"]})
    name = ask(ada, "Which rivers are short?")["conversation_id"]
    assert title_when(ada, name, "Short rivers") == "Short rivers"


def test_the_answer_does_not_wait_for_its_title(ada: httpx2.Client, upstream: Upstream) -> None:
    upstream.script(TITLER, then="hang", after=0)
    received = events(ada, message="a title that never comes", model=MODEL)
    assert received[-1]["type"] == "done"
    upstream.wait_for(TITLER, lambda r: "a title that never comes" in str(r.body))


def test_a_title_that_fails_is_asked_for_after_the_next_answer_to_the_first_question(
    ada: httpx2.Client, upstream: Upstream
) -> None:
    upstream.script(TITLER, status=400)
    start = ask(ada, "fail to name me")
    name = start["conversation_id"]
    upstream.wait_for(TITLER, lambda r: "fail to name me" in str(r.body) and r.ended != "open")
    deadline = time.monotonic() + patience.SECONDS
    upstream.script(TITLER, text=["Named at last"])
    while title_when_once(ada, name) != "Named at last" and time.monotonic() < deadline:
        ada.post("/api/chat", json={"conversation_id": name, "regenerate": start["user_message_id"]})
    assert title_when(ada, name, "Named at last") == "Named at last"


def title_when_once(client: httpx2.Client, name: str) -> str:
    return str(client.get(f"/api/conversations/{name}").json()["title"])


@pytest.mark.parametrize("case", ["renamed", "temporary", "stopped"])
def test_no_title_is_asked_for(ada: httpx2.Client, upstream: Upstream, case: str) -> None:
    upstream.script(TITLER, text=["Unwanted"])
    prompt = f"no title for me, I am {case}"
    upstream.script_prompt(prompt, text=["one ", "two ", "three"], delay=0.3)
    body = {"message": prompt, "model": MODEL, "temporary": case == "temporary"}
    with ada.stream("POST", "/api/chat/stream", json=body) as response:
        lines = response.iter_lines()
        start = next(event for event in map(str, lines) if event.startswith("data: "))
        name, generation = (start.split(f'"{key}":"')[1][:36] for key in ("conversation_id", "generation_id"))
        if case == "renamed":
            ada.patch(f"/api/conversations/{name}", json={"title": "My own"})
        if case == "stopped":
            ada.post(f"/api/generations/{generation}/stop")
        list(lines)
    # Another conversation's title was asked for after this one's would have been.
    other = ask(ada, f"a title after {case}")["conversation_id"]
    assert title_when(ada, other, "Unwanted") == "Unwanted"
    assert requests_for_titles(upstream, prompt) == 0
    assert title_when_once(ada, name) == ("My own" if case == "renamed" else prompt)


def test_who_renames_meanwhile_keeps_the_name(ada: httpx2.Client, upstream: Upstream) -> None:
    upstream.script(TITLER, text=["Too ", "late"], delay=0.5, delay_first=0.5)
    name = ask(ada, "rename me quickly")["conversation_id"]
    upstream.wait_for(TITLER, lambda r: "rename me quickly" in str(r.body))
    ada.patch(f"/api/conversations/{name}", json={"title": "Quick"})
    upstream.wait_for(TITLER, lambda r: "rename me quickly" in str(r.body) and r.ended != "open")
    upstream.script(TITLER, text=["Next"])
    other = ask(ada, "after the rename")["conversation_id"]
    assert title_when(ada, other, "Next") == "Next"
    assert title_when_once(ada, name) == "Quick"


def test_a_model_that_is_not_there_is_a_warning(titled: Site) -> None:
    for name, warned in (("no-such-model", True), (TITLER, False)):
        site = Site(titled.data_dir, {**titled.environment, "CHAT_TITLE_MODEL": name}, people=False)
        said = site.shell("from chat.checks import title_model; print(*(each.id for each in title_model(None)))")
        assert ("chat.W001" in said) is warned


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Rivers", "Rivers"),
        ('\n  "Rivers and towns."\nmore', "Rivers and towns"),
        ("**Title: Flüsse**", "Flüsse"),
        ("«Les fleuves»", "Les fleuves"),
        ("「東京の天気」", "東京の天気"),
        ("", ""),
        ('""', ""),
        ("word " * 40, f"{'word ' * 11}word…"),
        ("a\0b", "ab"),
    ],
)
def test_a_title_is_one_short_line_without_quotes(said: str, title: str) -> None:
    assert tidy(said) == title
    assert len(tidy(said)) <= 60


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("<think>The user asks about bridges. A title…</think>\nBridges of Rome", "Bridges of Rome"),
        ("The user wants a title.\nBridges?</think>Bridges of Rome", "Bridges of Rome"),
        ("<think>The user asks about bridges, so", ""),
        ("Okay, the user asks about bridges and needs a title. Let me think.\n\nBridges of Rome", "Bridges of Rome"),
        ("Okay, the user asks about the bridges of Rome, so I", ""),
        ("The conversation is about bridges. It is held in English. A title could be", ""),
        ("OK Computer", "OK Computer"),
        ("What is a title?", "What is a title?"),
    ],
)
def test_what_a_model_thinks_aloud_is_no_title(said: str, title: str) -> None:
    assert tidy(said) == title


LOG = "\n".join(f"line {number}: the quick brown fox jumps over the lazy dog" for number in range(500))


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("words one by one", "words one by one"),
        (f"{LOG}\n\nWhy does the fox jump so often?", "Why does the fox jump so often?"),
        (f"Please summarise this log:\n{LOG}", "summarise this log"),
        (
            "Hello! I have been working on a small project for some weeks now. Could you explain how a B-tree splits?",
            "explain how a B-tree splits?",
        ),
        ("```python\nprint(1)\n```\nfix this **loop** for me", "fix this loop for me"),
        ("> quoted words of somebody else\n\n请解释这段话的意思？", "请解释这段话的意思？"),
        ("```\nnothing but code\n```", "``` nothing but code ```"),
    ],
)
def test_without_a_model_the_sentence_that_asks_is_the_title(question: str, title: str) -> None:
    assert summary_of(question) == title


def test_a_summary_is_short_and_of_one_line_and_found_at_once_in_the_longest_question() -> None:
    for text in (
        "a" * 100_000,
        "word " * 20_000,
        "?\n" * 50_000,
        "```\n" * 25_000,
        " \n" * 9,
        "* " * 50_000,
        "dear " * 20_000,
        "please so " * 9_000,
    ):
        assert len(summary_of(text)) <= 60
        assert "\n" not in summary_of(text)


def test_a_title_is_not_asked_of_a_provider_that_was_not_chosen(
    titled: Site, ada: httpx2.Client, upstream: Upstream
) -> None:
    upstream.script(TITLER, text=["Unwanted"])
    titled.shell(
        f"row = Provider.objects.create(name='another', base_url={upstream.base_url!r})",
        "ChatModel.objects.create(name='elsewhere', upstream_name='elsewhere', provider=row)",
    )
    prompt = "not for everybody"
    name = one(events(ada, message=prompt, model="elsewhere"), "start")["conversation_id"]
    # Another conversation's title was asked for after this one's would have been.
    other = ask(ada, "a title for somebody else")["conversation_id"]
    assert title_when(ada, other, "Unwanted") == "Unwanted"
    assert requests_for_titles(upstream, prompt) == 0
    assert title_when_once(ada, name) == prompt
