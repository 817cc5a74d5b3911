"""Conversations: listed, searched, read, changed, deleted."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import events, one
from tests.harness.upstream.script import default_text

MODEL = "gpt-4o-mini"
MESSAGE_FIELDS = {
    *("id", "parent_id", "role", "content", "reasoning", "tool_calls", "status", "finish_reason", "model", "usage"),
    *("cost", "created_at"),
}


@pytest.fixture(scope="module")
def dora(site: Site) -> Iterator[httpx2.Client]:
    """Somebody with no conversations but those of this file."""
    site.admit("dora")
    with site.client("dora") as client:
        yield client


def ask(client: httpx2.Client, message: str, **more: Any) -> str:
    conversation_id: str = one(events(client, message=message, model=MODEL, **more), "start")["conversation_id"]
    return conversation_id


def test_a_conversation_has_its_messages_in_order_with_all_their_fields(alice: httpx2.Client) -> None:
    conversation_id = ask(alice, "First question")
    ask(alice, "Second question", conversation_id=conversation_id)
    conversation = alice.get(f"/api/conversations/{conversation_id}").json()
    messages = conversation["messages"]
    assert [message["content"] for message in messages] == [
        "First question",
        default_text(),
        "Second question",
        default_text(),
    ]
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2
    assert all(set(message) >= MESSAGE_FIELDS for message in messages)
    assert [message["parent_id"] for message in messages] == [None, *(message["id"] for message in messages[:3])]
    assert conversation["title"] == "First question"
    assert conversation["model"] == MODEL
    assert messages[0]["usage"] is None
    assert messages[1]["usage"]["total_tokens"] == 22
    assert messages[1]["created_at"].endswith("Z")


def test_the_list_is_newest_first_and_pages_without_gap_or_repeat(dora: httpx2.Client) -> None:
    ids = [ask(dora, f"Number {n}") for n in range(53)]
    ask(dora, "Number 0 again", conversation_id=ids[0])
    first = dora.get("/api/conversations").json()
    assert len(first["conversations"]) == 50
    rest = dora.get("/api/conversations", params={"cursor": first["next_cursor"]}).json()
    assert rest["next_cursor"] is None
    listed = [row["id"] for row in first["conversations"] + rest["conversations"]]
    assert listed == [ids[0], *reversed(ids[1:])]


def test_the_search_finds_titles_and_messages_of_ones_own(alice: httpx2.Client, bob: httpx2.Client) -> None:
    conversation_id = ask(alice, "Where do platypuses live?")
    alice.patch(f"/api/conversations/{conversation_id}", json={"title": "Monotremes"})
    for words in ("platypus", "monotreme"):
        found = alice.get("/api/conversations", params={"q": words}).json()["conversations"]
        assert [row["id"] for row in found] == [conversation_id]
        assert bob.get("/api/conversations", params={"q": words}).json()["conversations"] == []


def test_a_change_is_kept(alice: httpx2.Client) -> None:
    path = f"/api/conversations/{ask(alice, 'Change me')}"
    changes = {
        "title": "Changed",
        "pinned": True,
        "archived": True,
        "system_prompt": "Rhyme.",
        "model": "gpt-4o",
    }
    answer = alice.patch(path, json=changes)
    assert answer.status_code == 200
    again = alice.get(path).json()
    assert again == answer.json()
    assert {name: again[name] for name in changes} == changes


def test_what_is_not_named_in_a_change_stays(alice: httpx2.Client) -> None:
    path = f"/api/conversations/{ask(alice, 'Pin me')}"
    before = alice.get(path).json()
    assert alice.patch(path, json={"pinned": True}).json() == {**before, "pinned": True}


def test_a_deleted_conversation_is_gone_and_its_usage_is_not(alice: httpx2.Client, site: Site) -> None:
    conversation_id = ask(alice, "Delete me")
    path = f"/api/conversations/{conversation_id}"
    assert alice.delete(path).status_code == 204
    assert alice.get(path).status_code == 404
    assert alice.delete(path).status_code == 404
    assert conversation_id not in alice.get("/api/conversations").text
    counted = site.shell(f"print(UsageRecord.objects.filter(conversation_id='{conversation_id}').count())")
    assert counted.strip() == "1"


def test_a_conversation_tells_what_all_of_it_has_used(alice: httpx2.Client, site: Site) -> None:
    first = alice.post("/api/chat", json={"message": "To be counted", "model": MODEL}).json()
    name = first["conversation_id"]
    path = f"/api/conversations/{name}"
    second = alice.post("/api/chat", json={"conversation_id": name, "message": "Counted, too", "model": MODEL}).json()
    alice.delete(f"{path}/messages/{second['message_id']}")
    question = alice.get(path).json()["messages"][0]["id"]
    third = alice.post("/api/chat", json={"conversation_id": name, "regenerate": question}).json()
    all_three = [first, second, third]
    # Alike whatever part of the thread is asked for: what was deleted has been used all the same.
    for part in ({}, {"last": "1"}):
        used = alice.get(path, params=part).json()["usage"]
        for count in ("prompt_tokens", "completion_tokens", "total_tokens"):
            assert used[count] == sum(each["usage"][count] for each in all_three) > 0
        assert used["cost"] == pytest.approx(sum(each["cost"] for each in all_three))
        assert (used["currency"], used["costs"]) == ("USD", {"USD": used["cost"]})
        assert (used["unpriced"], used["estimated"]) == (0, False)
    empty = site.shell("print(Conversation.objects.create(owner=User.objects.get(username='alice')).pk)").strip()
    used = alice.get(f"/api/conversations/{empty}").json()["usage"]
    assert (used["total_tokens"], used["cost"], used["currency"], used["costs"]) == (0, None, None, {})


def test_the_models_come_with_their_prices(alice: httpx2.Client) -> None:
    models = {model["name"]: model for model in alice.get("/api/models").json()["models"]}
    assert {"gpt-4o", "gpt-4o-mini", "tiny-local"} <= set(models)
    assert "demo" not in models
    assert models["gpt-4o"]["price"] == {"input_per_million": 2.5, "output_per_million": 10, "currency": "USD"}
    assert models["tiny-local"]["price"] is None
    assert sum(model["is_default"] for model in models.values()) == 1
