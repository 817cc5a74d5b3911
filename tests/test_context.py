"""What a model is sent of a long conversation: as much as it takes, the newest first, and the reader is told."""

from typing import Any

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import Event, events, one
from tests.harness.upstream.process import Upstream

MODEL = "forgetful"
SYSTEM = "Answer in riddles."
WORDS = "plain words of a longer message that says little, " * 8


@pytest.fixture(scope="module")
def forgetful(site: Site) -> str:
    """A model that takes a thousand tokens at once."""
    site.shell(
        "row = Provider.objects.get(name='openai')",
        f"ChatModel.objects.create(name={MODEL!r}, upstream_name={MODEL!r}, provider=row, context_window=1000)",
    )
    return MODEL


def ask(client: httpx2.Client, upstream: Upstream, **body: Any) -> tuple[list[Event], list[dict[str, str]]]:
    """Ask. Returns the events, and the messages that the provider was sent."""
    received = events(client, model=MODEL, max_tokens=100, **body)
    sent: list[dict[str, str]] = upstream.log(MODEL)[-1].body["messages"]
    return received, sent


def test_older_messages_are_left_out_and_the_reader_is_told(
    alice: httpx2.Client, upstream: Upstream, forgetful: str
) -> None:
    received, sent = ask(alice, upstream, message=f"0 {WORDS}", system_prompt=SYSTEM)
    conversation = one(received, "start")["conversation_id"]
    assert [event["type"] for event in received].count("status") == 0
    for number in range(1, 16):
        received, sent = ask(alice, upstream, message=f"{number} {WORDS}", conversation_id=conversation)
        # Never in the middle of a turn: a question, its answer, ..., and this question.
        assert [turn["role"] for turn in sent] == ["system", *["user", "assistant"] * (len(sent) // 2 - 1), "user"]
        assert sent[0]["content"] == SYSTEM
        asked = [int(turn["content"].split()[0]) for turn in sent if turn["role"] == "user"]
        assert asked == list(range(asked[0], number + 1))
    # What was estimated is near what fits: a hundred are for the answer.
    assert 500 < one(received, "usage")["prompt_tokens"] * 1.2 < 900
    assert 0 < asked[0] < 14
    status = one(received, "status")
    assert (status["attempt"], status["message"][:30]) == (0, "Older messages were not sent: ")
    assert [event["type"] for event in received][:2] == ["start", "status"]
    told = alice.get(f"/api/conversations/{conversation}").json()["messages"]
    marks = [message["is_trimmed"] for message in told if message["role"] == "assistant"]
    assert marks[0] is False
    assert marks[-1] is True
    assert marks == sorted(marks)


def test_what_a_hard_budget_sets_aside_is_what_is_sent_of_a_long_conversation(
    site: Site, upstream: Upstream, forgetful: str
) -> None:
    mine = "Budget.objects.filter(user__username='charlie')"
    site.shell(
        "who = User.objects.get(username='charlie')",
        "Budget.objects.create(scope='user', user=who, unit='tokens', amount=10**7, hard=True)",
    )
    conversation, taken = None, 0
    with site.client("charlie") as client:
        for number in range(12):
            more: dict[str, Any] = {"conversation_id": conversation} if conversation else {}
            received, _ = ask(client, upstream, message=f"{number} {WORDS}", **more)
            conversation = one(received, "start")["conversation_id"]
            taken += one(received, "usage")["total_tokens"]
        told = client.get(f"/api/conversations/{conversation}").json()["messages"]
    assert [message["is_trimmed"] for message in told if message["role"] == "assistant"][::11] == [False, True]
    assert site.shell(f"print({mine}.get().used, Reservation.objects.count())").split() == [str(taken), "0"]
    site.shell(f"{mine}.delete()")


def test_a_question_that_is_too_long_is_sent_all_the_same(
    alice: httpx2.Client, upstream: Upstream, forgetful: str
) -> None:
    received, _ = ask(alice, upstream, message="A short one.")
    conversation = one(received, "start")["conversation_id"]
    received, sent = ask(alice, upstream, message=WORDS * 20, conversation_id=conversation)
    assert [turn["role"] for turn in sent] == ["user"]
    assert one(received, "status")["attempt"] == 0


def test_only_the_branch_is_read_and_only_as_far_as_it_can_be_sent(site: Site, forgetful: str) -> None:
    counted = site.shell(
        "from chat.generation.context import history",
        "talk = Conversation.objects.create(owner=User.objects.get(username='bob'))",
        "parent = None",
        "for number in range(400):",
        "    role = 'assistant' if number % 2 else 'user'",
        "    Message.objects.create(conversation=talk, parent=parent, role=role, content='beside ' * 50)",
        "    parent = Message.objects.create(conversation=talk, parent=parent, role=role, content='x' * 100)",
        "found = history(parent, 2000)",
        "print(len(found), len(history(parent)), {row.content[0] for row in found}, found[-1].pk == parent.pk)",
    )
    assert counted.split() == ["20", "400", "{'x'}", "True"]


def test_bundled_windows_are_filled_in_and_what_an_admin_entered_stays(site: Site) -> None:
    assert site.shell("print(ChatModel.objects.get(name='gpt-4o').context_window)").strip() == "128000"
    site.shell("ChatModel.objects.filter(name='gpt-4o').update(context_window=0)")
    site.manage("syncmodels")
    assert site.shell("print(ChatModel.objects.get(name='gpt-4o').context_window)").strip() == "0"
