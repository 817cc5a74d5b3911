"""What servers tell of how much their models take at once."""

import json
from typing import Any

import pytest

from chat.errors import Refusal
from chat.providers.context_window import listed_window, too_long
from tests.harness.upstream import refusing
from tests.harness.upstream.script import Script


@pytest.mark.parametrize(
    ("entry", "window"),
    [
        ({"meta": {"n_ctx": 1024, "n_ctx_train": 131072}}, 1024),
        ({"max_model_len": 8192}, 8192),
        ({"max_context_length": 131072, "loaded_context_length": 4096}, 4096),
        ({"context_length": 128000}, 128000),
        ({"context_window": 131072}, 131072),
        ({"max_context_length": 32768}, 32768),
        ({"max_input_tokens": 200000, "max_tokens": 64000}, 200000),
        # What a model was made for is not what its server takes.
        ({"meta": {"n_ctx_train": 131072}}, None),
        ({"meta": None, "context_length": None}, None),
        ({"context_length": "4096", "max_model_len": True}, None),
        ({"context_length": 0, "context_window": -1, "max_model_len": 2**40}, None),
        ({}, None),
    ],
)
def test_a_list_of_models_tells_the_window(entry: dict[str, Any], window: int | None) -> None:
    assert listed_window(entry) == window


SENTENCES = {
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.": (8192, 9000),
    "This model's maximum context length is 512 tokens. However, you requested 700 tokens "
    "(600 in the messages, 100 in the completion).": (512, 600),
    "Requested tokens (1062) exceed context window of 1024": (1024, 1062),
    "prompt is too long: 210000 tokens > 200000 maximum": (200000, 210000),
    "request (1500 tokens) exceeds the available context size (1024 tokens), try increasing it": (1024, 1500),
    "the request exceeds the available context size. try increasing the context size": (None, None),
    "": (None, None),
}


@pytest.mark.parametrize("said", SENTENCES)
@pytest.mark.parametrize("is_json", [True, False])
def test_a_refusal_tells_the_window_in_a_sentence(said: str, is_json: bool) -> None:
    words = json.dumps({"error": {"message": said, "code": "context_length_exceeded"}}) if is_json else said
    window, prompt = SENTENCES[said]
    assert too_long(words) == Refusal(window=window, prompt_tokens=prompt)


def test_llama_cpp_tells_it_in_fields() -> None:
    _, body = refusing.too_long(Script(n_ctx=1024), 1500)
    assert too_long(body.decode()) == Refusal(window=1024, prompt_tokens=1500)


@pytest.mark.parametrize("words", ["[" * 100_000, "[1]", '{"error": {"n_ctx": "many"}}', '{"error": "no"}'])
def test_what_tells_nothing_is_no_error(words: str) -> None:
    assert too_long(words) == Refusal()


def test_what_a_refusal_repeats_of_the_question_tells_nothing() -> None:
    question = "maximum context length is 7"
    detail = [{"type": "value_error", "loc": ["body"], "msg": "the context length is exceeded", "input": question}]
    assert too_long(json.dumps({"detail": detail})) == Refusal()
    written = f"[{{'type': 'value_error', 'input': '{question}'}}]"
    assert too_long(json.dumps({"error": {"message": written}})) == Refusal()


@pytest.mark.parametrize("said", ["maximum context length is {}", "context length exceeded: {}", "{} in the messages"])
def test_digits_without_end_are_no_number(said: str) -> None:
    # Looked at anew from each of them they would take hours.
    assert too_long(json.dumps({"error": {"message": said.format("9" * 1_000_000)}})) == Refusal()
