"""Requests share a few threads, and one that takes long does not hold up the others."""

import asyncio
import threading
import time
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async

from chatsite.application.thread_pool import ThreadPool


async def nothing(message: Any = None) -> None:
    """Send or receive nothing."""


async def test_many_open_responses_use_few_threads() -> None:
    names: set[str] = set()
    begun = asyncio.Semaphore(0)
    end = asyncio.Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        # As Django does it for each request.
        async with ThreadSensitiveContext():
            names.add(await sync_to_async(lambda: threading.current_thread().name)())
            await send({"type": "http.response.start"})
            begun.release()
            await end.wait()
            names.add(await sync_to_async(lambda: threading.current_thread().name)())

    pool = ThreadPool(stream, 4)
    before = threading.active_count()
    requests = [asyncio.create_task(pool({}, nothing, nothing)) for _ in range(100)]
    for _ in requests:
        await begun.acquire()
    assert threading.active_count() - before <= 4
    end.set()
    await asyncio.gather(*requests)
    assert len(names) <= 4


async def test_a_request_goes_where_nobody_is_being_kept_waiting() -> None:
    release = threading.Event()

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await sync_to_async(release.wait if scope["slow"] else time.time)()
        await send({"type": "http.response.start"})

    pool = ThreadPool(page, 3)
    slow = [asyncio.create_task(pool({"slow": True}, nothing, nothing)) for _ in range(2)]
    await asyncio.sleep(0)
    try:
        for _ in range(20):
            await asyncio.wait_for(pool({"slow": False}, nothing, nothing), 10)
        assert not any(request.done() for request in slow)
    finally:
        # Also where it fails: nothing else ends the threads, and Python waits for them.
        release.set()
    await asyncio.gather(*slow)


async def test_requests_that_hash_passwords_wait_for_each_other_and_for_nobody_else() -> None:
    release = threading.Event()

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await sync_to_async(release.wait if scope["method"] == "POST" else time.time)()
        await send({"type": "http.response.start"})

    pool = ThreadPool(page, 1, 1)
    forms = (
        "/login/",
        "/accounts/login/",
        "/setup/",
        "/settings/password/",
        "/admin/login/",
        "/admin/auth/user/1/password/",
    )
    held = [asyncio.create_task(pool({"method": "POST", "path": path}, nothing, nothing)) for path in forms]
    await asyncio.sleep(0)
    try:
        for path in forms:
            await asyncio.wait_for(pool({"method": "GET", "path": path}, nothing, nothing), 10)
        assert not any(request.done() for request in held)
    finally:
        release.set()
    await asyncio.gather(*held)


async def test_a_crowd_that_asks_for_the_sign_in_page_takes_nobody_else_a_thread() -> None:
    release = threading.Event()

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await sync_to_async(release.wait if scope["path"].endswith("login/") else time.time)()
        await send({"type": "http.response.start"})

    pool = ThreadPool(page, 1, 1, 1)
    pages = ("/login/", "/accounts/login/") * 5
    crowd = [asyncio.create_task(pool({"method": "GET", "path": path}, nothing, nothing)) for path in pages]
    await asyncio.sleep(0)
    for path in ("/usage/", "/settings/password/", "/accounts/2fa/"):
        await asyncio.wait_for(pool({"method": "GET", "path": path}, nothing, nothing), 10)
    await asyncio.wait_for(pool({"method": "POST", "path": "/accounts/reauthenticate/"}, nothing, nothing), 10)
    assert not any(request.done() for request in crowd)
    release.set()
    await asyncio.gather(*crowd)
