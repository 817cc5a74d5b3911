"""A JSON answer is told field by field, each once and as soon as it is complete; what is not JSON is an error."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat import sse
from chat.events import Field
from chat.generation.structured import FieldReader, asks_for_json, check_response_format

# Names without a dot, so that a path leads to one place.
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="."), max_size=6)
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(['a,b]}"', "\\", '{"x": [1, 2]}', "```"])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=15
)
objects = st.dictionaries(names, values, max_size=6)
spacings: list[dict[str, Any]] = [{}, {"separators": (",", ":")}, {"indent": 2}, {"ensure_ascii": False}]

Expected = list[tuple[str, object]]


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def fields_of(chunks: list[str]) -> Expected:
    reader = FieldReader()
    told = [field for chunk in chunks for field in reader.push(chunk)]
    rest, _, error = reader.finish()
    assert error is None
    return [(field.name, field.value) for field in [*told, *rest]]


def children(value: object) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return list(value.items())
    return [(str(index), child) for index, child in enumerate(value)] if isinstance(value, list) else []


def leaves(path: str, value: object) -> Expected:
    if not isinstance(value, dict | list):
        return [(path, value)]
    return [leaf for name, child in children(value) for leaf in leaves(f"{path}.{name}", child)]


def expected(whole: object) -> Expected:
    found: Expected = []
    for name, value in children(whole):
        found += leaves(name, value)
        if isinstance(value, dict | list):
            found.append((name, value))
    return found


@given(objects, st.sampled_from(spacings), st.data())
@example({"a": {"b": {}}, "c": [[], [1]], "d": -1.5e300}, {}, None)
def test_random_chunks_give_each_field_once_with_its_value(
    whole: dict[str, Any], spacing: dict[str, Any], data: st.DataObject | None
) -> None:
    text, chunks = json.dumps(whole, **spacing), []
    while text:
        size = data.draw(st.integers(1, 12)) if data else 1
        chunks.append(text[:size])
        text = text[size:]
    assert fields_of(chunks) == expected(whole)


@given(objects | st.lists(values, max_size=5), st.sampled_from(spacings))
def test_every_chunk_size_gives_the_same_fields(whole: object, spacing: dict[str, Any]) -> None:
    text = json.dumps(whole, **spacing)
    for size in (1, 2, 3, 7, max(1, len(text))):
        assert fields_of(cut(text, size)) == expected(whole)


@given(values, st.sampled_from(spacings))
def test_the_whole_is_what_the_standard_library_reads(whole: object, spacing: dict[str, Any]) -> None:
    reader = FieldReader()
    text = json.dumps(whole, **spacing)
    reader.push(text)
    assert reader.finish()[1:] == (json.loads(text), None)


@given(objects, st.data())
def test_an_answer_that_breaks_off_is_an_error_and_tells_nothing_wrong(
    whole: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(whole)
    reader = FieldReader()
    told = [field for chunk in cut(text[: data.draw(st.integers(0, len(text) - 1))], 3) for field in reader.push(chunk)]
    rest, value, error = reader.finish()
    assert value is None
    assert error is not None
    told += rest
    assert [(field.name, field.value) for field in told] == expected(whole)[: len(told)]


@given(st.lists(st.text(st.sampled_from('{}[]",:\\ntrue019.-e `\n'), max_size=8)))
def test_whatever_a_model_says_never_breaks_the_reader(chunks: list[str]) -> None:
    reader = FieldReader()
    for chunk in chunks:
        reader.push(chunk)
    _, value, error = reader.finish()
    assert value is None or error is None


def test_fields_are_told_as_they_complete() -> None:
    reader = FieldReader()
    steps: list[tuple[str, list[Field]]] = [
        ('{"name": "Ad', []),
        ('a"', [Field("name", "Ada")]),
        (', "age": 3', []),
        ("6", []),
        (', "address": {"city": "Lon', [Field("age", 36)]),
        ('don"', [Field("address.city", "London")]),
        ("}", [Field("address", {"city": "London"})]),
        (', "items": [{"ok": true', []),
        ("}, ", [Field("items.0.ok", True)]),
        ("1.5", []),
        ("]", [Field("items.1", 1.5), Field("items", [{"ok": True}, 1.5])]),
        (', "last": null', []),
        ("}", [Field("last", None)]),
    ]
    for text, fields in steps:
        assert reader.push(text) == fields
    rest, value, error = reader.finish()
    assert (rest, error) == ([], None)
    assert value == {
        "name": "Ada",
        "age": 36,
        "address": {"city": "London"},
        "items": [{"ok": True}, 1.5],
        "last": None,
    }


def test_a_container_is_told_at_its_end_even_if_more_text_comes_with_it() -> None:
    reader = FieldReader()
    assert reader.push('{"a": {"b": 1') == []
    assert reader.push('}, "c": "so') == [Field("a.b", 1), Field("a", {"b": 1})]


def test_a_long_answer_is_told_completely() -> None:
    whole = {"items": [{"id": number, "name": f"thing {number}"} for number in range(3000)], "body": "a, b " * 5000}
    assert fields_of(cut(json.dumps(whole), 4)) == expected(whole)


@pytest.mark.parametrize("head", ["```json\n", "```\n", "\n ", "\ufeff", "``` json\n", "\n```JSON\n\n"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 99])
def test_a_fence_around_the_json_is_passed_over(head: str, size: int) -> None:
    tail = "\n```\n" if "`" in head else "\n"
    reader = FieldReader()
    told = [field for chunk in cut(f'{head}{{"a": "`"}}{tail}', size) for field in reader.push(chunk)]
    rest, value, error = reader.finish()
    assert told + rest == [Field("a", "`")]
    assert (value, error) == ({"a": "`"}, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("```json\n", "although"),
        ('{"a": 1', "breaks off"),
        ('{"a": "so', "breaks off"),
        ('```json\n{"a": [', "breaks off"),
        ("Here is your JSON: {}", "although"),
        ('{"a": 1} and more', "although"),
        ("{'a': 1}", "although"),
        ('{"a": NaN}', "although"),
        ('{"a": 1,}', "although"),
        ("[" * 1000, "although"),
        ("I cannot help with that. " * 20, "although"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_what_is_not_json_is_an_error_in_plain_words(text: str, words: str, size: int) -> None:
    reader = FieldReader()
    for chunk in cut(text, size):
        reader.push(chunk)
    _, value, error = reader.finish()
    assert value is None
    assert error is not None
    assert (error.code, error.retryable) == ("api_error", True)
    assert "not valid JSON" in error.message
    assert words in error.message


def test_fields_before_a_mistake_are_told() -> None:
    reader = FieldReader()
    assert reader.push('{"a": 1, "b": "x",') == [Field("a", 1), Field("b", "x")]
    assert reader.push(', "c": "y", ') == []
    assert reader.finish()[2] is not None


@given(values)
def test_every_value_can_be_sent(value: object) -> None:
    sent = sse.encode(1, Field("a.b", value)).decode()
    told = json.loads(sent.split("data: ", 1)[1])
    assert told == {"type": "field", "name": "a.b", "value": value}


@pytest.mark.parametrize(
    "value",
    [
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "person", "schema": {"type": "object"}, "strict": True}},
    ],
)
def test_a_well_formed_response_format_has_no_problem(value: dict[str, Any]) -> None:
    assert check_response_format(value) == ""
    assert asks_for_json(value) == (value["type"] != "text")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "type"),
        ({"type": "xml"}, "type"),
        ({"type": ["text"]}, "type"),
        ({"type": None}, "type"),
        ({"type": "json_schema"}, "json_schema"),
        ({"type": "json_schema", "json_schema": []}, "json_schema"),
        ({"type": "json_schema", "json_schema": {"schema": {}}}, "name"),
        ({"type": "json_schema", "json_schema": {"name": "", "schema": {}}}, "name"),
        ({"type": "json_schema", "json_schema": {"name": 1, "schema": {}}}, "name"),
        ({"type": "json_schema", "json_schema": {"name": "a"}}, "schema"),
        ({"type": "json_schema", "json_schema": {"name": "a", "schema": "object"}}, "schema"),
    ],
)
def test_a_malformed_response_format_is_told_in_words(value: dict[str, Any], words: str) -> None:
    assert words in check_response_format(value)
    assert "response_format" in check_response_format(value)


def test_without_a_response_format_no_json_is_asked_for() -> None:
    assert not asks_for_json(None)
