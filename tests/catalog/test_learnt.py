"""A server that takes less of its format than others is asked as it wants to be, and that is remembered."""

from collections.abc import Iterator
from contextlib import closing
from itertools import product
from typing import Any

import pytest

from tests.harness.site import Site
from tests.harness.stream import events, one, text_of
from tests.harness.upstream.process import Upstream

WORDINGS = ("openai", "fastapi", "forbidden", "plain")
# What a caller says for the parameter to be sent; some are sent unasked.
ASKED: dict[str, dict[str, Any]] = {
    "stream_options": {},
    "max_tokens": {"max_tokens": 50},
    "temperature": {"temperature": 0.5},
    "response_format": {"response_format": {"type": "json_object"}},
}
CASES = list(product(ASKED, WORDINGS))
EVERYTHING = {name: value for asked in ASKED.values() for name, value in asked.items()}
TITLES, PICKY, HELD = "titles-without-limit", "picky-about-all", "held-to-a-budget"
ANTHROPIC = "picky-messages"
JSON = ['{"a":', " 1}"]


def name_of(parameter: str, wording: str) -> str:
    return f"refuses-{parameter}-{wording}"


@pytest.fixture(scope="module")
def site(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    for parameter, wording in CASES:
        upstream.script(name_of(parameter, wording), refuses=[parameter], wording=wording, text=JSON)
    limits = ["max_tokens", "max_completion_tokens"]
    upstream.script(PICKY, refuses=["stream_options", *limits, "temperature", "response_format"], text=JSON)
    upstream.script(ANTHROPIC, refuses=["temperature"], wording="fastapi")
    upstream.script(HELD, refuses=["max_tokens"], text=JSON)
    upstream.script(TITLES, refuses=["max_tokens"], text=["A river"])
    environment = {
        "OPENAI_BASE_URL": upstream.base_url,
        "OPENAI_API_KEY": "sk-learning-0123456789",
        "ANTHROPIC_BASE_URL": upstream.anthropic_url,
        "ANTHROPIC_API_KEY": "sk-learning-0123456789",
        "CHAT_TITLE_MODEL": TITLES,
        "CHAT_MAX_RETRIES": "0",
    }
    with Site(tmp_path_factory.mktemp("learnt") / "data", environment) as running:
        running.until_listed(PICKY)
        running.until_listed(f"anthropic/{ANTHROPIC}")
        yield running


def ask(site: Site, model: str, **body: Any) -> list[dict[str, Any]]:
    with site.client() as client:
        received = events(client, message="What is refused?", model=model, temporary=True, **body)
    # It is nobody's trouble.
    assert [event for event in received if event["type"] in ("status", "error")] == []
    assert one(received, "done")["finish_reason"] == "stop"
    return received


@pytest.mark.parametrize(("parameter", "wording"), CASES)
def test_what_is_refused_is_asked_again_at_once_and_never_again(
    parameter: str, wording: str, site: Site, upstream: Upstream
) -> None:
    model = name_of(parameter, wording)
    assert text_of(ask(site, model, **ASKED[parameter])) == "".join(JSON)
    first, second = upstream.log(model)
    assert parameter in first.body
    assert parameter not in second.body
    ask(site, model, **ASKED[parameter])
    assert len(upstream.log(model)) == 3
    rest = {name: value for name, value in first.body.items() if name not in (parameter, "messages")}
    sent = upstream.log(model)[-1].body
    assert {name: sent.get(name) for name in rest} == rest
    if parameter == "max_tokens":
        assert sent["max_completion_tokens"] == 50


def test_all_of_it_may_be_refused_and_the_ledger_has_each_request(site: Site, upstream: Upstream) -> None:
    received = ask(site, PICKY, **EVERYTHING)
    requests = upstream.log(PICKY)
    # A limit has two names.
    assert len(requests) == 6
    assert set(requests[-1].body) == {"model", "messages", "stream"}
    # The format is asked for in words where there is no parameter for it.
    assert "JSON" in requests[-1].body["messages"][0]["content"]
    assert one(received, "done")["parsed"] == {"a": 1}
    generation = one(received, "start")["generation_id"]
    rows = site.shell(
        f"rows = UsageRecord.objects.filter(generation_id={generation!r}).order_by('attempt')",
        "print(*[(row.error_type or row.finish_reason, row.prompt_tokens) for row in rows], sep='; ')",
    )
    assert [row.strip("\n()").split(", ")[0] for row in rows.split("; ")] == ["'api_error'"] * 5 + ["'stop'"]
    assert [row.strip("\n()").split(", ")[1] == "None" for row in rows.split("; ")] == [True] * 5 + [False]


def test_it_is_known_after_a_restart(site: Site, upstream: Upstream) -> None:
    site.stop()
    site.start()
    ask(site, PICKY, **EVERYTHING)
    assert len(upstream.log(PICKY)) == 7
    ask(site, name_of("max_tokens", "plain"), max_tokens=50)
    assert len(upstream.log(name_of("max_tokens", "plain"))) == 4


def test_the_other_format_learns_too(site: Site, upstream: Upstream) -> None:
    for _ in range(2):
        ask(site, f"anthropic/{ANTHROPIC}", temperature=0.5)
    sent = ["temperature" in record.body for record in upstream.log(ANTHROPIC)]
    assert sent == [True, False, False]


def test_a_limit_that_is_the_wrong_value_teaches_nothing(site: Site, upstream: Upstream) -> None:
    words = "max_tokens is too large: 50. This model supports at most 10 completion tokens."
    upstream.script_prompt("more than it can say", status=400, error_message=words)
    model = name_of("stream_options", "plain")
    with site.client() as client:
        received = events(client, message="more than it can say", model=model, max_tokens=50)
    assert "too large" in one(received, "error")["message"]
    shown = site.shell(f"print(ChatModel.objects.get(name={model!r}).learnt)")
    assert "renamed" not in shown


def test_a_hard_budgets_limit_is_sent_by_the_name_that_is_taken_and_no_shorter(site: Site, upstream: Upstream) -> None:
    site.shell(
        "who = User.objects.get(username='charlie')",
        "Budget.objects.create(scope='user', user=who, unit='tokens', amount=10**7, hard=True)",
    )
    with site.client("charlie") as client:
        for _ in range(2):
            assert one(events(client, message="How much may I have?", model=HELD, temporary=True), "done")
    limits = [
        {name: body[name] for name in body if "max" in name} for body in (each.body for each in upstream.log(HELD))
    ]
    most = limits[0]["max_tokens"]
    assert limits == [{"max_tokens": most}, {"max_completion_tokens": most}, {"max_completion_tokens": most}]
    mine = "Budget.objects.get(user__username='charlie')"
    assert site.shell(f"print({mine}.used > 0, Reservation.objects.count())").split() == ["True", "0"]


def test_what_did_not_help_is_not_remembered(site: Site, upstream: Upstream) -> None:
    upstream.script_prompt("refused all the same", status=400, error_message="temperature is a dangerous word.")
    model = name_of("stream_options", "openai")
    with site.client() as client:
        received = events(client, message="refused all the same", model=model, temperature=1)
    assert "dangerous" in one(received, "error")["message"]
    assert "temperature" not in site.shell(f"print(ChatModel.objects.get(name={model!r}).learnt)")


def test_titles_learn_too(site: Site, upstream: Upstream) -> None:
    for number in range(2):
        with site.client() as client:
            received = events(client, message=f"Name this talk, {number}.", model=name_of("stream_options", "plain"))
            upstream.wait_for(
                TITLES,
                lambda record, number=number: (  # type: ignore[misc]
                    f"talk, {number}." in record.body["messages"][-1]["content"]
                    and "max_completion_tokens" in record.body
                    and record.ended == "complete"
                ),
            )
            assert one(received, "done")
    named = [name for record in upstream.log(TITLES) for name in record.body if "max" in name]
    assert named == ["max_tokens", "max_completion_tokens", "max_completion_tokens"]


def test_an_admin_sees_it_in_words_and_can_have_it_forgotten(site: Site, upstream: Upstream) -> None:
    model = name_of("temperature", "openai")
    ask(site, model, temperature=0.5)
    key = site.shell(f"print(ChatModel.objects.get(name={model!r}).pk)").strip()
    address = f"/admin/chat/chatmodel/{key}/change/"
    with closing(site.session("admin")) as client:
        page = client.get(address).text
        assert "It refuses temperature, which is left out." in page
        form = {"name": model, "provider": site.shell("print(Provider.objects.get(name='openai').pk)").strip()}
        form |= {"upstream_name": model, "enabled": "on", "position": "0", "forget": "refused:temperature"}
        form |= {"prices-TOTAL_FORMS": "0", "prices-INITIAL_FORMS": "0"}
        form["csrfmiddlewaretoken"] = client.headers["X-CSRFToken"]
        assert client.post(address, data=form).status_code == 302
        assert "It refuses temperature" not in client.get(address).text
    said = site.shell("from django.contrib.admin.models import LogEntry", "print(LogEntry.objects.latest('pk'))")
    assert "forgotten: It refuses temperature, which is left out." in said
    asked = len(upstream.log(model))
    ask(site, model, temperature=0.5)
    assert len(upstream.log(model)) == asked + 2
