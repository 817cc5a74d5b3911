"""Pictures that a model makes: kept, shown from our own address to their owner alone, and not sent back."""

import json
import sqlite3
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from chat.providers.dimensions import dimensions
from tests.harness.picture import ADDRESS, BYTES, PNG, gif, jpeg, png, webp
from tests.harness.site import Site
from tests.harness.stream import events, one, text_of
from tests.harness.upstream.process import Upstream
from tests.providers import completion, messages

MODEL: Final = "gpt-4o-mini"
END: Final = completion.finish() + completion.event({"choices": [], "usage": completion.usage()}) + completion.DONE
SHAPES: Final = {
    "images": completion.delta(images=[{"type": "image_url", "image_url": {"url": ADDRESS}}]),
    "a content part": completion.delta(content=[{"type": "image_url", "image_url": {"url": ADDRESS}}]),
    "a block": completion.delta(
        content=[{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}]
    ),
}


def asked(client: httpx2.Client, upstream: Upstream, prompt: str, *parts: bytes) -> list[dict[str, Any]]:
    upstream.script_prompt(prompt, raw=[b"".join(parts)])
    return events(client, message=prompt, model=MODEL)


def stored(client: httpx2.Client, start: dict[str, Any]) -> dict[str, Any]:
    found: list[dict[str, Any]] = client.get(f"/api/conversations/{start['conversation_id']}").json()["messages"]
    return found[-1]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_is_kept_and_served_from_our_own_address(
    shape: str, alice: httpx2.Client, bob: httpx2.Client, upstream: Upstream
) -> None:
    received = asked(alice, upstream, f"a picture as {shape}", SHAPES[shape], SHAPES[shape], END)
    assert one(received, "done")["finish_reason"] == "stop"
    message = stored(alice, received[0])
    (attachment,) = message["attachments"]
    address = f"/api/files/{attachment['id']}"
    assert text_of(received) == message["content"] == f"\n\n![picture]({address})\n\n"
    assert attachment | {"id": ""} == {"id": "", "name": "picture.png", "media_type": "image/png", "size": 70}
    found = alice.get(address)
    assert (found.status_code, found.content) == (200, BYTES)
    assert found.headers["Content-Type"] == "image/png"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in found.headers["Content-Security-Policy"]
    assert bob.get(address).status_code == 404


def test_it_is_asked_for_once_and_not_sent_back(alice: httpx2.Client, upstream: Upstream) -> None:
    received = asked(alice, upstream, "one picture, please", SHAPES["images"], END)
    name = received[0]["conversation_id"]
    events(alice, message="and what was that picture?", model=MODEL, conversation_id=name)
    first, second = [record for record in upstream.log(MODEL) if "one picture, please" in json.dumps(record.body)]
    assert len(first.body["messages"]) == 1
    assert "(a picture)" in second.body["messages"][1]["content"]
    assert "/api/files/" not in json.dumps(second.body)


def test_it_goes_with_its_conversation(alice: httpx2.Client, upstream: Upstream) -> None:
    received = asked(alice, upstream, "a picture to delete", SHAPES["images"], END)
    (attachment,) = stored(alice, received[0])["attachments"]
    alice.delete(f"/api/conversations/{received[0]['conversation_id']}")
    assert alice.get(f"/api/files/{attachment['id']}").status_code == 404


def test_what_cannot_be_shown_is_an_answer_and_costs_one_request(alice: httpx2.Client, upstream: Upstream) -> None:
    sound = completion.delta(audio={"id": "a", "data": "AAAA"})
    received = asked(alice, upstream, "only a sound", sound, END)
    assert [event["type"] for event in received if event["type"] in ("token", "status", "error")] == []
    assert one(received, "done")["finish_reason"] == "stop"
    assert one(received, "usage")["source"] == "provider"
    assert len([record for record in upstream.log(MODEL) if "only a sound" in json.dumps(record.body)]) == 1


def test_a_block_of_anthropics_is_a_picture_too(upstream: Upstream, site: Site) -> None:
    site.shell(
        f"provider = Provider.objects.create(name='drawing', kind='anthropic', base_url={upstream.anthropic_url!r})",
        "ChatModel.objects.create(name='drawing', upstream_name='drawing', provider=provider)",
    )
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    body = messages.started() + messages.block("image", source=source) + messages.stopped(output_tokens=3)
    upstream.script("drawing", raw=[body + messages.STOP])
    with site.client() as client:
        received = events(client, message="Draw.", model="drawing")
        assert stored(client, received[0])["attachments"][0]["size"] == 70


def test_a_picture_that_cannot_be_kept_costs_the_picture_and_is_told(upstream: Upstream, tmp_path: Path) -> None:
    with Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url}) as site, site.client() as client:
        with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
            database.execute("ALTER TABLE chat_picture RENAME TO gone")
        said = completion.delta(content="Here: "), SHAPES["images"], completion.delta(content="there.")
        received = asked(client, upstream, "a picture for a full disk", *said, END)
        with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
            database.execute("ALTER TABLE gone RENAME TO chat_picture")
        message = stored(client, received[0])
    assert text_of(received) == message["content"] == "Here: there."
    assert one(received, "done")["finish_reason"] == "stop"
    assert ["could not be read" in note for note in message["notes"]] == [True]


LARGE: Final = {
    "png": png(50_000, 50_000),
    "jpeg": jpeg(50_000, 50_000),
    "gif": gif(50_000, 50_000),
    "webp": webp(50_000, 50_000),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_picture_of_too_many_pixels_is_told_and_not_shown(
    kind: str, alice: httpx2.Client, upstream: Upstream
) -> None:
    address = f"data:image/{kind};base64,{b64encode(LARGE[kind]).decode()}"
    said = completion.delta(images=[{"type": "image_url", "image_url": {"url": address}}])
    received = asked(alice, upstream, f"a {kind} of billions of pixels", said, END)
    message = stored(alice, received[0])
    assert "50,000 × 50,000 pixels" in message["content"] == text_of(received)
    assert "![" not in message["content"]
    assert message["attachments"] == []


def test_one_that_was_stored_before_is_not_served(alice: httpx2.Client, site: Site, upstream: Upstream) -> None:
    received = asked(alice, upstream, "a picture that grows", SHAPES["images"], END)
    (attachment,) = stored(alice, received[0])["attachments"]
    name, large = attachment["id"], LARGE["png"]
    site.shell("from chat.models import Picture", f"Picture.objects.filter(pk={name!r}).update(data={large!r})")
    refused = alice.get(f"/api/files/{name}")
    assert (refused.status_code, refused.json()["error"]["type"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (BYTES, (1, 1)),
        (png(3, 70_000), (3, 70_000)),
        (gif(3, 7), (3, 7)),
        (gif(3, 7, frame=(900, 2)), (900, 7)),
        (jpeg(3, 7), (3, 7)),
        (webp(3, 7), (3, 7)),
        (webp(3, 7, b"VP8L"), (3, 7)),
        (webp(3, 7, b"VP8 "), (3, 7)),
        (b"", None),
        (b"BM" + bytes(60), None),
        (b"\xff\xd8" + b"\xff\xe1\x00\x00" * 9, None),
        (b"\xff\xd8\xff\xda\x00\x02", None),
        (b"\xff\xd8" + b"\xff" * 10_000, None),
    ],
)
def test_the_size_stands_in_the_header(data: bytes, size: tuple[int, int] | None) -> None:
    assert dimensions(data) == size
    for end in range(len(data)):
        dimensions(data[:end])
