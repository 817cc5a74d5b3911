"""The provider keeps a conversation's beginning for its next question, where that pays, and the ledger shows it."""

import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any, Final

import httpx2
import pytest

from tests.harness import patience
from tests.harness.site import Site
from tests.harness.stream import Event, events, one
from tests.harness.upstream.process import Upstream

CLAUDE: Final = "claude-sonnet-4-20250514"
FORGETFUL: Final = "claude-sonnet-4-forgetful"
GPT: Final = "gpt-6-astra"
# USD per million tokens, from Anthropic's price list.
INPUT, READ, WRITTEN, WRITTEN_FOR_AN_HOUR, OUTPUT = (Decimal(price) for price in ("3", "0.30", "3.75", "6", "15"))
LONG: Final = "word " * 1500
MARK: Final = {"type": "ephemeral"}


@pytest.fixture(scope="module")
def site(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose providers keep prompts, though they are at nobody's own address; one model gives titles."""
    upstream.script(CLAUDE, cache_seconds=300)
    environment = {
        "ANTHROPIC_BASE_URL": upstream.anthropic_url,
        "ANTHROPIC_API_KEY": "sk-ant-0123456789",
        "CHAT_TITLE_MODEL": CLAUDE,
        "CHAT_MAX_RETRIES": "0",
    }
    with Site(tmp_path_factory.mktemp("caching"), environment) as running:
        running.until_listed(CLAUDE)
        running.shell(
            f"ChatModel.objects.create(name={FORGETFUL!r}, upstream_name={FORGETFUL!r}, context_window=3000,"
            " provider=Provider.objects.get(name='anthropic'))",
            f"row = Provider.objects.create(name='openai', base_url={upstream.base_url!r})",
            f"ChatModel.objects.create(name={GPT!r}, upstream_name={GPT!r}, provider=row)",
        )
        choose(running, "on")
        yield running
    assert "Traceback" not in "".join(running.output)


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[httpx2.Client]:
    """Alice's browser."""
    with closing(site.session("alice")) as client:
        yield client


def choose(site: Site, caching: str) -> None:
    site.shell(f"Provider.objects.exclude(kind='demo').update(prompt_caching={caching!r})")


def ask(
    client: httpx2.Client, upstream: Upstream, message: str, model: str = CLAUDE, **more: Any
) -> tuple[list[Event], dict[str, Any]]:
    """Ask. Returns the events, and what the provider was sent."""
    received = events(client, message=message, model=model, **more)
    sent = [record.body for record in upstream.log(model) if record.body["messages"][-1]["content"] == message]
    return received, sent[-1]


def test_the_second_question_reads_the_first_from_the_cache_and_costs_accordingly(
    browser: httpx2.Client, upstream: Upstream
) -> None:
    received, sent = ask(browser, upstream, f"first {LONG}")
    assert sent["cache_control"] == MARK
    first = one(received, "usage")
    assert (first["prompt_tokens"], first["cached_tokens"]) == (1501, 0)
    assert first["cost"] == (1501 * WRITTEN + 20 * OUTPUT) / 1_000_000
    name = one(received, "start")["conversation_id"]
    received, sent = ask(browser, upstream, "and then?", conversation_id=name)
    assert sent["cache_control"] == MARK
    second = one(received, "usage")
    # 20 tokens were answered, and 2 are asked.
    assert (second["prompt_tokens"], second["cached_tokens"]) == (1523, 1501)
    assert second["cost"] == (1501 * READ + 22 * WRITTEN + 20 * OUTPUT) / 1_000_000
    assert second["cost"] < first["cost"] / 5


def test_an_hour_is_asked_for_and_paid_where_the_admin_says_so(
    site: Site, browser: httpx2.Client, upstream: Upstream
) -> None:
    choose(site, "hour")
    received, sent = ask(browser, upstream, f"for an hour {LONG}")
    choose(site, "on")
    assert sent["cache_control"] == {**MARK, "ttl": "1h"}
    assert one(received, "usage")["cost"] == (1503 * WRITTEN_FOR_AN_HOUR + 20 * OUTPUT) / 1_000_000


@pytest.mark.parametrize("caching", ["off", "auto"])
def test_nothing_is_asked_where_it_is_off_or_the_address_is_a_strangers(
    site: Site, browser: httpx2.Client, upstream: Upstream, caching: str
) -> None:
    choose(site, caching)
    _, claude = ask(browser, upstream, f"not kept, {caching}")
    _, gpt = ask(browser, upstream, f"not kept, {caching}", GPT)
    choose(site, "on")
    assert "cache_control" not in claude
    assert "prompt_cache_key" not in gpt
    # A stranger may refuse parameters that it does not know; off is said where somebody chose it.
    assert gpt.get("prompt_cache_options") == ({"mode": "explicit"} if caching == "off" else None)


def test_a_conversation_has_one_key_that_tells_nothing_of_it(browser: httpx2.Client, upstream: Upstream) -> None:
    received, first = ask(browser, upstream, "one key", GPT)
    name = one(received, "start")["conversation_id"]
    _, second = ask(browser, upstream, "the same key", GPT, conversation_id=name)
    _, other = ask(browser, upstream, "another key", GPT)
    key = first["prompt_cache_key"]
    assert second["prompt_cache_key"] == key != other["prompt_cache_key"]
    assert name.replace("-", "")[:8] not in key
    # OpenAI takes 64 characters.
    assert len(key) == 32


def test_a_temporary_chat_is_kept_as_others_are(browser: httpx2.Client, upstream: Upstream) -> None:
    _, sent = ask(browser, upstream, "temporarily", temporary=True)
    assert sent["cache_control"] == MARK


def test_the_first_question_of_a_program_is_taken_for_its_only_one(site: Site, upstream: Upstream) -> None:
    with site.client("bob") as program:
        received, first = ask(program, upstream, "a program asks")
        name = one(received, "start")["conversation_id"]
        _, second = ask(program, upstream, "a program goes on", conversation_id=name)
        _, gpt = ask(program, upstream, "a program asks", GPT)
    assert "cache_control" not in first
    assert gpt["prompt_cache_options"] == {"mode": "explicit"}
    assert second["cache_control"] == MARK


def test_what_begins_anew_with_every_question_is_not_kept(browser: httpx2.Client, upstream: Upstream) -> None:
    received, sent = ask(browser, upstream, f"0 {LONG}", FORGETFUL)
    assert sent["cache_control"] == MARK
    name = one(received, "start")["conversation_id"]
    received, sent = ask(browser, upstream, f"1 {LONG}", FORGETFUL, conversation_id=name)
    assert len(sent["messages"]) == 1
    assert "cache_control" not in sent


def test_a_title_is_asked_for_once_and_not_kept(browser: httpx2.Client, upstream: Upstream) -> None:
    ask(browser, upstream, "a title, please")
    deadline = time.monotonic() + patience.SECONDS
    while not (sent := titles(upstream, "a title, please")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sent
    assert "cache_control" not in sent[0]


def titles(upstream: Upstream, question: str) -> list[dict[str, Any]]:
    bodies = [record.body for record in upstream.log(CLAUDE) if "a title of at most" in str(record.body.get("system"))]
    return [body for body in bodies if question in str(body["messages"])]
