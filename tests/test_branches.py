"""Branches: other answers to a question, edited questions, which branch is looked at, and deleting a turn."""

from typing import Any

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import events, one, parse, text_of
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o-mini"


def ask(client: httpx2.Client, message: str = "", **more: Any) -> dict[str, Any]:
    """Return the start event of an answer that has ended."""
    body = {"message": message, "model": MODEL, **more} if message else {"model": MODEL, **more}
    return one(events(client, **body), "start")


def chat(client: httpx2.Client, *messages: str) -> tuple[str, list[dict[str, Any]]]:
    """Ask one after another in one conversation. Returns its path and the start events."""
    starts = [ask(client, messages[0])]
    conversation = {"conversation_id": starts[0]["conversation_id"]}
    starts += [ask(client, message, **conversation) for message in messages[1:]]
    return f"/api/conversations/{starts[0]['conversation_id']}", starts


def said(client: httpx2.Client, path: str, **query: Any) -> list[str]:
    return [message["content"] for message in client.get(path, params={"last": 40, **query}).json()["messages"]]


def questions(client: httpx2.Client, path: str) -> list[str]:
    messages = client.get(path, params={"last": 40}).json()["messages"]
    return [message["content"] for message in messages if message["role"] == "user"]


def test_another_answer_stands_beside_the_first_under_the_same_question(
    alice: httpx2.Client, upstream: Upstream
) -> None:
    upstream.script_prompt("answer me twice", {"text": ["first"]}, {"text": ["second"]})
    path, (first,) = chat(alice, "answer me twice")
    conversation = {"conversation_id": first["conversation_id"], "regenerate": first["user_message_id"]}
    received = events(alice, **conversation)
    second = one(received, "start")
    assert text_of(received) == "second"
    assert second["user_message_id"] == first["user_message_id"]
    assert second["model"] == MODEL
    tree = alice.get(path).json()
    assert [message["content"] for message in tree["messages"]] == ["answer me twice", "first", "second"]
    assert tree["leaf_id"] == second["message_id"]
    shown = alice.get(path, params={"last": 2}).json()["messages"]
    assert [message["content"] for message in shown] == ["answer me twice", "second"]
    assert shown[0]["siblings"] == {"index": 1, "count": 1, "previous": None, "next": None}
    assert shown[1]["siblings"] == {"index": 2, "count": 2, "previous": first["message_id"], "next": None}
    record = [r for r in upstream.log() if "answer me twice" in str(r.body)][-1]
    assert [turn["content"] for turn in record.body["messages"]] == ["answer me twice"]


def test_another_model_may_answer(alice: httpx2.Client) -> None:
    path, (first,) = chat(alice, "who else knows?")
    body = {"conversation_id": first["conversation_id"], "regenerate": first["user_message_id"], "model": "gpt-4o"}
    answer = alice.post("/api/chat", json=body)
    assert answer.json()["model"] == "gpt-4o"
    assert [message["model"] for message in alice.get(path).json()["messages"]] == [None, MODEL, "gpt-4o"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"regenerate": "{question}"}, 400),
        ({"regenerate": "{question}", "conversation_id": "{conversation}", "message": "and a question"}, 400),
        ({"regenerate": "{question}", "conversation_id": "{conversation}", "parent_id": None}, 400),
        ({"regenerate": "{answer}", "conversation_id": "{conversation}"}, 400),
        ({"regenerate": "{conversation}", "conversation_id": "{conversation}"}, 404),
    ],
)
def test_what_cannot_be_answered_again_is_refused(alice: httpx2.Client, more: dict[str, Any], status: int) -> None:
    path, (start,) = chat(alice, "once is enough")
    names = {
        "conversation": start["conversation_id"],
        "question": start["user_message_id"],
        "answer": start["message_id"],
    }
    body = {key: value and value.format(**names) for key, value in more.items()}
    assert alice.post("/api/chat", json=body).status_code == status
    assert len(alice.get(path).json()["messages"]) == 2


