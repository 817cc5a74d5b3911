"""The beginning of a generation: one transaction writes the question, the answer to be, and the generation."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat import catalog, database
from chat.errors import ChatError
from chat.events import Started
from chat.generation import live
from chat.generation.context import completion_request
from chat.models import ApiKey, ChatModel, Conversation, Generation, Message
from chat.usage.ledger import Account

TITLE_CHARS = 60


class Ask(msgspec.Struct, frozen=True):
    """What a caller asks for: the body of `POST /api/chat/stream` and `POST /api/chat`.

    Without `parent_id` the question follows what was said last; with null it begins the conversation anew beside
    what is there.
    """

    message: str
    conversation_id: UUID | None = None
    parent_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    model: str | None = None
    system_prompt: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    response_format: dict[str, Any] | None = None
    request_id: str | None = None

    def check(self) -> None:
        """Raise ChatError `invalid_request` for values of the right type that make no sense."""
        limit = settings.CHAT_MAX_MESSAGE_CHARS
        problem = ""
        if not self.message.strip():
            problem = "The message is empty."
        elif len(self.message) > limit:
            problem = f"The message is {len(self.message):,} characters long; at most {limit:,} are allowed."
        elif self.system_prompt and len(self.system_prompt) > limit:
            problem = f"The `system_prompt` is longer than {limit:,} characters."
        elif "\0" in self.message or "\0" in (self.system_prompt or ""):
            problem = "The text holds a NUL character."
        elif self.max_tokens is not None and not 1 <= self.max_tokens <= 10_000_000:
            problem = "`max_tokens` must be 1 or more."
        elif self.temperature is not None and not 0 <= self.temperature <= 2:
            problem = "`temperature` must be between 0 and 2."
        elif self.request_id is not None and not 1 <= len(self.request_id) <= 200:
            problem = "`request_id` must have 1 to 200 characters."
        elif isinstance(self.parent_id, UUID) and self.conversation_id is None:
            problem = "`parent_id` needs a `conversation_id`."
        if problem:
            raise ChatError("invalid_request", problem)


@dataclass(frozen=True, slots=True)
class Begun:
    """A generation whose rows are written. `plan` is None if an earlier request with the same id had begun it."""

    generation_id: UUID
    plan: live.Plan | None


async def begin(user: User, api_key: ApiKey | None, ask: Ask) -> UUID:
    """Write the rows for an answer to `ask` and start it. Returns the generation's id; follow it from there.

    A `request_id` seen before gives the first one's generation. Raises ChatError before anything is written.
    """
    ask.check()
    # A caller who leaves now must not leave rows behind that nobody finishes.
    return await asyncio.shield(asyncio.create_task(_begin(user, api_key, ask)))


async def _begin(user: User, api_key: ApiKey | None, ask: Ask) -> UUID:
    with live.reserved(user.pk, settings.CHAT_MAX_STREAMS_PER_USER):
        begun = await database.run(_write, user, api_key, ask)
        if begun.plan is not None:
            live.start(begun.plan, settings.CHAT_DISCONNECT_GRACE, settings.CHAT_TOTAL_TIMEOUT)
    return begun.generation_id


def _write(user: User, api_key: ApiKey | None, ask: Ask) -> Begun:
    try:
        with transaction.atomic():
            return _earlier(user, ask) or _write_rows(user, api_key, ask)
    except IntegrityError:
        # Two requests with one id at once: the database let one through.
        earlier = _earlier(user, ask)
        if earlier is None:
            raise
        return earlier


def _earlier(user: User, ask: Ask) -> Begun | None:
    if ask.request_id is None:
        return None
    found = Generation.objects.filter(owner=user, request_id=ask.request_id).first()
    return Begun(found.pk, None) if found else None


def _write_rows(user: User, api_key: ApiKey | None, ask: Ask) -> Begun:
    conversation = _conversation(user, ask)
    model = catalog.choose(user, ask.model, conversation.model)
    parent = _parent(conversation, ask)
    is_new = conversation._state.adding
    now = timezone.now()
    conversation.model, conversation.updated_at = model, now
    conversation.title = conversation.title or title_from(ask.message)
    conversation.save()
    question = Message.objects.create(
        conversation=conversation, parent=parent, role=Message.Role.USER, content=ask.message, created_at=now
    )
    answer = Message.objects.create(
        conversation=conversation,
        parent=question,
        role=Message.Role.ASSISTANT,
        status=Message.Status.STREAMING,
        model=model.name,
        # Time orders the messages of a conversation; an answer comes after its question.
        created_at=now + timedelta(microseconds=1),
    )
    generation = Generation.objects.create(
        owner=user, message=answer, model=model, request_id=ask.request_id, parameters=_parameters(ask), created_at=now
    )
    plan = live.Plan(
        account=_account(user, api_key, generation, answer, model),
        started=started(generation, answer, question),
        request=completion_request(generation, conversation, question),
        source=catalog.connect(model.provider),
        title=conversation.title if is_new else None,
    )
    return Begun(generation.pk, plan)


def _conversation(user: User, ask: Ask) -> Conversation:
    if ask.conversation_id is None:
        return Conversation(owner=user, system_prompt=ask.system_prompt or "")
    mine = Conversation.objects.select_related("model").filter(owner=user, pk=ask.conversation_id)
    # The lock makes two questions at once follow one another: the second sees the first one's answer under way.
    found = mine.select_for_update(of=("self",)).first()
    if found is None:
        raise ChatError("not_found", "There is no such conversation.")
    return found


def _parent(conversation: Conversation, ask: Ask) -> Message | None:
    if ask.parent_id is None or conversation._state.adding:
        return None
    answers = conversation.messages.select_related("generation")
    if isinstance(ask.parent_id, UUID):
        parent = answers.filter(pk=ask.parent_id).first()
        if parent is None:
            raise ChatError("not_found", "`parent_id` names no message of this conversation.")
        if parent.role != Message.Role.ASSISTANT:
            raise ChatError("invalid_request", "`parent_id` must name an answer, or be null.")
    else:
        parent = answers.last()
    if parent is not None and parent.status == Message.Status.STREAMING and live.find(parent.generation.pk):
        raise ChatError("conflict", "The answer before is still being written. Stop it or wait for its end.")
    return parent


def _parameters(ask: Ask) -> dict[str, Any]:
    given = {
        "system_prompt": ask.system_prompt if ask.conversation_id else None,
        "max_tokens": ask.max_tokens,
        "temperature": ask.temperature,
        "response_format": ask.response_format,
    }
    return {name: value for name, value in given.items() if value is not None}


def _account(user: User, api_key: ApiKey | None, generation: Generation, answer: Message, model: ChatModel) -> Account:
    return Account(
        user_id=user.pk,
        username=user.username,
        api_key_name=api_key.name if api_key else "",
        conversation_id=answer.conversation_id,
        message_id=answer.pk,
        generation_id=generation.pk,
        model_id=model.pk,
        model=model.name,
        provider=model.provider.name,
    )


def started(generation: Generation, answer: Message, question: Message) -> Started:
    """Return the event that every stream of this generation begins with."""
    return Started(
        conversation_id=answer.conversation_id,
        message_id=answer.pk,
        user_message_id=question.pk,
        generation_id=generation.pk,
        model=answer.model,
    )


def title_from(message: str) -> str:
    """Return the first words of a message, at most 60 characters on one line."""
    line = " ".join(message.split())
    if len(line) <= TITLE_CHARS:
        return line
    words = line[:TITLE_CHARS].rpartition(" ")[0] or line[:TITLE_CHARS]
    return f"{words}…"
