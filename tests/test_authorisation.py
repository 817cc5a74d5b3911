"""Who may do what: every route × the owner, another user, nobody, and a user who was deactivated."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import httpx2
import pytest
from django.contrib.admin import site as site_of_admin
from django.urls import get_resolver

from tests.picture import ADDRESS
from tests.providers.completion import DONE, delta, finish
from tests.site import Site
from tests.stream import Event, events, one, text_of
from tests.upstream.process import Upstream

LOGIN: Final = "to the login page"
Answer = int | Literal["to the login page"]


@dataclass(frozen=True)
class Row:
    """A route, one way to call it, and what each person gets. `pages` want a session, the others take a key."""

    method: str
    path: str
    owner: Answer
    other: Answer
    anonymous: Answer
    deactivated: Answer
    staff: Answer | None = None
    body: dict[str, object] | None = None
    is_page: bool = False


def everybody(method: str, path: str, answer: Answer, *, is_page: bool = False) -> Row:
    return Row(method, path, answer, answer, answer, answer, is_page=is_page)


def people(method: str, path: str, answer: Answer, body: dict[str, object] | None = None) -> Row:
    return Row(method, path, answer, answer, 401, 401, body=body)


def owner_only(method: str, path: str, answer: Answer, body: dict[str, object] | None = None) -> Row:
    return Row(method, path, answer, 404, 401, 401, staff=404, body=body)


def staff_only(path: str) -> Row:
    return Row("GET", path, LOGIN, LOGIN, LOGIN, LOGIN, staff=200, is_page=True)


ASK: dict[str, object] = {"message": "May I?", "model": "gpt-4o-mini"}

LISTS = sorted(model._meta.label_lower.replace(".", "/") for model in site_of_admin._registry)

# Keyed by the route as it is written in urls.py.
TABLE: dict[str, list[Row]] = {
    "": [Row("GET", "/", 200, 200, LOGIN, LOGIN, is_page=True)],
    ".well-known/security.txt": [everybody("GET", "/.well-known/security.txt", 404, is_page=True)],
    "c/<uuid:conversation_id>": [Row("GET", "/c/{conversation}", 200, 404, LOGIN, LOGIN, is_page=True)],
    "login/": [Row("GET", "/login/", 302, 302, 200, 200, is_page=True)],
    "logout/": [everybody("GET", "/logout/", 405, is_page=True)],
    "setup/": [everybody("GET", "/setup/?token=guess", 404, is_page=True)],
    "api/chat": [people("POST", "/api/chat", 200, ASK)],
    "api/chat/stream": [
        people("POST", "/api/chat/stream", 200, ASK),
        owner_only("POST", "/api/chat/stream", 200, {**ASK, "conversation_id": "{conversation}"}),
    ],
    "api/generations/<uuid:generation_id>/stream": [owner_only("GET", "/api/generations/{generation}/stream", 200)],
    "api/generations/<uuid:generation_id>/stop": [owner_only("POST", "/api/generations/{generation}/stop", 202)],
    "api/conversations": [people("GET", "/api/conversations", 200)],
    "api/conversations/<uuid:conversation_id>": [
        owner_only("GET", "/api/conversations/{conversation}", 200),
        owner_only("PATCH", "/api/conversations/{conversation}", 200, {"title": "Renamed"}),
        # Last: it takes the conversation away.
        Row("DELETE", "/api/conversations/{conversation}", 204, 404, 401, 401),
    ],
    "api/conversations/<uuid:conversation_id>/restore": [
        owner_only("POST", "/api/conversations/{conversation}/restore", 200)
    ],
    "api/conversations/<uuid:conversation_id>/export": [
        owner_only("GET", "/api/conversations/{conversation}/export?format=json", 200)
    ],
    "api/conversations/<uuid:conversation_id>/messages/<uuid:message_id>": [
        Row("DELETE", "/api/conversations/{conversation}/messages/{message}", 204, 404, 401, 401)
    ],
    "api/export": [people("GET", "/api/export?format=json", 200)],
    # What it answers when all is well never ends.
    "api/events": [people("GET", "/api/events?after=x", 400)],
    "api/files/<uuid:file_id>": [owner_only("GET", "/api/files/{file}", 200)],
    "api/models": [people("GET", "/api/models", 200)],
    "api/budget": [people("GET", "/api/budget", 200)],
    "healthz": [everybody("GET", "/healthz", 200)],
    "readyz": [everybody("GET", "/readyz", 200)],
    "metrics": [Row("GET", "/metrics", 403, 403, 401, 401, staff=200)],
    "usage/": [Row("GET", "/usage/", 200, 200, LOGIN, LOGIN, is_page=True)],
    "usage/export.csv": [people("GET", "/usage/export.csv", 200)],
    "admin/usage/export.csv": [Row("GET", "/admin/usage/export.csv", 403, 403, 401, 401, staff=200)],
    "admin/usage/reconcile/": [staff_only("/admin/usage/reconcile/")],
    "admin/usage/": [staff_only("/admin/usage/")],
    "admin/": [staff_only("/admin/"), *(staff_only(f"/admin/{name}/") for name in LISTS)],
}
ROWS = [row for rows in TABLE.values() for row in rows]


def test_every_route_stands_in_the_table() -> None:
    routes = {str(entry.pattern) for entry in get_resolver().url_patterns}
    assert routes == set(TABLE)


@pytest.fixture(scope="module")
def sessions(site: Site) -> Iterator[dict[str, httpx2.Client]]:
    """Alice owns things, Bob is somebody else, somebody was deactivated after signing in."""
    site.admit("dismissed")
    clients = {
        "owner": site.session("alice"),
        "other": site.session("bob"),
        "deactivated": site.session("dismissed"),
        "anonymous": httpx2.Client(base_url=site.url, trust_env=False, timeout=30),
        "staff": site.session("admin"),
    }
    site.shell("User.objects.filter(username='dismissed').update(is_active=False)")
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(scope="module")
def keyed(site: Site, sessions: dict[str, httpx2.Client]) -> Iterator[dict[str, httpx2.Client]]:
    clients = {
        "owner": site.client("alice"),
        "other": site.client("bob"),
        "deactivated": site.client("dismissed"),
        "anonymous": site.client(None),
        "staff": site.client("admin"),
    }
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(autouse=True)
def pictured(upstream: Upstream) -> None:
    """The answers of this file are a picture: what belongs to somebody has files, too."""
    upstream.script_prompt("Mine.", raw=[delta(images=[{"image_url": {"url": ADDRESS}}]) + finish() + DONE])


def names_of(received: list[Event]) -> dict[str, str]:
    start = one(received, "start")
    names = {name: start[f"{name}_id"] for name in ("conversation", "generation", "message")}
    return names | {"file": text_of(received).rpartition("/")[2].rstrip(")\n")}


def answer_of(client: httpx2.Client, row: Row, names: dict[str, str]) -> Answer:
    body = row.body and {
        key: value.format(**names) if isinstance(value, str) else value for key, value in row.body.items()
    }
    response = client.request(row.method, row.path.format(**names), json=body)
    if response.status_code == 302 and "/login/" in response.headers["Location"]:
        return LOGIN
    if response.content and not row.is_page and row.path != "/healthz":
        is_stream = response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["Cache-Control"] == (
            "no-cache, private, no-store" if is_stream else "private, no-store"
        )
    if response.status_code >= 400 and not row.is_page:
        error = response.json()["error"]
        assert error["type"]
        assert error["message"]
    return response.status_code


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.method} {row.path}" for row in ROWS])
def test_a_route_lets_in_whom_it_should(
    row: Row, sessions: dict[str, httpx2.Client], keyed: dict[str, httpx2.Client]
) -> None:
    received = events(keyed["owner"], message="Mine.", model="gpt-4o-mini")
    names = names_of(received)
    expected = {
        "deactivated": row.deactivated,
        "anonymous": row.anonymous,
        "other": row.other,
        **({} if row.staff is None else {"staff": row.staff}),
        "owner": row.owner,
    }
    clients = sessions if row.is_page else keyed
    assert {person: answer_of(clients[person], row, names) for person in expected} == expected


@pytest.mark.parametrize("row", [row for row in ROWS if not row.is_page and row.anonymous == 401])
def test_a_session_opens_what_a_key_opens(row: Row, sessions: dict[str, httpx2.Client]) -> None:
    received = events(sessions["owner"], message="Mine.", model="gpt-4o-mini")
    names = names_of(received)
    got = {person: answer_of(sessions[person], row, names) for person in ("deactivated", "other", "owner")}
    assert got == {"deactivated": row.deactivated, "other": row.other, "owner": row.owner}


@pytest.mark.parametrize("row", [row for row in ROWS if row.method != "GET" and row.anonymous == 401])
def test_a_session_without_its_csrf_token_changes_nothing(row: Row, sessions: dict[str, httpx2.Client]) -> None:
    received = events(sessions["owner"], message="Mine.", model="gpt-4o-mini")
    names = names_of(received)
    owner = sessions["owner"]
    with httpx2.Client(base_url=owner.base_url, cookies=owner.cookies, trust_env=False) as forger:
        assert answer_of(forger, row, names) == 403


def test_a_wrong_key_opens_nothing_even_with_a_session(sessions: dict[str, httpx2.Client]) -> None:
    answer = sessions["owner"].get("/api/conversations", headers={"Authorization": "Bearer cs-wrong"})
    assert answer.status_code == 401
    assert "cs-wrong" not in answer.text


def test_an_unknown_api_address_answers_in_json(keyed: dict[str, httpx2.Client]) -> None:
    answer = keyed["owner"].get("/api/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found"


def test_a_wrong_method_is_refused_and_says_which_are_right(keyed: dict[str, httpx2.Client]) -> None:
    answer = keyed["owner"].put("/api/conversations")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"
    assert answer.json()["error"]["message"]
