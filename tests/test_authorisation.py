"""Who may do what: every route of the site × everybody who may call it.

A new route needs its rows in `route_table.TABLE`; `test_every_route_stands_in_the_table` says which are missing.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Final

import httpx2
import pytest
from django.urls import URLResolver, get_resolver

from tests.harness.picture import ADDRESS
from tests.harness.site import PASSWORD, Site
from tests.harness.stream import Event, events, one, text_of
from tests.harness.upstream.process import Upstream
from tests.providers.completion import DONE, delta, finish
from tests.route_table import LOGIN, NOBODY, ROWS, TABLE, Answer, Row

# What Django's admin has beside the pages of each table, and what the clerk gets there.
OF_THE_ADMIN: Final[dict[str, int]] = {
    "admin/": 200,
    "admin/jsi18n/": 200,
    "admin/password_change/": 200,
    "admin/password_change/done/": 200,
    "admin/autocomplete/": 403,
    "admin/r/<path:content_type_id>/<path:object_id>/": 404,
    "admin/(?P<url>.*)$": 404,
}
# The names of all apps follow, in any order.
OF_AN_APP: Final = "admin/^(?P<app_label>"
# They ask nobody who they are.
DOORS: Final = {"admin/login/", "admin/logout/"}


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Yield every route below a resolver, written in full."""
    for entry in resolver.url_patterns:
        route = f"{before}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        else:
            yield route


ALL_ROUTES: Final = set(routes(get_resolver()))
# The pages of the admin's tables are told by one rule, below.
ADMIN_ROUTES: Final = {route for route in ALL_ROUTES if route.startswith("admin/")} - set(TABLE)


def test_every_route_stands_in_the_table() -> None:
    missing = sorted(ALL_ROUTES - ADMIN_ROUTES - set(TABLE))
    assert not missing, (
        f"Who may call these routes? {missing}. Add each to TABLE in tests/route_table.py, as it is written "
        "here, with at least one Row: a method, an address, what the owner, others, nobody and the deactivated get. "
        "`owner_only`, `people`, `everybody` and `staff_only` make the usual ones; name the scopes that a key needs."
    )
    gone = sorted(set(TABLE) - ALL_ROUTES)
    assert not gone, f"These rows of TABLE belong to no route any more: {gone}."


def of_the_admin(route: str) -> int:
    """What the clerk gets who may see the ledger, by a route of the admin."""
    if route.startswith(OF_AN_APP):
        return 200
    if route in OF_THE_ADMIN:
        return OF_THE_ADMIN[route]
    # Of nothing there is no history, whoever asks: it leads back.
    if route.endswith(("/history/", "/<path:object_id>/")):
        return 302
    if route.startswith("admin/chat/usagerecord/"):
        return {"": 200, "<path:object_id>/change/": 302}.get(route.removeprefix("admin/chat/usagerecord/"), 403)
    return 403


def test_the_admin_lets_in_staff_with_the_right_and_nobody_else(sessions: dict[str, httpx2.Client]) -> None:
    wrong: dict[str, dict[str, Answer]] = {}
    for route in sorted(ADMIN_ROUTES - DOORS):
        path = "/" + re.sub(r"<[^>]*>", "0", route)
        path = "/admin/chat/" if route.startswith(OF_AN_APP) else path
        path = "/admin/nothing/" if route == "admin/(?P<url>.*)$" else path
        row = Row("GET", path, LOGIN, LOGIN, LOGIN, LOGIN, is_page=True)
        got = {person: answer_of(sessions[person], row, {}) for person in (*NOBODY, "clerk", "staff")}
        expected: dict[str, Answer] = {**dict.fromkeys(NOBODY, LOGIN), "clerk": of_the_admin(route)}
        superuser = got.pop("staff")
        if got != expected or superuser not in {200, 302, 404, of_the_admin(route)}:
            wrong[path] = {name: answer for name, answer in got.items() if answer != expected[name]}
            wrong[path]["staff"] = superuser
    assert wrong == {}


# Keys with all scopes but those, of the owner and of the superuser.
LACKING: Final = sorted({row.scopes for row in ROWS})
MAKE_PEOPLE: Final = f"""
from django.utils import timezone
group = Group.objects.create(name="authorised")
names = ("olga", "otto", "mate", "clerk", "gone")
people = {{name: User.objects.create_user(name, password={PASSWORD!r}) for name in names}}
for name in ("olga", "mate"):
    people[name].groups.add(group)
people["clerk"].is_staff = True
people["clerk"].save()
people["clerk"].user_permissions.add(Permission.objects.get(codename="view_usagerecord"))
everything = ["chat", "usage", "admin"]
for name, user in people.items():
    print(name, ApiKey.issue(user, "tests", scopes=everything)[1])
print("expired", ApiKey.issue(people["olga"], "expired", scopes=everything, expires_at=timezone.now())[1])
for lacking in {LACKING!r}:
    owner = people["olga"] if "chat" in lacking or "usage" in lacking else User.objects.get(username="admin")
    left = [scope for scope in everything if scope not in lacking]
    print("lacks-" + "-".join(lacking), ApiKey.issue(owner, "scopeless", scopes=left)[1])
"""
NAMES: Final = {
    "owner": "olga",
    "other": "otto",
    "mate": "mate",
    "clerk": "clerk",
    "staff": "admin",
    "deactivated": "gone",
}


@pytest.fixture(scope="module")
def sessions(site: Site) -> Iterator[dict[str, httpx2.Client]]:
    """Each in a browser of their own; one was deactivated after signing in, and keys open no pages."""
    words = site.shell(MAKE_PEOPLE).split()
    site.keys |= dict(zip(words[::2], words[1::2], strict=True))
    clients = {person: site.session(name) for person, name in NAMES.items()}
    clients |= {person: site.client(None) for person in ("anonymous", "expired")}
    site.shell("User.objects.filter(username='gone').update(is_active=False)")
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(scope="module")
def keyed(site: Site, sessions: dict[str, httpx2.Client]) -> Iterator[dict[str, httpx2.Client]]:
    """Each with a key, which has all scopes; `lacks-…` are keys without the ones that are named."""
    names = {**NAMES, "expired": "expired"} | {name: name for name in site.keys if name.startswith("lacks-")}
    clients = {person: site.client(name) for person, name in names.items()} | {"anonymous": site.client(None)}
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(autouse=True)
def pictured(upstream: Upstream) -> None:
    """The answers of this file are a picture: what belongs to somebody has files, too."""
    upstream.script_prompt("Mine.", raw=[delta(images=[{"image_url": {"url": ADDRESS}}]) + finish() + DONE])


@pytest.fixture(scope="module")
def spare_key(site: Site, sessions: dict[str, httpx2.Client]) -> str:
    """The id of a key of the owner's that nobody calls with."""
    return site.shell("print(ApiKey.issue(User.objects.get(username='olga'), 'spare')[0].pk)").strip()


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
    row: Row, sessions: dict[str, httpx2.Client], keyed: dict[str, httpx2.Client], spare_key: str, site: Site
) -> None:
    received = events(keyed["owner"], message="Mine.", model="gpt-4o-mini")
    names = names_of(received) | {"key": spare_key}
    expected = row.expected()
    if row.is_page:
        clients = {**sessions, "scopeless": sessions["anonymous"]}
    else:
        clients = {**keyed, "scopeless": keyed["lacks-" + "-".join(row.scopes)]}
    with ExitStack() as stack:
        if row.is_recent:
            active = {person: name for person, name in NAMES.items() if person != "deactivated"}
            clients |= {person: stack.enter_context(closing(site.session(name))) for person, name in active.items()}
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
