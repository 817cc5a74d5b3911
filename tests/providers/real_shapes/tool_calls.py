"""Tool calls: known by index and id, whatever the server makes of the two; names are assigned, not appended."""

from typing import Any, Final

from chat.events import Finished
from tests.providers.real_shapes.case import DONE, STOP, Case, block, c, completions, d, f, m, messages, start

CALLED: Final = Finished("tool_calls")


def call(index: Any = None, call_id: Any = None, name: Any = None, arguments: Any = None) -> dict[str, Any]:
    fields = {"index": index, "id": call_id, "type": "function"}
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {key: value for key, value in fields.items() if value is not None} | {"function": function}


def called(kind: str, *pieces: Any, calls: tuple[tuple[str, str, str], ...], **right: Any) -> Case:
    """Return a case of a chunk for each piece, which is a list of fragments or one."""
    chunks = (c(tool_calls=piece if isinstance(piece, list) else [piece]) for piece in pieces)
    return completions(kind, *chunks, f("tool_calls"), DONE, calls=calls, end=CALLED, **right)


TIME_AND_DATE: Final = (("a", "time", '{"z": 1}'), ("b", "date", "{}"))

CASES: Final[list[Case]] = [
    called(
        "as documented",
        call(0, "a", "time", ""),
        call(0, arguments='{"z"'),
        call(0, arguments=": 1}"),
        call(1, "b", "date", ""),
        call(1, arguments="{}"),
        calls=TIME_AND_DATE,
    ),
    called(
        "all with index 0, whole", call(0, "a", "time", '{"z": 1}'), call(0, "b", "date", "{}"), calls=TIME_AND_DATE
    ),
    called(
        "all with index 0, in one chunk",
        [call(0, "a", "time", '{"z": 1}'), call(0, "b", "date", "{}")],
        calls=TIME_AND_DATE,
    ),
    called(
        "all with index 0, in fragments",
        call(0, "a", "time", ""),
        call(0, arguments='{"z"'),
        call(0, arguments=": 1}"),
        call(0, "b", "date", ""),
        call(0, arguments="{}"),
        calls=TIME_AND_DATE,
    ),
    called(
        "three with index 0 and their ids in each fragment",
        call(0, "a", "x", "{"),
        call(0, "b", "x", "{"),
        call(0, "c", "x", "{"),
        call(0, "a", "x", "}"),
        call(0, "b", "x", "}"),
        call(0, "c", "x", "}"),
        calls=(("a", "x", "{}"), ("b", "x", "{}"), ("c", "x", "{}")),
    ),
    called(
        "name and id in every fragment",
        call(0, "a", "time", '{"z"'),
        call(0, "a", "time", ": 1"),
        call(0, "a", "time", "}"),
        calls=(("a", "time", '{"z": 1}'),),
    ),
    called(
        "the name in every fragment, the id once",
        call(0, "a", "time", '{"z"'),
        call(0, None, "time", ": 1"),
        call(0, None, "time", "}"),
        calls=(("a", "time", '{"z": 1}'),),
    ),
    called(
        "the id in every fragment, an empty name in all but the first",
        call(0, "a", "time", '{"z"'),
        call(0, "a", "", ": 1"),
        call(0, "a", "", "}"),
        calls=(("a", "time", '{"z": 1}'),),
    ),
    called(
        "ids that are empty after the first",
        call(0, "a", "time", '{"z"'),
        call(0, "", "", ": 1}"),
        calls=(("a", "time", '{"z": 1}'),),
    ),
    called(
        "the same name twice, with two ids",
        call(0, "a", "time", "{}"),
        call(1, "b", "time", "{}"),
        calls=(("a", "time", "{}"), ("b", "time", "{}")),
    ),
    called(
        "the same name twice, with two ids and one index",
        call(0, "a", "time", "{}"),
        call(0, "b", "time", "{}"),
        calls=(("a", "time", "{}"), ("b", "time", "{}")),
    ),
    called("without an index", call(None, "a", "time", '{"z": 1}'), call(None, "b", "date", "{}"), calls=TIME_AND_DATE),
    called(
        "without an id",
        call(0, None, "time", "{}"),
        call(1, None, "date", "{}"),
        calls=(("", "time", "{}"), ("", "date", "{}")),
    ),
    called("the arguments as an object", call(0, "a", "time", {"z": 1}), calls=(("a", "time", '{"z":1}'),)),
    called(
        "indices that begin at 1",
        call(1, "a", "time", "{}"),
        call(2, "b", "date", "{}"),
        calls=(("a", "time", "{}"), ("b", "date", "{}")),
    ),
    completions(
        "the legacy function_call",
        c(function_call={"name": "time", "arguments": ""}),
        c(function_call={"arguments": '{"z"'}),
        c(function_call={"arguments": ": 1}"}),
        f("function_call"),
        DONE,
        calls=(("", "time", '{"z": 1}'),),
        end=CALLED,
    ),
    completions(
        "the legacy function_call, its name in every fragment",
        c(function_call={"name": "time", "arguments": '{"z"'}),
        c(function_call={"name": "time", "arguments": ": 1}"}),
        f("function_call"),
        DONE,
        calls=(("", "time", '{"z": 1}'),),
        end=CALLED,
    ),
    completions(
        "after text and a thought, with stop for a reason",
        c(reasoning_content="Hm"),
        c(content="One moment."),
        c(tool_calls=[call(0, "a", "time", "{}")]),
        f(),
        DONE,
        thought="Hm",
        text="One moment.",
        calls=(("a", "time", "{}"),),
    ),
    messages(
        "as documented",
        start(),
        block("tool_use", 0, id="a", name="time", input={}),
        d("input_json_delta", 0, partial_json='{"z"'),
        d("input_json_delta", 0, partial_json=": 1}"),
        block("tool_use", 1, id="b", name="date", input={}),
        d("input_json_delta", 1, partial_json="{}"),
        m("tool_use"),
        STOP,
        calls=TIME_AND_DATE,
        end=CALLED,
    ),
    messages(
        "all with index 0",
        start(),
        *(
            piece
            for call_id in "abcd"
            for piece in (
                block("tool_use", 0, id=call_id, name="x", input={}),
                d("input_json_delta", 0, partial_json='{"n":'),
                d("input_json_delta", 0, partial_json=f'"{call_id}"}}'),
            )
        ),
        m("tool_use"),
        STOP,
        calls=tuple((call_id, "x", f'{{"n":"{call_id}"}}') for call_id in "abcd"),
        end=CALLED,
    ),
    messages(
        "the head of a block in every fragment",
        start(),
        block("tool_use", 0, id="a", name="time", input={}),
        d("input_json_delta", 0, partial_json='{"z"'),
        block("tool_use", 0, id="a", name="time", input={}),
        d("input_json_delta", 0, partial_json=": 1}"),
        m("tool_use"),
        STOP,
        calls=(("a", "time", '{"z": 1}'),),
        end=CALLED,
    ),
    messages(
        "the input whole in the head, for all with index 0",
        start(),
        *(block("tool_use", 0, id=call_id, name="x", input={"n": call_id}) for call_id in "abc"),
        m("tool_use"),
        STOP,
        calls=tuple((call_id, "x", f'{{"n":"{call_id}"}}') for call_id in "abc"),
        end=CALLED,
    ),
    messages(
        "without an index",
        start(),
        block("tool_use", None, id="a", name="time", input={}),
        d("input_json_delta", None, partial_json="{}"),
        m("tool_use"),
        STOP,
        calls=(("a", "time", "{}"),),
        end=CALLED,
    ),
]
