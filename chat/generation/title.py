"""A short title for a new conversation, asked from a model once its first answer is there. Nobody waits for it."""

import asyncio
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from chat import database
from chat.budgets.reservation import is_limited, reserve_answer
from chat.catalog.choice import available
from chat.catalog.learnt import learnt_of, remember
from chat.catalog.providers import connect
from chat.errors import ChatError
from chat.generation.completion_run import CompletionRun
from chat.generation.log import GenerationLog
from chat.generation.outcome import spent
from chat.generation.request import first_words
from chat.generation.retry_policy import Policy
from chat.generation.settlement import book
from chat.live_list import feed
from chat.models import ChatModel, Conversation, Message, UsageRecord
from chat.providers.base import CompletionRequest, Turn
from chat.usage.ledger import Account
from chat.usage.token_counts import Spent

logger = logging.getLogger(__name__)

# How much of question and answer is shown to the model, each.
EXCERPT_CHARS: Final = 2000
# Enough for a model that thinks first; a title itself takes ten.
MAX_TOKENS: Final = 500
TOTAL_SECONDS: Final = 60.0
INSTRUCTION: Final = (
    "Give the conversation below a title of at most six words, in the language in which it is held. "
    "Answer with the title alone, on one line, without quotes and without a full stop."
)
# Where a model thinks into its text: between tags, or up to one that nothing opened.
TAG: Final = r"(think|thinking|thought|reasoning|analysis)"
THOUGHTS: Final = re.compile(rf"\A.*</{TAG}>|<{TAG}>.*?</\2>", re.DOTALL | re.IGNORECASE)
UNFINISHED: Final = re.compile(rf"<{TAG}>", re.IGNORECASE)
ALOUD: Final = re.compile(
    r"(okay|ok|alright|hmm|let me|let's|let’s|the user|we need|i need|i should|first,)\b"
    r".*\b(user|title|conversation|need)",
    re.IGNORECASE,
)
LONGEST_TITLE: Final = 240
QUOTES: Final = " \t\"'`*#_“”„‟‘’‚«»‹›「」『』"


@dataclass(frozen=True, slots=True)
class Task:
    """A title to be asked for: on whose account, and what is asked of which model."""

    account: Account
    model: ChatModel
    request: CompletionRequest


async def suggest(account: Account) -> None:
    """Give the conversation of an answer that has just ended a title, if it is its first and ended well."""
    task = await database.run(_claim, account)
    if task is None:
        return
    title = ""
    try:
        title = await _ask(task)
    except ChatError as error:
        logger.warning("No title came from %s: %s", task.model.name, error.message)
    finally:
        await asyncio.shield(database.run(_keep, task, title))
    await feed.publish()


def tidy(said: str) -> str:
    """Return what a model said as a title: one line of at most 60 characters, without quotes; empty for nothing.

    Who was told to say a title alone and says more thinks aloud: what stands in the tags of thoughts is left out, and
    of several lines that begin with prose the last one is the title, if it can be one.
    """
    said = THOUGHTS.sub("", said.replace("\0", ""))
    if UNFINISHED.search(said):
        return ""
    lines = [line for line in said.splitlines() if line.strip(QUOTES)]
    line = next(iter(lines), "")
    if _is_prose(line):
        line = lines[-1] if len(lines) > 1 and not _is_prose(lines[-1]) else ""
    line = re.sub(r"\A\s*title\s*:\s*", "", line.strip(QUOTES), flags=re.IGNORECASE)
    return first_words(line.strip(QUOTES).removesuffix("."))


def _is_prose(line: str) -> bool:
    """Whether a line is somebody thinking aloud: longer than any title, or several sentences."""
    return (
        len(line) > LONGEST_TITLE or len(re.findall(r"[.!?](\s|$)", line)) > 1 or bool(ALOUD.match(line.strip(QUOTES)))
    )


def _claim(account: Account) -> Task | None:
    """Return what is to be asked; None where no title is wanted, or another process is asking for it."""
    answers = Message.objects.select_related("parent", "conversation__owner", "generation__model")
    answer = answers.filter(pk=account.message_id, status=Message.Status.COMPLETE).first()
    if answer is None or answer.parent is None or answer.parent.parent_id is not None or not answer.content:
        return None
    names = (row for row in available(answer.conversation.owner) if row.name == settings.CHAT_TITLE_MODEL)
    model = next(names, None)
    if model is None or not _may_see(model, answer):
        return None
    waiting = Conversation.objects.of(answer.conversation.owner).filter(pk=account.conversation_id, temporary=False)
    named_by_words = waiting.filter(title_origin=Conversation.TitleOrigin.WORDS)
    task = _task(account, model, answer)
    try:
        with database.writing():
            if not named_by_words.update(title_origin=Conversation.TitleOrigin.MODEL):
                return None
            if is_limited(account.user_id, account.api_key_id):
                reserved = reserve_answer(task.account, task.request, timezone.now())
                if reserved is not None and reserved.limit is not None:
                    task = replace(task, request=replace(task.request, max_tokens=reserved.limit))
    except ChatError as refusal:
        # Its first words are title enough when there is nothing left to pay for another.
        logger.info("No title was asked for: %s", refusal.message)
        return None
    return task


def _may_see(model: ChatModel, answer: Message) -> bool:
    """Whether the model for titles may be shown a talk: who chose one provider did not choose another."""
    asked = answer.generation.model
    return settings.CHAT_TITLE_ANY_PROVIDER or (asked is not None and asked.provider_id == model.provider_id)


def _task(account: Account, model: ChatModel, answer: Message) -> Task:
    assert answer.parent is not None  # noqa: S101 - an answer has a question
    talk = f"{answer.parent.content[:EXCERPT_CHARS]}\n\n{answer.content[:EXCERPT_CHARS]}"
    return Task(
        account=replace(
            account,
            kind=UsageRecord.Kind.TITLE,
            generation_id=uuid4(),
            model_id=model.pk,
            model=model.name,
            provider=model.provider.name,
        ),
        model=model,
        request=CompletionRequest(
            model.upstream_name,
            (Turn("system", INSTRUCTION), Turn("user", talk)),
            max_tokens=MAX_TOKENS,
            learnt=learnt_of(model),
        ),
    )


async def _ask(task: Task) -> str:
    log = GenerationLog()
    patience = settings.CHAT_IDLE_TIMEOUT, settings.CHAT_FIRST_TOKEN_TIMEOUT
    policy = Policy(1, 0, *patience)
    learnt = task.request.learnt
    try:
        run = CompletionRun(await connect(task.model.provider), task.request, policy, log)
        async with asyncio.timeout(TOTAL_SECONDS):
            await run.run()
        learnt = run.learnt
    except TimeoutError:
        raise ChatError("timeout", f"It took longer than {TOTAL_SECONDS:g} s.") from None
    finally:
        await asyncio.shield(database.run(_book, task.account, [spent(each) for each in log.attempts]))
    if learnt != task.request.learnt:
        await database.run(remember, task.model.pk, task.request.learnt, learnt)
    return tidy(log.content)


def _book(account: Account, attempts: Iterable[Spent]) -> None:
    with database.writing():
        book(account, attempts, timezone.now())


def _keep(task: Task, title: str) -> None:
    """Store a title, unless a person has chosen one meanwhile; without one the next answer is another chance."""
    mine = Conversation.objects.filter(pk=task.account.conversation_id)
    claimed = mine.filter(title_origin=Conversation.TitleOrigin.MODEL)
    if title:
        claimed.update(title=title, changed_at=timezone.now())
    else:
        claimed.update(title_origin=Conversation.TitleOrigin.WORDS)
