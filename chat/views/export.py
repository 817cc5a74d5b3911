"""Exports one's conversations: Markdown to read, JSON for programs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from time import monotonic
from typing import Final
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from chat import database
from chat.access.credential import Credential
from chat.access.subscription import POLL_SECONDS, admit
from chat.errors import ChatError
from chat.models import Conversation
from chat.views import archive
from chat.views.access import KEPT_BY_NOBODY, Caller, api

logger = logging.getLogger(__name__)

TYPES: Final = {"markdown": "text/markdown; charset=utf-8", "json": "application/json", "zip": "application/zip"}
# Going to a database thread and back costs more than a few lines of text are worth.
CHUNK_BYTES: Final = 64 * 1024


@api("GET")
async def conversation(request: HttpRequest, caller: Caller, conversation_id: UUID) -> StreamingHttpResponse:
    """One conversation: Markdown has its current branch, JSON the whole tree."""
    kind = _format(request)
    mine = Conversation.objects.listed(caller.user).select_related("model")
    row = await database.run(mine.filter(pk=conversation_id).first)
    if row is None:
        raise ChatError("not_found", "There is no such conversation.")
    written = archive.as_markdown if kind == "markdown" else archive.as_json
    name = archive.file_name(row, "md" if kind == "markdown" else "json")
    return attachment(written(row), name, TYPES[kind], caller.credential)


@api("GET")
async def everything(request: HttpRequest, caller: Caller) -> StreamingHttpResponse:
    """All conversations but the temporary ones: one JSON array, or a zip with a Markdown file for each."""
    kind = _format(request)
    name = f"conversations-{timezone.now():%Y-%m-%d}"
    rows = archive.conversations(caller.user)
    if kind == "json":
        return attachment(archive.as_array(rows), f"{name}.json", TYPES["json"], caller.credential)
    return attachment(archive.as_zip(rows), f"{name}.zip", TYPES["zip"], caller.credential)


def _format(request: HttpRequest) -> str:
    kind = request.GET.get("format", "")
    if kind not in ("markdown", "json"):
        raise ChatError("invalid_request", "`format` is markdown or json.")
    return kind


def attachment(parts: Iterator[bytes], name: str, content_type: str, credential: Credential) -> StreamingHttpResponse:
    """Return a file to keep, whose parts are made in a database thread while it is sent.

    It is cut off once by `credential` nobody would be let in again: what arrived is then no whole file, and is not
    taken for one.
    """
    response = StreamingHttpResponse(_streamed(parts, credential), content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = KEPT_BY_NOBODY
    return response


def while_allowed(parts: Iterator[bytes], is_allowed: Callable[[], bool]) -> Iterator[bytes]:
    """Yield the parts while `is_allowed` says so; it is asked every few seconds. Raises ChatError `forbidden`."""
    asked = monotonic()
    for part in parts:
        if monotonic() - asked > POLL_SECONDS:
            if not is_allowed():
                raise ChatError("forbidden", "The right to this was withdrawn.")
            asked = monotonic()
        yield part


async def _streamed(parts: Iterator[bytes], credential: Credential) -> AsyncIterator[bytes]:
    try:
        with admit(credential) as subscription, subscription.waiting():
            while chunk := await database.run(_chunk, parts):
                subscription.pause()
                yield chunk
                subscription.check()
    except ChatError as error:
        logger.info("A download of user %d was cut off. %s", credential.user_id, error.message)
        # As if the client had left: the headers are out, and an end would say that all of it is there.
        raise asyncio.CancelledError from None


def _chunk(parts: Iterator[bytes]) -> bytes:
    """Return the next parts together; empty at the end. No query is left open in between."""
    chunk = bytearray()
    for part in parts:
        chunk += part
        if len(chunk) >= CHUNK_BYTES:
            break
    return bytes(chunk)
