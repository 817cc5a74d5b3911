"""Every list opens, finds, filters, and asks as many queries for fifty rows as for five."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.templatetags.static import static
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.admin import paginator
from chat.models import ChatModel, Conversation, Message, Price, Provider, UsageRecord
from chat.models.tree import Tree
from chat.repricing import apply, repriced
from chat.usage import csv_export
from chat.usage.period import Period, today
from chat.usage.selection import Selection
from chat.views import thread
from tests.admin.rows import everything, talk
from tests.usage.rows import counted, priced_model, record

LISTS = ("budget", "ratelimit", "provider", "chatmodel", "price", "conversation", "generation", "usagerecord", "apikey")


def address(name: str) -> str:
    return f"/admin/chat/{name}/"


def test_every_kind_of_row_a_person_may_want_to_see_is_listed() -> None:
    registered = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == "chat"}
    assert registered == {*LISTS, "message", "correction", "sitepolicy", "invitation"}


def test_messages_are_found_by_what_they_say_in_the_same_queries_for_few_and_many(browser: Client, boss: User) -> None:
    # What kinds of rows there are is looked up once.
    browser.get(address("message"))
    asked = []
    for count in (2, 20):
        for number in range(count):
            talk(boss, question=f"Question {number} of {count}")
        with CaptureQueriesContext(connection) as queries:
            response = browser.get(address("message"), {"q": f"of {count}"})
        assert response.context["cl"].result_count == count
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert browser.get(f"{address('message')}{Message.objects.all()[0].pk}/change/").status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_the_same_queries_for_five_rows_and_for_fifty(name: str, browser: Client) -> None:
    asked = []
    for first, last in ((0, 5), (5, 50)):
        for number in range(first, last):
            everything(number)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = browser.get(address(name), {"o": ""})
        assert len(response.context["cl"].result_list) == last
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_can_be_searched(name: str, browser: Client) -> None:
    everything(1)
    everything(2)
    wanted = {
        "budget": "user-1",
        "ratelimit": "user-1",
        "generation": "user-1",
        "conversation": "user-1",
        "provider": "provider-1",
        "apikey": "key-1",
    }
    response = browser.get(address(name), {"q": wanted.get(name, "model-1")})
    assert response.context["cl"].result_count == 1


def test_the_ledger_finds_a_request_by_its_ids(browser: Client) -> None:
    _, price = priced_model()
    wanted = record(timezone.now(), price)
    record(timezone.now(), price)
    for name in (wanted.conversation_id, wanted.message_id, wanted.generation_id):
        response = browser.get(address("usagerecord"), {"q": str(name)})
        assert list(response.context["cl"].result_list) == [wanted]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"cost": "known"}, 1),
        ({"cost": "unpriced"}, 1),
        ({"cost": "uncosted"}, 1),
        ({"error": "any"}, 1),
        ({"error": "none"}, 2),
        ({"error": "timeout"}, 1),
        ({"model": "gpt-4o"}, 3),
        ({"source__exact": "estimated"}, 0),
    ],
)
def test_the_ledger_can_be_filtered(query: dict[str, str], found: int, browser: Client) -> None:
    _, price = priced_model()
    record(timezone.now(), price)
    record(timezone.now(), None)
    record(timezone.now(), price, prompt_tokens=None, error_type="timeout")
    assert browser.get(address("usagerecord"), query).context["cl"].result_count == found


def test_the_ledger_shows_cost_unknown_and_no_price_as_three_things(browser: Client) -> None:
    _, price = priced_model()
    record(timezone.now(), price)
    record(timezone.now(), price, prompt_tokens=None)
    record(timezone.now(), None)
    page = browser.get(address("usagerecord")).content.decode()
    for shown in ("$0.0015", "—", "no price"):
        assert f'<td class="field-amount">{shown}</td>' in page


def test_a_long_ledger_is_counted_no_further_than_the_cap(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "CAP", 3)
    _, price = priced_model()
    for _ in range(5):
        record(timezone.now(), price)
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(address("usagerecord"))
    assert page.context["cl"].result_count == 3
    assert "Only 3 are listed" in page.content.decode()
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"] and "chat_usagerecord" in query["sql"]]
    assert counts
    assert all("LIMIT 4" in sql for sql in counts)


def test_a_short_ledger_does_not_say_that_there_is_more(browser: Client) -> None:
    _, price = priced_model()
    record(timezone.now(), price)
    assert "are listed" not in browser.get(address("usagerecord")).content.decode()


def test_the_list_of_models_says_loudly_which_have_no_price(browser: Client) -> None:
    model, _ = priced_model("priced")
    bare = ChatModel.objects.create(name="bare", upstream_name="bare", provider=model.provider)
    page = browser.get(address("chatmodel")).content.decode()
    assert page.count("no-price") == 1
    assert f"/admin/chat/price/add/?model={bare.pk}" in page
    assert "$1.00 / $1.00" in page
    assert f"/admin/chat/price/add/?model={model.pk}" not in page


def test_the_list_of_providers_tells_whether_a_key_is_set_but_not_the_key(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_API_KEY", "sk-very-secret-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://somebody:hunter2@llm.example.org/v1?token=hunter2")
    provider = Provider.objects.create(name="openai", api_key_variable="TEST_API_KEY")
    for page in (browser.get(address("provider")), browser.get(f"{address('provider')}{provider.pk}/change/")):
        text = page.content.decode()
        assert "https://llm.example.org/v1" in text
        assert 'alt="True"' in text
        assert "hunter2" not in text
        assert "very-secret" not in text
    monkeypatch.delenv("TEST_API_KEY")
    assert (
        f'field-key_is_set"><img src="{static("admin/img/icon-no.svg")}"'
        in browser.get(address("provider")).content.decode()
    )


def test_every_row_opens(browser: Client) -> None:
    everything(1)
    for name in LISTS:
        row = next(model for model in admin.site._registry if model._meta.label_lower == f"chat.{name}")
        (first,) = row._default_manager.all()
        assert browser.get(f"{address(name)}{first.pk}/change/").status_code == 200


def test_a_conversation_is_read_whole_and_as_plain_text(browser: Client, boss: User) -> None:
    script = "<script>alert(1)</script>"
    generation = talk(boss, question="Why?", answer=script)
    page = browser.get(f"{address('conversation')}{generation.message.conversation_id}/change/").content.decode()
    assert "Why?" in page
    assert script not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_no_page_carries_inline_style_or_script(browser: Client) -> None:
    everything(1)
    row = UsageRecord.objects.get()
    conversation = Conversation.objects.get()
    for path in (
        "/admin/",
        *map(address, LISTS),
        f"{address('usagerecord')}{row.pk}/change/",
        f"{address('conversation')}{conversation.pk}/change/",
        "/admin/usage/",
    ):
        page = browser.get(path).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert "<script>" not in page
        assert " onclick=" not in page


def test_a_conversation_says_whether_it_is_deleted_and_who_named_it(browser: Client, boss: User) -> None:
    row = talk(boss).message.conversation
    assert "(deleted)" not in browser.get(address("conversation")).content.decode()
    Conversation.objects.update(deleted_at=timezone.now(), title_origin="person", temperature=0.5)
    assert "(deleted)" in browser.get(address("conversation")).content.decode()
    page = browser.get(f"{address('conversation')}{row.pk}/change/").content.decode()
    assert "a person" in page
    assert "0.5" in page


def test_the_ledger_tells_titles_from_answers(browser: Client) -> None:
    _, price = priced_model()
    record(timezone.now(), price)
    wanted = record(timezone.now(), price, kind="title")
    response = browser.get(address("usagerecord"), {"kind__exact": "title"})
    assert list(response.context["cl"].result_list) == [wanted]


def test_a_corrected_cost_is_the_one_that_is_shown_wherever_a_cost_is(browser: Client, boss: User) -> None:
    # Their price was not there yet.
    now = timezone.now()
    model, price = priced_model()
    generation = talk(boss, model)
    conversation = generation.message.conversation
    mine = {"user_id": boss.pk, "username": "boss", "conversation_id": conversation.pk}
    names = {"message_id": generation.message_id, "generation_id": generation.pk}
    row = counted(now, price, **mine, **names)
    bare = counted(now, None, **mine, kind="title")
    Price.objects.create(model=model, valid_from=now - timedelta(days=1), input_per_million=2, output_per_million=4)
    apply(list(repriced(None, None)))
    # 1000 tokens at 2, 500 at 4: $0.004 for each of the two.
    listed = browser.get(address("usagerecord")).content.decode()
    assert "$0.0040 (at first $0.0015)" in listed
    assert "$0.0040 (at first no price)" in listed
    assert "$0.0040 (at first $0.0015)" in browser.get(f"{address('usagerecord')}{row.pk}/change/").content.decode()
    for kind, wanted in (("known", 2), ("unpriced", 0), ("uncosted", 0)):
        assert browser.get(address("usagerecord"), {"cost": kind}).context["cl"].result_count == wanted
    (answer,) = thread.messages(conversation, Tree.of(conversation), [generation.message_id])
    assert answer.usage is not None
    assert (answer.cost, answer.usage.cost) == (Decimal("0.004"), Decimal("0.004"))
    for page in ("/usage/", "/admin/usage/?days=1"):
        assert "$0.0080" in browser.get(page).content.decode()
    written = b"".join(csv_export.lines(Period.last_days(2, today()), Selection())).decode()
    lines = csv.DictReader(StringIO(written))
    found = {line["generation_id"]: (Decimal(line["cost"]), line["charged_at_first"]) for line in lines}
    assert found == {
        str(row.generation_id): (Decimal("0.004"), "0.001500000000"),
        str(bare.generation_id): (Decimal("0.004"), ""),
    }
