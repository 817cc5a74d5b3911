"""A position names a place: whatever was read before it and after it makes the whole."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chat.events import ReasoningDelta, Reclassified, Status, TextDelta, ToolCallDelta
from chat.generation.entry import Entry, from_journal, to_journal
from chat.generation.log import GenerationLog

words = st.text(min_size=1, max_size=8)
entries = st.lists(
    st.one_of(
        words.map(TextDelta),
        words.map(ReasoningDelta),
        st.builds(ToolCallDelta, st.integers(0, 2), st.just("id"), st.just(""), words),
        st.just(Status("Trying again", 1)),
    ),
    max_size=20,
)


def said(read: list[tuple[int, Entry]]) -> tuple[str, str, str]:
    """Return text, reasoning and arguments."""
    log = GenerationLog(entry for _, entry in read)
    arguments = "".join(entry.arguments for _, entry in read if isinstance(entry, ToolCallDelta))
    return log.content, log.reasoning, arguments


@given(entries)
def test_reading_from_any_position_gives_the_rest(deltas: list[Entry]) -> None:
    log = GenerationLog(deltas)
    whole = said(log.since(0).read())
    for cut in range(log.position + 1):
        read = log.since(cut).read()
        rest = said(read)
        lengths = [len(part) for part in rest]
        assert sum(lengths) == log.position - cut
        assert all(full.endswith(part) for full, part in zip(whole, rest, strict=True))


@given(entries, st.data())
def test_reading_in_steps_gives_the_same_as_reading_at_once(deltas: list[Entry], data: st.DataObject) -> None:
    log, steps = GenerationLog(), []
    cursor = log.since(0)
    for delta in deltas:
        log.append(delta)
        if data.draw(st.booleans()):
            steps += cursor.read()
    steps += cursor.read()
    assert cursor.read() == []
    assert said(steps) == said(log.since(0).read())
    positions = [position for position, _ in steps]
    assert positions == sorted(positions)
    assert (positions[-1] if positions else 0) == log.position


def before(log: GenerationLog, position: int) -> list[Entry]:
    """Return what a follower has heard up to a position."""
    heard: list[Entry] = []
    for end, entry in log.since(0).read():
        missing = max(0, end - position)
        if isinstance(entry, TextDelta | ReasoningDelta):
            heard.append(type(entry)(entry.content[: max(0, len(entry.content) - missing)]))
        elif end < position:
            heard.append(entry)
    return heard


def test_text_that_turned_out_to_be_thought_is_told_the_same_from_everywhere() -> None:
    log = GenerationLog(
        [
            ReasoningDelta("Hm. "),
            TextDelta("So "),
            TextDelta("it is."),
            Reclassified(),
            TextDelta("Yes."),
            TextDelta(" No."),
        ]
    )
    assert (log.reasoning, log.content) == ("Hm. So it is.", "Yes. No.")
    stored = GenerationLog.stored(log.content, log.reasoning, [], log.outline)
    values = json.loads(json.dumps(to_journal(entry for _, entry in log.since(0).read())))
    journal = GenerationLog(from_journal(values))
    for cut in range(log.position + 1):
        for source in (log, journal, stored):
            # Whoever has read so far, and hears the rest, has the same.
            begun = GenerationLog([*before(log, cut), *(entry for _, entry in source.since(cut).read())])
            assert (begun.reasoning, begun.content) == (log.reasoning, log.content), (cut, source)


def test_neighbours_are_merged_for_a_slow_reader() -> None:
    log = GenerationLog([TextDelta("a"), TextDelta("b"), ReasoningDelta("c"), TextDelta("d"), TextDelta("e")])
    assert log.since(0).read() == [(2, TextDelta("ab")), (3, ReasoningDelta("c")), (5, TextDelta("de"))]


def test_fragments_of_tool_calls_are_joined_per_index() -> None:
    log = GenerationLog(
        [
            ToolCallDelta(0, "call_a", "first"),
            ToolCallDelta(1, "call_b", "second"),
            ToolCallDelta(0, "", "", '{"x":'),
            ToolCallDelta(1, "", "", "{}"),
            ToolCallDelta(0, "", "", "1}"),
        ]
    )
    assert log.tool_calls == [
        {"index": 0, "id": "call_a", "name": "first", "arguments": '{"x":1}'},
        {"index": 1, "id": "call_b", "name": "second", "arguments": "{}"},
    ]


def test_a_stored_tool_call_has_the_places_of_its_fragments() -> None:
    live = GenerationLog([ToolCallDelta(0, "id", "name"), ToolCallDelta(0, "", "", "{}")])
    stored = GenerationLog([ToolCallDelta(0, "id", "name", "{}")])
    assert stored.position == live.position
    assert stored.since(4).read() == [(6, ToolCallDelta(0, "id", "", "{}"))]


@given(entries)
def test_a_finished_message_has_every_place_where_it_was_while_it_was_written(deltas: list[Entry]) -> None:
    live = GenerationLog(deltas)
    stored = GenerationLog.stored(live.content, live.reasoning, live.tool_calls, live.outline)
    assert stored.position == live.position
    for cut in range(live.position + 1):
        assert said(stored.since(cut).read()) == said(live.since(cut).read())


@given(entries)
def test_the_journal_gives_back_what_it_was_given(deltas: list[Entry]) -> None:
    assert from_journal(json.loads(json.dumps(to_journal(deltas)))) == deltas


def test_the_usual_order_needs_no_outline() -> None:
    usual = GenerationLog([ReasoningDelta("Hm"), TextDelta("a"), TextDelta("b"), ToolCallDelta(0, "id", "name")])
    assert usual.outline == []
    mixed = GenerationLog([TextDelta("a"), ReasoningDelta("Hm"), TextDelta("b"), TextDelta("c")])
    assert mixed.outline == [["token", 1], ["reasoning", 2], ["token", 2]]
