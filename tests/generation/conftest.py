"""Each test has a process's memory of its own: once somebody had to wait for its journal, that belongs to one loop."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat import runtime
from chat.generation import control
from chat.models import ChatModel, Conversation, Generation, Provider


@pytest.fixture(autouse=True)
def _memory_of_its_own() -> None:
    runtime.start()


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def generation(alice: User) -> Generation:
    """An answer that is about to be written."""
    provider = Provider.objects.create(name="openai")
    model = ChatModel.objects.create(name="model", upstream_name="model", provider=provider)
    conversation = Conversation.objects.create(owner=alice, title="Why?")
    question = conversation.messages.create(role="user", content="Why?")
    answer = conversation.messages.create(role="assistant", parent=question, status="streaming", model="model")
    return Generation.objects.create(owner=alice, message=answer, model=model, heartbeat_at=timezone.now())


@pytest.fixture
def _nothing_is_left() -> Iterator[None]:
    yield
    assert not control.running().by_id
    assert not control.running().starting
