"""Rows that the admin lists."""

from django.contrib.auth.models import User
from django.utils import timezone

from chat.models import ApiKey, Budget, ChatModel, Conversation, Generation, Message, RateLimit
from tests.usage.rows import priced_model, record


def talk(owner: User, model: ChatModel | None = None, question: str = "Why?", answer: str = "Because.") -> Generation:
    """A finished answer in a conversation of its own."""
    conversation = Conversation.objects.create(owner=owner, title=question, model=model)
    asked = Message.objects.create(conversation=conversation, role="user", content=question)
    answered = Message.objects.create(conversation=conversation, parent=asked, role="assistant", content=answer)
    return Generation.objects.create(owner=owner, message=answered, model=model, finished_at=timezone.now())


def everything(number: int) -> None:
    """One row of every kind, each with owners and models of its own."""
    owner = User.objects.create_user(f"user-{number}")
    model, price = priced_model(f"model-{number}", f"provider-{number}")
    talk(owner, model)
    record(timezone.now(), price, user_id=owner.pk, username=owner.username)
    ApiKey.issue(owner, f"key-{number}")
    Budget.objects.create(user=owner, amount=50)
    RateLimit.objects.create(user=owner, streams=number)
