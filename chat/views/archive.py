"""Writes conversations piece by piece, so that memory stays flat however long they are."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import RawIOBase
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.utils.text import slugify

from chat.events import to_json
from chat.models import Conversation
from chat.models.tree import Tree
from chat.views import thread
from chat.views.summary import detail
from chat.views.thread import ThreadMessage

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BATCH: Final = 50
NAME_CHARS: Final = 60
SPEAKERS: Final = {"user": "You", "assistant": "Assistant"}


def conversations(owner: User) -> Iterator[Conversation]:
    """Yield what `owner` has, oldest first, looking it up a few at a time."""
    mine = Conversation.objects.listed(owner)
    names = list(mine.order_by("created_at", "pk").values_list("pk", flat=True))
    for some in _batches(names):
        rows = {row.pk: row for row in mine.filter(pk__in=some).select_related("model")}
        yield from (rows[name] for name in some if name in rows)


def file_name(row: Conversation, suffix: str) -> str:
    """Return a name that every file system takes, and no other conversation has."""
    title = slugify(row.title, allow_unicode=True)[:NAME_CHARS].strip("-_") or "conversation"
    return f"{title}-{row.pk.hex[:8]}.{suffix}"


def as_json(row: Conversation) -> Iterator[bytes]:
    """Yield a conversation as `GET /api/conversations/<id>` shows it."""
    tree = Tree.of(row)
    head: bytes = to_json(detail(row))
    yield head[:-1] + b',"messages":['
    comma = b""
    for message in _said(row, tree, list(tree)):
        yield comma + to_json(thread.as_json(message))
        comma = b","
    yield b"]}\n"


def as_array(rows: Iterator[Conversation]) -> Iterator[bytes]:
    """Yield conversations as one JSON array."""
    comma = b"["
    for row in rows:
        yield comma
        yield from as_json(row)
        comma = b","
    yield b"]\n" if comma == b"," else b"[]\n"


def as_markdown(row: Conversation) -> Iterator[bytes]:
    """Yield the current branch of a conversation: a heading for each message, then what was said."""
    tree = Tree.of(row)
    yield f"# {row}\n\n".encode()
    if row.system_prompt:
        yield f"## System prompt\n\n{row.system_prompt}\n\n".encode()
    for message in _said(row, tree, tree.branch(row.leaf_id)):
        speaker = message.model or SPEAKERS[message.role]
        yield f"## {speaker} · {_moment(message.created_at)}\n\n{message.content}\n\n".encode()


def as_zip(rows: Iterator[Conversation]) -> Iterator[bytes]:
    """Yield a zip archive with a Markdown file for each conversation."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in rows:
            entry = zipfile.ZipInfo(file_name(row, "md"), row.updated_at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                for part in as_markdown(row):
                    file.write(part)
                    yield sink.take()
            yield sink.take()
    yield sink.take()


class Sink(RawIOBase):
    """The file that the zip is written to: keeps only what has not been taken yet."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer") -> int:
        self._held += data
        return len(memoryview(data))

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


def _said(row: Conversation, tree: Tree, names: list[UUID]) -> Iterator[ThreadMessage]:
    for some in _batches(names):
        yield from thread.messages(row, tree, some)


def _batches(names: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for begin in range(0, len(names), BATCH):
        yield names[begin : begin + BATCH]


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
