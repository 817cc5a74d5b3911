"""Structured output: tells each field of a JSON answer as it completes, and at the end the whole.

The text is read by jiter, the partial parser that comes with the OpenAI SDK. It only says whether the answer is JSON;
whether it keeps to the schema is the provider's word.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import jiter

from chat.errors import ChatError
from chat.events import Field, Reclassified, TextDelta, to_json
from chat.generation.entry import Entry

# Every read starts from the beginning, so what reading may cost grows with the text: this many bytes read for each
# byte that came. Up to some kilobytes a field is told at once; at 100 kB at most some hundred characters late.
BYTES_READ_PER_BYTE: Final = 256

# What may stand before the JSON: a byte order mark, white space, the opening of a Markdown fence.
HEAD: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:```[ \t]*\w*\s*)?(?=[{\[])")
LONGEST_HEAD: Final = 100
FENCE: Final = b"```"

KINDS: Final = ("text", "json_object", "json_schema")
# It is stored with each question, sent with each request, and shown in the admin. OpenAI takes ten levels.
MOST_FORMAT_BYTES: Final = 64 * 1024
MOST_LEVELS: Final = 32


def asks_for_json(response_format: dict[str, Any] | None) -> bool:
    """Tell whether an answer in this format is JSON; the format has been checked."""
    return response_format is not None and response_format["type"] != "text"


def check_response_format(value: dict[str, Any]) -> str:
    """Return what is wrong with a caller's `response_format`, in words; nothing if it is well-formed.

    Source: OpenAI, chat completions, `response_format`.
    """
    if excess := _excess(value):
        return excess
    if value.get("type") not in KINDS:
        return "`response_format.type` must be text, json_object or json_schema."
    if value["type"] == "json_schema":
        schema = value.get("json_schema")
        if not isinstance(schema, dict):
            return "`response_format.json_schema` must be an object with a name and a schema."
        if not isinstance(schema.get("name"), str) or not schema["name"]:
            return "`response_format.json_schema.name` must be a text."
        if not isinstance(schema.get("schema"), dict):
            return "`response_format.json_schema.schema` must be an object."
    return ""


def _excess(value: dict[str, Any]) -> str:
    """Return of what a format has too much."""
    level: list[Any] = [value]
    # Level by level, because what is deep enough cannot even be written as JSON again.
    for _ in range(MOST_LEVELS):
        inner = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for values in inner for each in values if isinstance(each, dict | list)]
        if not level:
            break
    else:
        return f"`response_format` is nested more than {MOST_LEVELS} levels deep."
    size = len(to_json(value))
    if size > MOST_FORMAT_BYTES:
        return f"`response_format` is {size:,} bytes long; at most {MOST_FORMAT_BYTES:,} are allowed."
    return ""


class FieldReader:
    """Takes the text of a JSON answer piece by piece, gives a `Field` for each field that is complete.

    Told are all leaves (strings, numbers, true, false, null) under their dotted path, in the order of the text, and
    each object or array that is a field of the whole, after its leaves. Each is told once. A number is complete when
    something follows it. Names are joined as they are, also where they hold a dot. Of a name that stands twice in one
    object either value may be told; the whole has the last. A Markdown fence around the JSON is passed over.
    """

    def __init__(self) -> None:
        self._text = bytearray()
        # Where the JSON begins; None until that is known.
        self._start: int | None = None
        self._hopeless = False
        self._credit = 0
        # Where the last bracket that closes something stands, and the last character that can complete a field.
        self._bracket = -1
        self._end = -1
        self._read = -1
        # How many fields of the whole are told, and the index of the last told or open child at each depth below.
        self._told = 0
        self._cursor: list[int] = []

    def push(self, text: str) -> list[Field]:
        """Take the next text. Returns the fields it completes."""
        known = len(self._text)
        data = text.encode("utf-8", "replace")
        self._text += data
        if self._hopeless:
            return []
        if self._start is None:
            head = HEAD.match(self._text)
            if head is None:
                self._hopeless = len(self._text) > LONGEST_HEAD
                return []
            self._start = head.end()
        bracket = max(data.rfind(b"}"), data.rfind(b"]"))
        end = max(bracket, data.rfind(b","), data.rfind(b'"'))
        if bracket >= 0:
            self._bracket = known + bracket
        if end >= 0:
            self._end = known + end
        self._credit += BYTES_READ_PER_BYTE * len(data)
        fields: list[Field] = []
        # The bracket apart: only right after it can be seen that it completes a field of the whole.
        for end in (self._bracket, self._end):
            if end > self._read and self._credit >= end - self._start:
                fields += self._read_to(self._start, end)
        return fields

    def finish(self) -> tuple[list[Field], object, ChatError | None]:
        """Return the fields not told so far, the whole as parsed, and None.

        If the text is not JSON, the whole is None and the last an error `api_error` that says so.
        """
        start = self._start or 0
        whole = bytes(self._text[start:]).strip().removesuffix(FENCE)
        try:
            value = jiter.from_json(whole, allow_inf_nan=False)
        except ValueError as error:
            fields = [] if self._hopeless or self._start is None else self._read_to(start, self._end)
            return fields, None, ChatError("api_error", _complaint(whole, str(error)), retryable=True)
        return list(self._complete(value, closed=True)), value, None

    def _read_to(self, start: int, end: int) -> list[Field]:
        self._read = end
        prefix = bytes(self._text[start : end + 1])
        tree = None
        if prefix[-1:] in (b"}", b"]"):
            # It parses with one more bracket if and only if all its fields are complete.
            tree = self._parse(prefix + (b"}" if prefix[:1] == b"{" else b"]"))
        closed = tree is not None
        if tree is None:
            tree = self._parse(prefix, partial=True)
            self._hopeless = tree is None
        return list(self._complete(tree, closed=closed))

    def _parse(self, data: bytes, *, partial: bool = False) -> object:
        self._credit -= len(data)
        try:
            return jiter.from_json(data, allow_inf_nan=False, partial_mode=partial)
        except ValueError:
            return None

    def _complete(self, tree: object, *, closed: bool) -> Iterator[Field]:
        """Yield what is complete in `tree` and was not told; its last field is still open unless `closed`."""
        children = _children(tree)
        for index in range(self._told, len(children)):
            name, value = children[index]
            if isinstance(value, dict | list):
                yield from self._leaves(name, value, 0)
                if index == len(children) - 1 and not closed:
                    return
            self._told = index + 1
            self._cursor.clear()
            yield Field(name, value)

    def _leaves(self, path: str, value: object, depth: int) -> Iterator[Field]:
        """Yield the leaves beyond the cursor, and move it on."""
        children = _children(value)
        seen = self._cursor[depth] if depth < len(self._cursor) else -1
        for index in range(max(seen, 0), len(children)):
            name, child = children[index]
            is_new = index > seen
            if is_new:
                self._cursor[depth:] = [index]
            if isinstance(child, dict | list):
                yield from self._leaves(f"{path}.{name}", child, depth + 1)
            elif is_new:
                yield Field(f"{path}.{name}", child)


class FieldTeller:
    """Tells a follower the fields of a structured answer. `text_before` is the answer up to where it begins to follow.

    Each field goes right before the text that completes it, with the position before that text: so a stream that is cut
    between the two tells the field again, and never not at all.
    """

    def __init__(self, text_before: str) -> None:
        self._reader = FieldReader()
        self._reader.push(text_before)

    def with_fields(self, position: int, read: Iterable[tuple[int, Entry]]) -> Iterator[tuple[int, Entry | Field]]:
        """Yield what was read of a log after a position, and the fields."""
        for end, entry in read:
            if isinstance(entry, Reclassified):
                self._reader = FieldReader()
            elif isinstance(entry, TextDelta):
                for found in self._reader.push(entry.content):
                    yield position, found
            yield end, entry
            position = end

    def rest(self) -> list[Field]:
        """Return the fields that only the end of the answer completes."""
        return self._reader.finish()[0]


def _children(value: object) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        return [(str(index), child) for index, child in enumerate(value)]
    return []


def _complaint(text: bytes, found: str) -> str:
    """Return in plain words why `text` is not JSON; `found` is what jiter says."""
    if not text:
        return "The answer is not valid JSON: it is empty. Try again."
    if found.startswith("EOF"):
        return "The answer is not valid JSON: it breaks off too early. Try again, or allow more tokens."
    return "The answer is not valid JSON, although the model was asked for it. Try again."


def parse_whole(response_format: dict[str, Any] | None, text: str) -> tuple[object, ChatError | None]:
    """Return a finished answer as parsed, or why it cannot be; both None where no JSON was asked for."""
    if not asks_for_json(response_format):
        return None, None
    reader = FieldReader()
    reader.push(text)
    _, parsed, error = reader.finish()
    return parsed, error
