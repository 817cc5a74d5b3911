"""What every answer says of itself: links are not looked up, and nobody keeps what is somebody's."""

from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest

from tests.harness.picture import ADDRESS
from tests.harness.site import PASSWORD, Site
from tests.harness.stream import events, one, text_of
from tests.harness.upstream.process import Upstream
from tests.providers.completion import DONE, delta, finish
from tests.server.process import Served, get, receive_all

PREFETCH = b"x-dns-prefetch-control: off\r\n"
OWN_PAGES = [
    "/",
    "/usage/",
    "/admin/",
    "/admin/usage/",
    "/admin/auth/user/",
    "/login/",
    "/logout/",
    "/nothing/",
    "/c/x",
]
OWN_DATA = ["/api/models", "/api/budget", "/api/conversations", "/api/export", "/usage/export.csv", "/api/nothing"]
EVERYBODYS = ["/static/chat/page/base.css", "/healthz", "/readyz", "/metrics"]


@pytest.fixture(scope="module")
def admin(site: Site) -> Iterator[httpx2.Client]:
    with closing(site.session("admin")) as client:
        yield client


@pytest.mark.parametrize("path", [*OWN_PAGES, *OWN_DATA, *EVERYBODYS])
def test_no_answer_lets_the_browser_look_up_the_hosts_of_links(admin: httpx2.Client, site: Site, path: str) -> None:
    with site.client(None) as stranger:
        for client in (admin, stranger):
            for method in ("GET", "HEAD", "POST", "DELETE"):
                answer = client.request(method, path)
                assert answer.headers.get_list("X-DNS-Prefetch-Control") == ["off"], (method, answer.status_code)


def test_nor_does_one_to_a_host_that_is_not_ours(site: Site) -> None:
    with site.client(None) as stranger:
        answer = stranger.get("/login/", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 400
    assert answer.headers["X-DNS-Prefetch-Control"] == "off"


@pytest.mark.parametrize(
    "request_text",
    [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        get("/\xff"),
        get("/raise"),
        get("/hello"),
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    ],
)
def test_nor_what_the_server_answers_before_the_application_does(request_text: str) -> None:
    with Served(layers=True) as served:
        request = request_text.replace("Host:", "Connection: close\r\nHost:").encode("latin1")
        received = receive_all(served.connect(request)).lower()
    assert received.count(PREFETCH) == 1


@pytest.mark.parametrize("path", [*OWN_PAGES, *OWN_DATA])
def test_what_is_somebodys_is_kept_by_nobody(admin: httpx2.Client, path: str) -> None:
    kept = admin.get(path).headers["Cache-Control"]
    assert {"private", "no-store"} <= set(kept.replace(",", " ").split())


def test_streams_conversations_and_pictures_are_kept_by_nobody(site: Site, upstream: Upstream) -> None:
    picture = delta(images=[{"image_url": {"url": ADDRESS}}])
    upstream.script_prompt("kept by nobody", raw=[picture + finish() + DONE])
    with site.client("charlie") as client:
        received = events(client, message="kept by nobody", model="gpt-4o-mini")
        start = one(received, "start")
        file = text_of(received).rpartition("/")[2].rstrip(")\n")
        conversation = f"/api/conversations/{start['conversation_id']}"
        for path in (
            f"/api/generations/{start['generation_id']}/stream",
            conversation,
            f"{conversation}/export?format=json",
            f"/api/files/{file}",
        ):
            answer = client.get(path)
            assert answer.status_code == 200
            assert "private, no-store" in answer.headers["Cache-Control"], path
        with client.stream("GET", "/api/events") as lists:
            assert lists.headers["Cache-Control"] == "no-cache, private, no-store"


@pytest.mark.parametrize("door", ["/accounts/logout/", "/admin/logout/"])
def test_signing_out_empties_the_browser_by_every_door(site: Site, door: str) -> None:
    site.admit(name := f"leaver-{len(door)}")
    site.shell(f"User.objects.filter(username={name!r}).update(is_staff=True)")
    with closing(site.session(name)) as client:
        assert "Clear-Site-Data" not in client.get("/").headers
        form = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
        answer = client.post(door, data=form)
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
        assert client.get("/").headers["Location"].startswith("/accounts/login/")
        client.get("/accounts/login/")
        form = {"login": name, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert "Clear-Site-Data" not in client.post("/accounts/login/", data=form).headers
