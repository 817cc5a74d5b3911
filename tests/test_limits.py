"""How often and how much at once somebody may ask, told by the rows that all processes share."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.errors import ChatError
from chat.generation.request import ChatRequest
from chat.generation.spec import GenerationSpec
from chat.generation.start import _write
from chat.limits import check_rate
from chat.models import Conversation, Generation, Provider, RateLimit
from tests.usage.rows import priced_model, record

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


def asked(user: User, seconds_ago: float, *, finished: bool = True, silent: float = 0) -> Generation:
    """An answer that was asked for some time ago; its process was heard of `silent` seconds ago."""
    conversation = Conversation.objects.create(owner=user)
    answer = conversation.messages.create(role="assistant")
    return Generation.objects.create(
        owner=user,
        message=answer,
        created_at=NOW - timedelta(seconds=seconds_ago),
        heartbeat_at=NOW - timedelta(seconds=silent),
        finished_at=NOW if finished else None,
    )


def test_messages_in_a_minute_are_counted_and_the_pause_is_told(alice: User, settings: Any) -> None:
    settings.CHAT_MESSAGES_PER_MINUTE = 3
    for seconds in (70, 50, 20, 10):
        asked(alice, seconds)
    with pytest.raises(ChatError, match=r"You may ask 3 times in a minute\. Ask again in 10 s\.") as refused:
        check_rate(alice, NOW)
    assert (refused.value.code, refused.value.http_status, refused.value.retryable) == ("rate_limit", 429, True)
    assert refused.value.retry_after == 10
    check_rate(alice, NOW + timedelta(seconds=10))
    check_rate(User.objects.create_user("bob"), NOW)
    settings.CHAT_MESSAGES_PER_MINUTE = 0
    check_rate(alice, NOW)


def test_to_delete_a_turn_is_no_way_around_the_limit(alice: User, settings: Any) -> None:
    settings.CHAT_MESSAGES_PER_MINUTE = 2
    price = priced_model()[1]
    for seconds, took in ((62, 5.0), (50, 40.0), (20, 5.0)):
        generation = asked(alice, seconds)
        ended = NOW - timedelta(seconds=seconds - took)
        mine = {"user_id": alice.pk, "generation_id": generation.pk, "elapsed_seconds": took / 2}
        record(ended, price, **mine)
        record(ended, price, **mine, attempt=2)
        record(ended, price, user_id=alice.pk, kind="title")
        generation.message.delete()
    assert not Generation.objects.exists()
    with pytest.raises(ChatError, match=r"Ask again in 10 s\."):
        check_rate(alice, NOW)
    check_rate(alice, NOW + timedelta(seconds=10))


def test_answers_being_written_are_counted_but_not_those_of_a_dead_process(alice: User, settings: Any) -> None:
    settings.CHAT_MAX_STREAMS_PER_USER = 2
    asked(alice, 300, finished=False)
    asked(alice, 5)
    asked(alice, 300, finished=False, silent=30)
    check_rate(alice, NOW)
    asked(alice, 1, finished=False)
    with pytest.raises(ChatError, match="As many answers as allowed \\(2\\)") as refused:
        check_rate(alice, NOW)
    assert refused.value.retry_after == 5
    settings.CHAT_MAX_STREAMS_PER_USER = 0
    check_rate(alice, NOW)


def test_a_question_that_was_taken_before_is_found_again_whatever_the_limit(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_MESSAGES_PER_MINUTE = 1
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    priced_model()
    Provider.objects.update(kind="openai")
    ask = ChatRequest(message="Why?", request_id="once")
    assert isinstance(_write(alice, None, ask), GenerationSpec)
    # Another process asks for the same at the same moment: it has not seen the first one's row before it begins.
    assert _write(alice, None, ask) == Generation.objects.get().pk
    with pytest.raises(ChatError, match="in a minute"):
        _write(alice, None, ChatRequest(message="Why not?"))
    assert Conversation.objects.count() == 1


def test_without_limits_nothing_is_asked(alice: User, settings: Any) -> None:
    settings.CHAT_MAX_STREAMS_PER_USER = settings.CHAT_MESSAGES_PER_MINUTE = 0
    with CaptureQueriesContext(connection) as queries:
        check_rate(alice, NOW)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("own", "groups", "limit"),
    [
        (None, [], 2),
        (4, [], 4),
        (4, [9], 4),
        (0, [3], 0),
        (None, [3], 3),
        (None, [3, 7, None], 7),
        (None, [3, 0], 0),
        (None, [None], 2),
        ("empty", [5], 5),
    ],
)
def test_an_admin_makes_exceptions_for_users_and_groups(
    own: int | str | None, groups: list[int | None], limit: int, alice: User, settings: Any
) -> None:
    settings.CHAT_MESSAGES_PER_MINUTE = 2
    settings.CHAT_MAX_STREAMS_PER_USER = 2
    bob = User.objects.create_user("bob")
    RateLimit.objects.create(user=bob, messages_per_minute=1, streams=1)
    if own is not None:
        value = own if isinstance(own, int) else None
        RateLimit.objects.create(user=alice, messages_per_minute=value, streams=value)
    for number, wide in enumerate(groups):
        group = Group.objects.create(name=f"group {number}")
        alice.groups.add(group)
        RateLimit.objects.create(group=group, messages_per_minute=wide, streams=wide)
    for _ in range(limit or 10):
        check_rate(alice, NOW)
        asked(alice, 1, finished=False)
    if limit:
        with pytest.raises(ChatError):
            check_rate(alice, NOW)
