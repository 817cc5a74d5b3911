"""Deleted conversations, which can be restored for a while, temporary ones, and how both go for good."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat.generation.recovery import purge
from chat.models import Conversation
from chat.models.conversation import KEPT_AFTER_DELETION, TEMPORARY_LIFE
from tests.admin.rows import talk
from tests.harness.site import Site
from tests.harness.stream import events, one, parse
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o-mini"


def ask(client: httpx2.Client, message: str, **more: Any) -> dict[str, Any]:
    return one(events(client, message=message, model=MODEL, **more), "start")


def listed(client: httpx2.Client, **query: str) -> str:
    return client.get("/api/conversations", params=query).text


def test_a_deleted_conversation_is_gone_everywhere_and_can_be_restored(alice: httpx2.Client, site: Site) -> None:
    start = ask(alice, "restore the wombat")
    name = start["conversation_id"]
    path = f"/api/conversations/{name}"
    before = alice.get(path).json()
    assert alice.delete(path).status_code == 204
    for method, address, body in (
        ("GET", path, None),
        ("PATCH", path, {"title": "x"}),
        ("DELETE", path, None),
        ("DELETE", f"{path}/messages/{start['message_id']}", None),
        ("GET", f"{path}/export?format=json", None),
        ("GET", f"/api/generations/{start['generation_id']}/stream", None),
        ("POST", f"/api/generations/{start['generation_id']}/stop", None),
        ("POST", "/api/chat", {"message": "are you there?", "conversation_id": name}),
    ):
        assert alice.request(method, address, json=body).status_code == 404, (method, address)
    with closing(site.session("alice")) as browser:
        assert browser.get(f"/c/{name}").status_code == 404
        assert name not in browser.get("/").text
    assert name not in listed(alice) + listed(alice, q="wombat") + alice.get("/api/export?format=json").text
    restored = alice.post(f"{path}/restore")
    assert restored.status_code == 200
    assert restored.json()["title"] == "restore the wombat"
    assert alice.get(path).json() == before
    assert name in listed(alice)
    assert name in listed(alice, q="wombat")
    # Once more changes nothing.
    assert alice.post(f"{path}/restore").status_code == 200


def test_nobody_else_restores_it_and_nobody_after_a_minute(
    alice: httpx2.Client, bob: httpx2.Client, site: Site
) -> None:
    path = f"/api/conversations/{ask(alice, 'gone for good')['conversation_id']}"
    alice.delete(path)
    assert bob.post(f"{path}/restore").status_code == 404
    site.shell(
        "from datetime import timedelta",
        f"rows = Conversation.objects.filter(pk='{path.rpartition('/')[2]}')",
        "rows.update(deleted_at=rows.get().deleted_at - timedelta(seconds=61))",
    )
    assert alice.post(f"{path}/restore").status_code == 404


def test_deleting_stops_what_is_being_written(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("delete me while I speak", then="hang", after=2)
    with alice.stream(
        "POST", "/api/chat/stream", json={"message": "delete me while I speak", "model": MODEL}
    ) as response:
        placed = parse(response.iter_lines())
        start = next(placed)[1]
        assert alice.delete(f"/api/conversations/{start['conversation_id']}").status_code == 204
        assert [event for _, event in placed][-1]["type"] == "done"
    record = upstream.wait_for(MODEL, lambda r: "delete me while I speak" in str(r.body) and r.ended != "open")
    assert record.ended == "client_closed"


def test_a_temporary_conversation_is_in_no_list(alice: httpx2.Client, site: Site) -> None:
    name = ask(alice, "whisper of a numbat", temporary=True)["conversation_id"]
    ask(alice, "and another whisper", conversation_id=name)
    shown = alice.get(f"/api/conversations/{name}").json()
    assert shown["temporary"] is True
    assert len(shown["messages"]) == 4
    assert name not in listed(alice) + listed(alice, q="numbat") + alice.get("/api/export?format=json").text
    assert alice.get(f"/api/conversations/{name}/export?format=json").status_code == 404
    with closing(site.session("alice")) as browser:
        assert browser.get(f"/c/{name}").status_code == 200
        assert name not in browser.get("/").text
    open_one = ask(alice, "not temporary")["conversation_id"]
    body = {"message": "too late", "conversation_id": open_one, "temporary": True}
    assert alice.post("/api/chat", json=body).status_code == 400


@pytest.mark.django_db
def test_only_what_has_had_its_time_is_purged() -> None:
    owner, now = User.objects.create_user("ada"), timezone.now()
    second = timedelta(seconds=1)

    def conversation(**values: Any) -> Conversation:
        row = talk(owner).message.conversation
        Conversation.objects.filter(pk=row.pk).update(**values)
        return row

    kept = [
        conversation(),
        conversation(updated_at=now - timedelta(days=4000)),
        conversation(deleted_at=now),
        conversation(deleted_at=now - KEPT_AFTER_DELETION + 20 * second),
        conversation(temporary=True, updated_at=now - TEMPORARY_LIFE + 20 * second),
    ]
    conversation(deleted_at=now - KEPT_AFTER_DELETION - second)
    conversation(temporary=True, updated_at=now - TEMPORARY_LIFE - second)
    purge()
    assert set(Conversation.objects.all()) == set(kept)