def test_a_question_is_answered_again_only_when_its_answer_is_there(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("impatient for another", then="hang", after=1)
    with alice.stream(
        "POST", "/api/chat/stream", json={"message": "impatient for another", "model": MODEL}
    ) as response:
        start = next(parse(response.iter_lines()))[1]
        body = {"conversation_id": start["conversation_id"], "regenerate": start["user_message_id"]}
        assert alice.post("/api/chat", json=body).status_code == 409
        turn = f"/api/conversations/{start['conversation_id']}/messages/{start['message_id']}"
        assert alice.delete(turn).status_code == 409
        alice.post(f"/api/generations/{start['generation_id']}/stop")


def test_the_branch_that_was_chosen_is_the_one_that_goes_on(alice: httpx2.Client) -> None:
    path, (first, second) = chat(alice, "root", "old way")
    edited = {"conversation_id": first["conversation_id"], "parent_id": first["message_id"]}
    other = ask(alice, "new way", **edited)
    assert questions(alice, path) == ["root", "new way"]
    chosen = alice.patch(path, json={"leaf_id": second["user_message_id"]}).json()
    assert chosen["leaf_id"] == second["user_message_id"]
    assert questions(alice, path) == ["root", "old way"]
    messages = alice.get(path, params={"last": 40}).json()["messages"]
    # The branch runs on to the newest message below the one that was chosen.
    assert messages[-1]["id"] == second["message_id"]
    assert messages[2]["siblings"] == {"index": 1, "count": 2, "previous": None, "next": other["user_message_id"]}
    ask(alice, "further on", conversation_id=first["conversation_id"])
    assert questions(alice, path) == ["root", "old way", "further on"]
    alice.patch(path, json={"leaf_id": other["message_id"]})
    assert questions(alice, path) == ["root", "new way"]
    # Without a choice it is the newest.
    alice.patch(path, json={"leaf_id": None})
    assert questions(alice, path) == ["root", "old way", "further on"]


def test_the_leaf_is_a_message_of_this_conversation(alice: httpx2.Client) -> None:
    path, _ = chat(alice, "here I am")
    _, (elsewhere,) = chat(alice, "there I am")
    assert alice.patch(path, json={"leaf_id": elsewhere["message_id"]}).status_code == 404
    assert alice.patch(path, json={"leaf_id": "x"}).status_code == 400


def test_the_last_messages_come_first_and_the_older_ones_when_asked(alice: httpx2.Client) -> None:
    path, starts = chat(alice, "one", "two", "three")
    page = alice.get(path, params={"last": 3}).json()
    assert page["more"] is True
    assert [message["role"] for message in page["messages"]] == ["assistant", "user", "assistant"]
    assert page["messages"][-1]["id"] == starts[2]["message_id"]
    before = {"last": 3, "before": page["messages"][0]["id"]}
    older = alice.get(path, params=before).json()
    assert [message["content"] for message in older["messages"]][::2] == ["one", "two"]
    assert older["more"] is False
    assert alice.get(path).json()["more"] is False


@pytest.mark.parametrize(
    ("query", "status"),
    [({"last": "0"}, 400), ({"last": "x"}, 400), ({"last": "1001"}, 400), ({"last": "9" * 5000}, 400),
     ({"last": "²"}, 400), ({"before": "x"}, 400), ({"last": "1", "before": "x"}, 400),
     ({"last": "1", "before": "00000000-0000-4000-8000-000000000000"}, 404)],
)  # fmt: skip
def test_a_window_that_makes_no_sense_is_refused(alice: httpx2.Client, query: dict[str, str], status: int) -> None:
    path, _ = chat(alice, "a window")
    assert alice.get(path, params=query).status_code == status


@pytest.mark.parametrize("which", ["user_message_id", "message_id"])
def test_a_deleted_turn_leaves_what_followed(alice: httpx2.Client, site: Site, which: str) -> None:
    path, starts = chat(alice, "keep this", "drop this", "and this stays")
    drop = starts[1]
    again = {"conversation_id": drop["conversation_id"], "regenerate": drop["user_message_id"]}
    version = ask(alice, **again)
    alice.patch(path, json={"leaf_id": version["message_id"]})
    assert alice.delete(f"{path}/messages/{drop[which]}").status_code == 204
    assert questions(alice, path) == ["keep this", "and this stays"]
    tree = alice.get(path).json()
    assert len(tree["messages"]) == 4
    assert tree["messages"][2]["parent_id"] == starts[0]["message_id"]
    assert alice.delete(f"{path}/messages/{drop[which]}").status_code == 404
    # What it cost stays in the books.
    assert site.shell(f"print(UsageRecord.objects.filter(message_id='{drop['message_id']}').count())").strip() == "1"


@pytest.mark.parametrize("which", ["user_message_id", "message_id"])
def test_a_deleted_turn_comes_back_where_it_was(alice: httpx2.Client, which: str) -> None:
    word = f"zeppelin{which.replace('_', '')}"
    path, starts = chat(alice, "before the lost turn", word, "after the lost turn")
    before = alice.get(path).json()
    turn = f"{path}/messages/{starts[1][which]}"
    assert alice.delete(turn).status_code == 204
    assert alice.get(f"/api/conversations?q={word}").json()["conversations"] == []
    assert before["id"] in str(alice.get("/api/conversations").json())
    assert alice.post(f"{turn}/restore").status_code == 204
    after = alice.get(path).json()
    assert after["messages"] == before["messages"]
    assert after["leaf_id"] == before["leaf_id"]
    found = alice.get(f"/api/conversations?q={word}").json()["conversations"]
    assert [each["id"] for each in found] == [before["id"]]
    # What is there stays as it is.
    assert alice.post(f"{turn}/restore").status_code == 204
    assert alice.get(path).json()["messages"] == before["messages"]


def test_turns_deleted_one_after_the_other_come_back_last_first(alice: httpx2.Client) -> None:
    path, starts = chat(alice, "one of three", "two of three", "three of three")
    before = alice.get(path).json()["messages"]
    turns = [f"{path}/messages/{start['user_message_id']}" for start in starts]
    assert [alice.delete(turn).status_code for turn in turns] == [204] * 3
    assert [alice.post(f"{turn}/restore").status_code for turn in turns[::-1]] == [204] * 3
    assert alice.get(path).json()["messages"] == before


def test_one_version_is_deleted_with_what_followed_it_and_comes_back(alice: httpx2.Client) -> None:
    path, [start] = chat(alice, "answered twice here")
    conversation = {"conversation_id": start["conversation_id"]}
    ask(alice, "below the first", **conversation)
    second = ask(alice, **conversation, regenerate=start["user_message_id"])
    ask(alice, "below the second", **conversation)
    before = alice.get(path).json()
    version = f"{path}/messages/{second['message_id']}"
    assert alice.delete(version, params={"only": "version"}).status_code == 204
    assert questions(alice, path) == ["answered twice here", "below the first"]
    assert len(alice.get(path).json()["messages"]) == 4
    # The only one of a question stays, unless the whole turn goes.
    only = f"{path}/messages/{start['message_id']}"
    assert alice.delete(only, params={"only": "version"}).status_code == 409
    assert alice.delete(only, params={"only": "half"}).status_code == 400
    assert alice.post(f"{version}/restore").status_code == 204
    after = alice.get(path).json()
    assert after["messages"] == before["messages"]
    assert after["leaf_id"] == before["leaf_id"]


def test_what_was_deleted_long_ago_is_gone_and_nobody_elses_to_bring_back(alice: httpx2.Client, site: Site) -> None:
    path, starts = chat(alice, "stays for good", "goes for good")
    turn = f"{path}/messages/{starts[1]['user_message_id']}"
    alice.delete(turn)
    with site.client("bob") as bob:
        assert bob.post(f"{turn}/restore").status_code == 404
    aside = f"Conversation.objects.filter(taken_from='{starts[0]['conversation_id']}')"
    site.shell(
        "from datetime import timedelta",
        "from django.utils import timezone",
        f"{aside}.update(deleted_at=timezone.now() - timedelta(seconds=61))",
    )
    assert alice.post(f"{turn}/restore").status_code == 404
    site.shell("from chat.generation.recovery import purge", "purge()")
    assert site.shell(f"print({aside}.count(), Message.objects.filter(content='goes for good').count())").split() == [
        "0",
        "0",
    ]
    assert questions(alice, path) == ["stays for good"]


def test_the_first_turn_can_be_deleted_and_the_only_one(alice: httpx2.Client) -> None:
    path, starts = chat(alice, "first turn", "second turn")
    assert alice.delete(f"{path}/messages/{starts[0]['message_id']}").status_code == 204
    assert questions(alice, path) == ["second turn"]
    assert alice.delete(f"{path}/messages/{starts[1]['message_id']}").status_code == 204
    assert alice.get(path).json()["messages"] == []
    ask(alice, "a new beginning", conversation_id=starts[0]["conversation_id"])
    assert questions(alice, path) == ["a new beginning"]


def test_a_conversation_has_parameters_of_its_own(alice: httpx2.Client, upstream: Upstream) -> None:
    path, (start,) = chat(alice, "a first word on parameters")
    changed = alice.patch(path, json={"temperature": 1, "max_tokens": 5}).json()
    assert (changed["temperature"], changed["max_tokens"]) == (1.0, 5)
    conversation = {"conversation_id": start["conversation_id"]}
    ask(alice, "parameters from the conversation", **conversation)
    ask(alice, "parameters from the question", **conversation, temperature=0, max_tokens=7)
    alice.patch(path, json={"temperature": None, "max_tokens": None})
    ask(alice, "no more parameters", **conversation)

    def sent(prompt: str) -> tuple[Any, Any]:
        body = next(r.body for r in upstream.log(MODEL) if prompt in str(r.body["messages"][-1]))
        limit = body.get("max_tokens", body.get("max_completion_tokens"))
        return body.get("temperature"), limit

    assert sent("parameters from the conversation") == (1.0, 5)
    assert sent("parameters from the question") == (0, 7)
    assert sent("no more parameters") == (None, None)


@pytest.mark.parametrize(
    "changes",
    [{"temperature": 2.1}, {"temperature": -1}, {"temperature": "hot"}, {"max_tokens": 0}, {"max_tokens": 1.5}],
)
def test_parameters_that_no_model_takes_are_refused(alice: httpx2.Client, changes: dict[str, Any]) -> None:
    path, _ = chat(alice, "bad parameters")
    before = alice.get(path).json()
    assert alice.patch(path, json=changes).status_code == 400
    assert alice.get(path).json() == before
