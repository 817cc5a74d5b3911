"""Which parameter a server turned down, in whose words ever; and how it is asked then."""

import json
from typing import Any

import pytest

from chat.providers.base import NOTHING_LEARNT, Learnt
from chat.providers.unsupported_parameters import adapted, heeded, refused_parameters
from tests.harness.upstream.refusing import worded

SENT = {"messages", "stream_options", "max_tokens", "temperature", "response_format", "prompt_cache_key"}
OPENAI = {"type": "invalid_request_error", "code": "unsupported_parameter"}
BODY = dict.fromkeys(SENT, "as it was sent")


def refused(words: str, status: int | None = 400, sent: set[str] = SENT) -> set[str]:
    return set(refused_parameters(status, words, sent))


@pytest.mark.parametrize("wording", ["openai", "fastapi", "forbidden", "plain"])
@pytest.mark.parametrize("name", sorted(SENT - {"messages"}))
def test_each_parameter_is_found_in_each_wording(name: str, wording: str) -> None:
    status, body = worded(wording, [name], BODY)
    assert refused(body.decode(), status) == {name}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("UnsupportedParamsError: ollama does not support parameters: ['stream_options']", {"stream_options"}),
        (
            "UnsupportedParamsError: it does not support parameters: ['stream_options', 'temperature'], for model=m. "
            "To drop these, set drop_params. Known: max_tokens",
            {"stream_options", "temperature"},
        ),
        (
            "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'input': {'temperature': 1}}, "
            "{'type': 'extra_forbidden', 'loc': ('body', 'prompt_cache_key'), 'input': 'temperature'}]",
            {"stream_options", "prompt_cache_key"},
        ),
        ("[{'type': 'missing', 'loc': ('body', 'user'), 'input': {'temperature': 1, 'max_tokens': 5}}]", set()),
        ('{"detail": "Unrecognized request argument supplied: stream_options"}', {"stream_options"}),
        ('{"message": {"detail": [{"msg": "unknown field: streamOptions"}]}}', {"stream_options"}),
        ('{"errors": {"StreamOptions": ["The field is unknown."]}}', {"stream_options"}),
        ('[{"error": {"message": "Unknown name \\"stream_options\\": Cannot find field."}}]', {"stream_options"}),
        (
            "Unsupported value: 'temperature' does not support 0.2. Only the default (1).",
            {"temperature"},
        ),
        ("'response_format.type' must be 'json_schema' or 'text'", {"response_format"}),
        # Several at once, where they stand in a list.
        (
            '{"detail": [{"loc": ["body", "temperature"]}, {"loc": ["body", "stream_options"]}]}',
            {"temperature", "stream_options"},
        ),
        # The first is what is refused; what follows is what may be sent instead.
        ("stream_options is unknown. Known are: messages, temperature, max_tokens.", {"stream_options"}),
        # Whoever chose a wrong value can choose another.
        ("Invalid 'temperature': decimal above maximum value. Expected a value <= 2.", set()),
        ("temperature must be between 0 and 1", set()),
        ("max_tokens is too large: 9000. This model supports at most 4096 completion tokens.", set()),
        (
            json.dumps({"error": {"param": "response_format", "message": "Invalid schema"}}),
            set(),
        ),
        # What is repeated of the request is not what is wrong with it.
        (json.dumps({"detail": [{"loc": ["body", "user"], "msg": "Field required", "input": BODY}]}), set()),
        # Words that only look alike, and what was not sent.
        ("max_tokens_to_sample, user_temperature and tools are unknown", set()),
        ("max_completion_tokens is unknown", set()),
        ("messages is unknown", set()),
        ("", set()),
        ("[" * 100_000, set()),
    ],
)
def test_what_is_refused_is_what_is_named_first_of_what_was_sent(words: str, found: set[str]) -> None:
    assert refused(words) == found


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_another_failure_refuses_no_parameter(status: int) -> None:
    assert refused("stream_options", status) == set()


def test_a_limit_is_tried_by_its_other_name_before_it_is_left_out() -> None:
    body = {"max_tokens": 9}
    once = adapted(NOTHING_LEARNT, {"max_tokens"})
    assert once == Learnt(renamed=(("max_tokens", "max_completion_tokens"),))
    assert heeded(body, once) == {"max_completion_tokens": 9}
    twice = adapted(once, {"max_completion_tokens"})
    assert twice is not None
    assert heeded(body, twice) == {}


def test_what_is_known_already_is_nothing_new() -> None:
    learnt = Learnt(refused=frozenset({"temperature"}))
    assert adapted(learnt, {"temperature"}) is None
    assert adapted(NOTHING_LEARNT, set()) is None


def test_what_was_learnt_is_heeded_and_the_rest_stays() -> None:
    body: dict[str, Any] = {"messages": [], "temperature": 1, "stream_options": {}}
    assert heeded(body, NOTHING_LEARNT) == body
    assert heeded(body, Learnt(refused=frozenset({"temperature"}))) == {"messages": [], "stream_options": {}}
