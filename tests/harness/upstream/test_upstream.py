"""The scripted upstream itself, as far as other tests lean on it."""

import asyncio
import time
from uuid import uuid4

import httpx2
import pytest

from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text


@pytest.fixture
def model() -> str:
    return f"model-{uuid4().hex}"


def post(upstream: Upstream, model: str, prompt: str = "Hello there", *, stream: bool = False) -> httpx2.Response:
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": stream}
    return httpx2.post(f"{upstream.base_url}/chat/completions", json=body)


def test_an_unscripted_model_says_the_same_words_every_time(upstream: Upstream, model: str) -> None:
    answer = post(upstream, model).json()
    assert answer["choices"][0]["message"]["content"] == default_text(20)
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]) == (2, 20)
    assert answer == post(upstream, model).json()


def test_scripts_are_used_in_turn_and_the_last_one_stays(upstream: Upstream, model: str) -> None:
    upstream.scripts(model, {"status": 503}, {"status": 429, "headers": {"Retry-After": "2"}}, {})
    assert [post(upstream, model).status_code for _ in range(4)] == [503, 429, 200, 200]


def test_a_prompt_wins_over_a_model(upstream: Upstream, model: str) -> None:
    upstream.script(model, status=500)
    upstream.script_prompt(f"about {model}", text=["Yes."])
    answer = post(upstream, model, f"Tell me about {model}").json()
    assert answer["choices"][0]["message"]["content"] == "Yes."
    assert post(upstream, model).status_code == 500


def test_scripted_models_are_listed(upstream: Upstream, model: str) -> None:
    upstream.script(model)
    listed = [entry["id"] for entry in httpx2.get(f"{upstream.base_url}/models").json()["data"]]
    assert listed[0] == "gpt-4o"
    assert model in listed


def test_raw_bytes_arrive_as_they_are(upstream: Upstream, model: str) -> None:
    raw = [b"data: \xff\r", b"\ndata:[DONE]\r\n"]
    upstream.script(model, raw=raw)
    assert post(upstream, model, stream=True).content == b"".join(raw)
    assert upstream.log(model)[0].bytes_sent == sum(map(len, raw))


def test_stamps_are_on_the_clock_of_this_process(upstream: Upstream, model: str) -> None:
    upstream.script(model, tokens=2, delay=0.05, stamps=True)
    before = time.monotonic()
    text = post(upstream, model, stream=True).text
    stamps = [float(part.split('"')[0]) for part in text.split('"content": "')[2:]]
    assert before < stamps[0] < stamps[1] < time.monotonic()


@pytest.mark.parametrize(
    "hang", [{"delay": 60}, {"then": "hang", "after": 1}, {"then": "hang", "before_headers": True}]
)
async def test_a_client_that_leaves_is_noticed_at_once(hang: dict[str, object], upstream: Upstream, model: str) -> None:
    upstream.script(model, **hang)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(upstream.url.rpartition(":")[2]))
    body = f'{{"model": "{model}", "stream": true}}'.encode()
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    record = await upstream.until(model, lambda record: record.ended == "open")
    assert record.ended_at is None
    left_at = time.monotonic()
    writer.close()
    await writer.wait_closed()
    record = await upstream.until(model, lambda record: record.ended == "client_closed")
    assert record.ended_at is not None
    assert 0 <= record.ended_at - left_at < 1
    del reader


def test_an_unknown_knob_is_a_mistake(upstream: Upstream, model: str) -> None:
    with pytest.raises(TypeError, match="colour"):
        upstream.script(model, colour="red")
