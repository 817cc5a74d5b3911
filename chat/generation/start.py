"""Starts a generation: one transaction writes question, empty answer and generation, and reserves budgets."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from chat import database, tasks
from chat.budgets.reservation import is_limited, reserve_answer
from chat.catalog.choice import choose
from chat.catalog.providers import connect
from chat.errors import ChatError
from chat.events import Started
from chat.generation import live, title
from chat.generation.context import context, mark_trimmed
from chat.generation.control import running
from chat.generation.request import ChatRequest
from chat.generation.retry_policy import Policy
from chat.generation.spec import GenerationSpec, Limits
from chat.generation.summary import summary_of
from chat.generation.worker import THIS_WORKER
from chat.limits import check_rate, check_storage
from chat.live_list import feed
from chat.models import ApiKey, Conversation, Generation, Message, Provider
from chat.models.tree import Tree
from chat.usage.ledger import Account, paying_group

# What a question changes of a conversation.
ASKED: Final = ("model", "title", "leaf", "stored_chars", "updated_at", "changed_at")


async def begin(user: User, api_key: ApiKey | None, ask: ChatRequest, *, can_return: bool = True) -> UUID:
    """Write the rows for an answer to `ask` and start it. Returns the generation's id; follow it from there.

    A `request_id` seen before gives the first one's generation. Raises ChatError before anything is written.
    """
    ask.check()
    task = asyncio.create_task(_begin(user, api_key, ask))
    try:
        # A caller who leaves now must not leave rows behind that nobody finishes.
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(partial(_leave, can_return=can_return))
        raise


def _leave(task: "asyncio.Task[UUID]", *, can_return: bool) -> None:
    if not task.cancelled() and task.exception() is None and (generation := live.find(task.result())):
        generation.followers.miss(can_return=can_return)


async def _begin(user: User, api_key: ApiKey | None, ask: ChatRequest) -> UUID:
    if ask.request_id is not None and (earlier := await database.run(_earlier, user, ask)):
        return earlier
    with running().begin():
        plan = await database.run(_write, user, api_key, ask)
        if isinstance(plan, UUID):
            return plan
        generation = live.start(plan)
    assert generation.task is not None  # noqa: S101 - it has just been started
    generation.task.add_done_callback(lambda _: _ended(plan.account))
    tasks.run(feed.publish())
    return plan.account.generation_id


def _ended(account: Account) -> None:
    """What follows an answer, when whoever follows it has been told its end."""
    tasks.run(feed.publish())
    if settings.CHAT_TITLE_MODEL:
        tasks.run(title.suggest(account))


def limits(provider: Provider) -> Limits:
    """Return the limits that the settings set, and for how long to read on after Stop with this provider."""
    return Limits(
        drain_seconds=provider.drain_seconds,
        drain_pieces=provider.drain_tokens,
        grace=settings.CHAT_DISCONNECT_GRACE,
        total_seconds=settings.CHAT_TOTAL_TIMEOUT,
        policy=Policy(
            max_retries=settings.CHAT_MAX_RETRIES,
            max_continuations=settings.CHAT_MAX_CONTINUATIONS,
            idle_seconds=settings.CHAT_IDLE_TIMEOUT,
            first_token_seconds=settings.CHAT_FIRST_TOKEN_TIMEOUT,
        ),
    )


def _write(user: User, api_key: ApiKey | None, ask: ChatRequest) -> GenerationSpec | UUID:
    """Write the rows. Returns how to write the answer, or the id of the one that an earlier request began."""
    try:
        with database.writing():
            generation, title = _write_rows(user, api_key, ask)
            account = Account.of(generation, paying_group(user.pk))
            sent, reserved = None, None
            # What was said before is read while others wait only where it has to be known.
            if is_limited(account.user_id, account.api_key_id):
                sent = context(generation)
                generation.is_trimmed = sent.is_trimmed
                reserved = reserve_answer(
                    account, sent.request, generation.created_at, sent.reader.regression, sent.seen
                )
            generation.save(force_insert=True)
    except (IntegrityError, ChatError):
        # Two requests with one id at once: the database, or a limit, let one through.
        earlier = _earlier(user, ask)
        if earlier is None:
            raise
        return earlier
    assert generation.model is not None  # noqa: S101 - it has just been written
    sent = sent or context(generation)
    # It knows the generation, which knows it: a long question would wait for the garbage collector.
    generation.message._state.fields_cache.pop("generation", None)
    if sent.is_trimmed and not generation.is_trimmed:
        mark_trimmed(generation.pk)
    return GenerationSpec(
        account=account,
        started=started(generation),
        request=sent.request,
        connect=partial(connect, generation.model.provider),
        title=title,
        limits=limits(generation.model.provider),
        reservation=reserved,
        is_trimmed=sent.is_trimmed,
    )


def _earlier(user: User, ask: ChatRequest) -> UUID | None:
    if ask.request_id is None:
        return None
    return Generation.objects.filter(owner=user, request_id=ask.request_id).values_list("pk", flat=True).first()


def _write_rows(user: User, api_key: ApiKey | None, ask: ChatRequest) -> tuple[Generation, str | None]:
    """Write question and answer to be.

    Returns the generation, which is still to be saved, and the conversation's title where it is a new one.
    """
    now = timezone.now()
    check_rate(user, now)
    check_storage(user)
    conversation = _conversation(user, ask)
    is_new = conversation._state.adding
    model = choose(user, ask.model, conversation.model)
    conversation.model = model
    conversation.updated_at = conversation.changed_at = now
    conversation.title = conversation.title or summary_of(ask.message)
    conversation.stored_chars += ask.stored_chars
    parent = None if is_new or ask.regenerate else _parent(conversation, ask)
    question = _question(conversation, ask.regenerate) if ask.regenerate else None
    written = []
    if question is None:
        question = Message(
            conversation=conversation, parent=parent, role=Message.Role.USER, content=ask.message, created_at=now
        )
        written.append(question)
    answer = Message(
        conversation=conversation,
        parent=question,
        role=Message.Role.ASSISTANT,
        status=Message.Status.STREAMING,
        model=model.name,
        # Time orders the messages of a conversation; an answer comes after its question.
        created_at=now + timedelta(microseconds=1),
    )
    # They refer to each other, and may until the transaction ends: so each is written once.
    conversation.leaf_id = answer.pk
    conversation.save(update_fields=None if is_new else ASKED)
    Message.objects.bulk_create([*written, answer])
    generation = Generation(
        owner=user,
        message=answer,
        model=model,
        api_key=api_key,
        request_id=ask.request_id,
        parameters=ask.parameters,
        worker=THIS_WORKER,
        heartbeat_at=now,
        created_at=now,
    )
    return generation, conversation.title if is_new else None


def _conversation(user: User, ask: ChatRequest) -> Conversation:
    if ask.conversation_id is None:
        return Conversation(owner=user, system_prompt=ask.system_prompt or "", temporary=ask.temporary)
    mine = Conversation.objects.of(user).select_related("model").filter(pk=ask.conversation_id)
    # The lock makes two questions at once follow one another: the second sees the first one's answer under way.
    found = mine.select_for_update(of=("self",)).first()
    if found is None:
        raise ChatError("not_found", "There is no such conversation.")
    return found


def _parent(conversation: Conversation, ask: ChatRequest) -> Message | None:
    if ask.parent_id is None:
        return None
    if isinstance(ask.parent_id, UUID):
        parent = conversation.messages.filter(pk=ask.parent_id).first()
        if parent is None:
            raise ChatError("not_found", "`parent_id` names no message of this conversation.")
        if parent.role != Message.Role.ASSISTANT:
            raise ChatError("invalid_request", "`parent_id` must name an answer, or be null.")
    else:
        branch = Tree.of(conversation).branch(conversation.leaf_id)
        parent = conversation.messages.get(pk=branch[-1]) if branch else None
    if parent is not None and parent.status == Message.Status.STREAMING:
        raise ChatError("conflict", "The answer before is still being written. Stop it or wait for its end.")
    return parent


def _question(conversation: Conversation, question_id: UUID) -> Message:
    """Return the question that gets another answer."""
    question = conversation.messages.filter(pk=question_id).first()
    if question is None:
        raise ChatError("not_found", "`regenerate` names no message of this conversation.")
    if question.role != Message.Role.USER:
        raise ChatError("invalid_request", "`regenerate` must name a question.")
    if question.children.filter(status=Message.Status.STREAMING).exists():
        raise ChatError("conflict", "An answer to it is still being written. Stop it or wait for its end.")
    return question


def started(generation: Generation) -> Started:
    """Return the event that every stream of this generation begins with."""
    answer = generation.message
    assert answer.parent_id is not None  # noqa: S101 - an answer has a question
    return Started(
        conversation_id=answer.conversation_id,
        message_id=answer.pk,
        user_message_id=answer.parent_id,
        generation_id=generation.pk,
        model=answer.model,
    )
