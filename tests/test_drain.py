"""Where a provider is read on after Stop, what it counted is known, within limits; nobody sees what it still says."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import one, parse, text_of
from tests.harness.upstream.process import Upstream

MODEL = "drained"


@pytest.fixture(scope="module")
def drained(site: Site, upstream: Upstream) -> Iterator[str]:
    """A model whose provider is read on for five seconds and forty pieces at most."""
    site.shell(
        "row = Provider(name='drained', drain_seconds=5, drain_tokens=40)",
        f"row.base_url = {upstream.base_url!r}",
        "row.save()",
        f"ChatModel.objects.create(name={MODEL!r}, upstream_name={MODEL!r}, provider=row)",
    )
    yield MODEL
    site.shell("Provider.objects.filter(name='drained').update(enabled=False)")


def stopped(client: httpx2.Client, upstream: Upstream, prompt: str) -> list[dict[str, object]]:
    """Ask, stop at the first word, let what hangs go on, and return all events."""
    received: list[dict[str, object]] = []
    with client.stream("POST", "/api/chat/stream", json={"message": prompt, "model": MODEL}) as response:
        for _, event in parse(response.iter_lines()):
            if event["type"] == "token" and not any(each["type"] == "token" for each in received):
                client.post(f"/api/generations/{received[0]['generation_id']}/stop")
                upstream.release(prompt)
            received.append(event)
    return received


def test_a_stopped_answer_is_counted_by_its_provider(alice: httpx2.Client, upstream: Upstream, drained: str) -> None:
    prompt = "read on to the end, quietly:"
    upstream.script_prompt(prompt, tokens=30, then="hang", after=5)
    received = stopped(alice, upstream, prompt)
    charge = one(received, "usage")
    assert (charge["completion_tokens"], charge["source"]) == (30, "provider")
    assert one(received, "done")["finish_reason"] == "stopped"
    assert len(text_of(received).split()) <= 5
    assert upstream.log(drained)[-1].ended == "complete"


def test_it_is_not_read_on_beyond_its_limit(alice: httpx2.Client, upstream: Upstream, drained: str) -> None:
    prompt = "read on, but not for ever:"
    upstream.script_prompt(prompt, tokens=5000, delay=0.01)
    received = stopped(alice, upstream, prompt)
    assert one(received, "usage")["source"] == "estimated"
    assert one(received, "done")["finish_reason"] == "stopped"
    record = upstream.wait_for(drained, lambda each: prompt in str(each.body) and each.ended != "open")
    assert record.ended == "client_closed"
    assert record.pieces < 400


def test_what_breaks_off_meanwhile_is_not_asked_for_again(
    alice: httpx2.Client, upstream: Upstream, drained: str
) -> None:
    prompt = "read on until it breaks:"
    upstream.script_prompt(prompt, tokens=30, then="close", after=12, delay=0.03)
    received = stopped(alice, upstream, prompt)
    assert one(received, "done")["finish_reason"] == "stopped"
    assert len([each for each in upstream.log(drained) if prompt in str(each.body)]) == 1
