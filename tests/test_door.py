"""What comes to the door and is no key, or no name of this site."""

import time
from contextlib import closing

import httpx2
from django.core.cache.backends.base import BaseCache

import chatsite.redis_cache
from tests.harness import patience
from tests.harness.site import Site


def test_a_proxys_own_password_does_not_come_before_the_session(site: Site) -> None:
    with closing(site.session("alice")) as client:
        answer = client.get("/api/models", headers={"Authorization": "Basic dXNlcjpwYXNz"})
        assert answer.status_code == 200
        assert client.get("/api/models", headers={"Authorization": "Bearer wrong"}).status_code == 401
    with site.client(None) as stranger:
        assert stranger.get("/api/models", headers={"Authorization": "Basic dXNlcjpwYXNz"}).status_code == 401


def test_a_wrong_host_is_one_line_that_is_no_error(site: Site) -> None:
    with httpx2.Client(base_url=site.url, trust_env=False) as client:
        name = "evil.example" + "x" * 500
        assert client.get("/login/", headers={"Host": name}).status_code == 400
        # What comes after it in the log shows that all of it is there.
        client.get("/login/", headers={"Host": "last.example"})
    deadline = time.monotonic() + patience.SECONDS
    while not any("last.example" in line for line in site.output) and time.monotonic() < deadline:
        time.sleep(0.05)
    lines = [line for line in site.output if "evil.example" in line]
    assert len(lines) == 1
    assert " INFO " in lines[0]
    assert len(lines[0]) < 400
    assert not [line for line in site.output if "Traceback" in line]


def cache(redis_url: str) -> BaseCache:
    return chatsite.redis_cache.Cache(redis_url, {})


def test_what_is_kept_in_redis_is_no_pickle(redis_url: str) -> None:
    kept = cache(redis_url)
    session = {"_auth_user_id": "1", "nested": {"a": [1, None, "é"]}}
    kept.set("session", session, 60)
    assert kept.get("session") == session
    client = kept._cache.get_client()  # type: ignore[attr-defined]
    raw = client.get(kept.make_key("session"))
    assert raw.startswith(b"{")
    kept.set("number", 5, 60)
    assert kept.incr("number") == 6


def test_what_an_earlier_version_kept_is_as_good_as_nothing(redis_url: str) -> None:
    kept = cache(redis_url)
    client = kept._cache.get_client(write=True)  # type: ignore[attr-defined]
    client.set(kept.make_key("old"), b"\x80\x05\x95\x0f\x00.", ex=60)
    assert kept.get("old", "nothing") == "nothing"
