"""Taking one's conversations away."""

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx2
import pytest

from tests.harness.site import PASSWORD, Site
from tests.harness.stream import events, one
from tests.harness.upstream.script import default_text

MODEL = "gpt-4o-mini"


@pytest.fixture(scope="module")
def edith(site: Site) -> Iterator[httpx2.Client]:
    """Somebody with no conversations but those of this file."""
    site.shell(f"User.objects.create_user('edith', password={PASSWORD!r})")
    site.keys["edith"] = site.manage("createapikey", "edith").split()[-1]
    with site.client("edith") as client:
        yield client


def ask(client: httpx2.Client, message: str, **more: Any) -> dict[str, Any]:
    return one(events(client, message=message, model=MODEL, **more), "start")


def test_nothing_is_exported_as_nothing(edith: httpx2.Client) -> None:
    assert edith.get("/api/export?format=json").json() == []
    assert zipfile.ZipFile(BytesIO(edith.get("/api/export?format=markdown").content)).namelist() == []


def test_json_is_what_the_interface_shows(edith: httpx2.Client) -> None:
    start = ask(edith, "Why is “the sky”\nblue?")
    path = f"/api/conversations/{start['conversation_id']}"
    edith.post("/api/chat", json={"conversation_id": start["conversation_id"], "regenerate": start["user_message_id"]})
    exported = edith.get(f"{path}/export", params={"format": "json"})
    shown = edith.get(path).json()
    used = [each["usage"]["total_tokens"] for each in shown["messages"] if each["usage"]]
    assert shown["usage"]["total_tokens"] == sum(used)
    # What the page asks for, of whoever looks.
    del shown["more"], shown["model_available"]
    assert exported.json() == shown
    assert exported.headers["Content-Type"] == "application/json"
    assert edith.get("/api/export", params={"format": "json"}).json() == [shown]


def test_markdown_is_the_branch_that_is_looked_at(edith: httpx2.Client) -> None:
    start = ask(edith, "# Not a title", system_prompt="Be kind.")
    path = f"/api/conversations/{start['conversation_id']}"
    ask(edith, "Another way", conversation_id=start["conversation_id"], parent_id=None)
    edith.patch(path, json={"title": '../../etc: <a> "b"\r\nX: y.', "leaf_id": start["message_id"]})
    exported = edith.get(f"{path}/export", params={"format": "markdown"})
    name = exported.headers["Content-Disposition"]
    assert name == f'attachment; filename="etc-a-b-x-y-{start["conversation_id"][:8]}.md"'
    text = exported.text
    assert text.startswith('# ../../etc: <a> "b" X: y.\n\n## System prompt\n\nBe kind.\n\n## You · ')
    assert "# Not a title" in text
    assert f"## {MODEL} · " in text
    assert default_text() in text
    assert "Another way" not in text


def test_a_title_in_any_script_makes_a_name(edith: httpx2.Client) -> None:
    path = f"/api/conversations/{ask(edith, '東京の天気')['conversation_id']}"
    exported = edith.get(f"{path}/export?format=json")
    assert "filename*=utf-8''%E6%9D%B1" in exported.headers["Content-Disposition"]
    edith.patch(path, json={"title": "..."})
    named = edith.get(f"{path}/export?format=json").headers["Content-Disposition"]
    assert 'filename="conversation-' in named


def test_everything_is_a_zip_of_files_that_open(edith: httpx2.Client, site: Site) -> None:
    site.shell(
        "edith = User.objects.get(username='edith')",
        "rows = [Conversation(owner=edith, title='Same') for _ in range(130)]",
        "Conversation.objects.bulk_create(rows)",
        "Message.objects.bulk_create(Message(conversation=rows[0], role='user', content=f'{n} ' + 'long ' * 200)"
        " for n in range(2000))",
    )
    archive = zipfile.ZipFile(BytesIO(edith.get("/api/export?format=markdown").content))
    assert archive.testzip() is None
    listed = json.loads(edith.get("/api/export?format=json").content)
    assert len(set(archive.namelist())) == len(listed) >= 130
    assert max(len(row["messages"]) for row in listed) == 2000
    assert all(name.endswith(".md") and "/" not in name for name in archive.namelist())


@pytest.mark.parametrize("query", ["", "?format=pdf", "?format="])
def test_a_format_must_be_chosen(edith: httpx2.Client, query: str) -> None:
    assert edith.get(f"/api/export{query}").status_code == 400
