"""Finds in a server's refusal which parameters it does not support. No I/O.

Servers that speak a format take more or less of it, and each refuses in words of its own: OpenAI names the `param`,
FastAPI lists `{"loc": ["body", "stream_options"], "msg": ...}`, others write a sentence.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

import msgspec

from chat.errors import ChatError
from chat.providers.base import Learnt

# What may be left out of a request; all else of it is the question itself.
OPTIONAL: Final = frozenset(
    {
        "stream_options",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "response_format",
        "prompt_cache_key",
        "prompt_cache_options",
        "cache_control",
        "thinking",
    }
)
OTHER_NAMES: Final = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
REFUSED: Final = (400, 422)
# Tokens of an answer that every server takes for a limit; some refuse one that is beyond what their model can say.
SMALL_LIMIT: Final = 2048
OF_THE_LIMIT: Final = re.compile(r"max_(completion_|output_)?tokens")
# A value that is wrong is no parameter that is not known: whoever chose it can choose another.
VALUES: Final = re.compile(
    r"too (?:large|big|high|small|low)|at (?:most|least)|\bbetween|\brange|greater|less than|(?:max|min)imum|exceed"
    r"|(?:above|below) \d|[<>]=?\s*\d"
)
SCHEMAS: Final = re.compile(r"invalid schema|invalid_json_schema")
OF_VALUES: Final = {
    "max_tokens": VALUES,
    "max_completion_tokens": VALUES,
    "temperature": VALUES,
    "response_format": SCHEMAS,
}
# What a server repeats of the request names parameters that nothing is wrong with. Source: Pydantic's errors.
REPEATED: Final = frozenset({"input", "ctx", "url", "body"})
# The same, where the errors are not JSON but Python's way to write them, as with vLLM.
REPEATED_IN_WORDS: Final = re.compile(r"""['"]input['"]: .*?(?=\}, \{['"]type|\}\]|$)""", re.DOTALL)
MOST_CHARS: Final = 20_000
MOST_COMPLAINTS: Final = 100


def refused_parameters(status: int | None, words: str, sent: Collection[str]) -> frozenset[str]:
    """Return which of the optional parameters that were `sent` an answer says it does not take; none, mostly.

    `words` are its body, or its text where it came within a stream, whose `status` is None.
    """
    if status not in (None, *REFUSED):
        return frozenset()
    candidates = tuple(sorted(OPTIONAL & set(sent)))
    if not candidates:
        return frozenset()
    try:
        body = msgspec.json.decode(words)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        body = words
    return frozenset(name for where, said in _complaints(body) for name in _refused(where, said, candidates))


def adapted(learnt: Learnt, refused: Collection[str]) -> Learnt | None:
    """Return how to ask now that these parameters were `refused`; None where that is how it was asked already."""
    renamed, dropped = dict(learnt.renamed), set(learnt.refused)
    for name in refused:
        other = OTHER_NAMES.get(name)
        # A server that takes neither name is asked without a limit.
        if other is not None and other not in renamed and name not in renamed.values():
            renamed[name] = other
        else:
            dropped.add(name)
    found = replace(learnt, refused=frozenset(dropped), renamed=tuple(sorted(renamed.items())))
    return None if found == learnt else found


def heeded(body: Mapping[str, Any], learnt: Learnt) -> dict[str, Any]:
    """Return a request's parameters as the server takes them."""
    renamed = dict(learnt.renamed)
    named = {renamed.get(name, name): value for name, value in body.items()}
    return {name: value for name, value in named.items() if name not in learnt.refused}


def _complaints(body: Any) -> Iterator[tuple[str, str]]:
    """Yield where each thing that an error complains of is, or may be, and all that is said of it."""
    if isinstance(body, list):
        for item in body[:MOST_COMPLAINTS]:
            yield from _complaints(item)
        return
    said = " ".join(texts(body))[:MOST_CHARS]
    where = said
    if isinstance(body, dict):
        for name in ("error", "detail", "errors"):
            if isinstance(inner := body.get(name), dict | list) and inner:
                yield from _complaints(inner)
                return
        if isinstance(param := body.get("param"), str) and param:
            where = param
        elif isinstance(place := body.get("loc"), list) and len(place) > 1:
            where = " ".join(str(step) for step in place)
    yield where, said


def texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield names and texts in a decoded body, in their order; not what is repeated of the request."""
    if isinstance(value, str):
        yield value
    elif depth > 20:
        return
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in REPEATED:
                yield name
                yield from texts(item, depth + 1)


def _refused(where: str, said: str, candidates: tuple[str, ...]) -> list[str]:
    """Return the parameter that is named first, and what else stands in one list with it.

    Others are named as a remedy. One whose value is wrong is not refused.
    """
    where = REPEATED_IN_WORDS.sub("", where)
    pattern = _pattern(candidates)
    first = pattern.search(where)
    if first is None:
        return []
    begin, end = where.rfind("[", 0, first.start()), where.find("]", first.end())
    is_listed = begin >= 0 and end >= 0 and "]" not in where[begin : first.start()]
    found = pattern.finditer(where, begin, end) if is_listed else [first]
    names = [candidates[(match.lastindex or 1) - 1] for match in found]
    return [name for name in names if name not in OF_VALUES or not OF_VALUES[name].search(said.lower())]


@cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    each = (f"({name.replace('_', '[_ -]?')})" for name in names)
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)", re.IGNORECASE)


def refuses_limit(error: ChatError) -> bool:
    """Whether a request may have been turned down for its limit: some servers want it to fit into the context.

    A limit whose name the server does not know is none that is too high.
    """
    if error.refusal is not None and error.refusal.parameters:
        return False
    return error.code == "context_length" or (error.code == "api_error" and bool(OF_THE_LIMIT.search(error.message)))
