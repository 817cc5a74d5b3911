"""A few threads that run the synchronous code of all requests.

Django gives each request a thread of its own as soon as one of its hooks is synchronous, and keeps it until the
response ends: a thread, and perhaps a database connection, for every open stream. Here requests share threads. The code
of one request still runs in one thread, in order, as Django promises, because database connections belong to threads.

Requests that may hash a password have threads of their own, because they keep them for as long as that takes, and so
have the pages on which people sign in, for which a crowd asks at once. A request whose work is done on the event loop
or in `chat.database` (probes, static files, the JSON interface) uses no thread.
"""

import re
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Final

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

from chatsite.application import Application, Receive, Send

# With the threads of `chat.database` at most 19 of them hold a database connection.
THREADS: Final = 8
PASSWORD_THREADS: Final = 2
# Making a page is nothing but work for Python, which does one thing at a time. More threads would show a crowd the page
# no sooner, and all else in the process would wait for its turn among more of them.
SIGN_IN_PAGE_THREADS: Final = 2
# Forms that may ask for a password or set one, and those beside them.
_PASSWORD_FORMS: Final = re.compile(r"^/(login|accounts|setup|settings|admin/(login|password_change|auth/user))/")
# What everybody sees who is not signed in.
_SIGN_IN_PAGES: Final = re.compile(r"^/(login|accounts/(login|signup))/$")


def may_hash_password(method: str, path: str) -> bool:
    """Whether answering such a request may take a password hash, which costs a third of a second."""
    return method == "POST" and _PASSWORD_FORMS.match(path) is not None


class ThreadUse:
    """Whether one request has run something in its thread."""

    __slots__ = ("has_run",)

    def __init__(self) -> None:
        self.has_run = False


_thread_use: ContextVar[ThreadUse | None] = ContextVar("thread_use", default=None)


def has_used_thread() -> bool:
    """Whether the current request has run something in its thread; True where that is not known."""
    use = _thread_use.get()
    return use is None or use.has_run


class SingleThread(ThreadPoolExecutor):
    """An executor of one thread that notes which requests use it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        use = _thread_use.get()
        if use is not None:
            use.has_run = True
        return super().submit(fn, *args, **kwargs)


class RequestThread(ThreadSensitiveContext):
    """One thread, and the number of requests that are being worked on in it."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0
        self.executor = SingleThread(1, thread_name_prefix="request")
        # Where asgiref looks for a context's executor before it makes one.
        SyncToAsync.context_to_thread_executor[self] = self.executor


class ThreadPool:
    """An ASGI application that runs another one, each request with the thread that the fewest others use.

    A request counts until its response begins: a stream does not need its thread again before it ends.
    """

    def __init__(
        self,
        application: Application,
        threads: int = THREADS,
        password_threads: int = PASSWORD_THREADS,
        sign_in_page_threads: int = SIGN_IN_PAGE_THREADS,
    ) -> None:
        self._application = application
        self._threads = [RequestThread() for _ in range(threads)]
        self._password_threads = [RequestThread() for _ in range(password_threads)]
        self._sign_in_page_threads = [RequestThread() for _ in range(sign_in_page_threads)]

    def _threads_for(self, method: str, path: str) -> list[RequestThread]:
        if may_hash_password(method, path):
            return self._password_threads
        return self._sign_in_page_threads if _SIGN_IN_PAGES.match(path) else self._threads

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        threads = self._threads_for(scope.get("method", ""), scope.get("path", ""))
        thread = min(threads, key=_requests)
        is_counted = True

        # Not a coroutine: a streamed answer comes through here with every token.
        def leave_at_start(message: Any) -> Awaitable[None]:
            nonlocal is_counted
            if is_counted and message["type"] == "http.response.start":
                is_counted = False
                thread.requests -= 1
            return send(message)

        use = ThreadUse()
        _thread_use.set(use)
        # asgiref's own way: Django enters a context of its own only where there is none yet.
        SyncToAsync.thread_sensitive_context.set(thread)
        thread.requests += 1
        try:
            await self._application(scope, receive, leave_at_start)
        finally:
            if is_counted:
                thread.requests -= 1
            if use.has_run:
                # Nobody waits for it.
                thread.executor.submit(close_old_connections)


def disconnect_thread_signals() -> None:
    """Have Django not do in a thread, at each request's start and end, what the pool does where it is due.

    Our caches have nothing to close, a request's context ends with it, and queries are kept for the debugger only.
    """
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    request_finished.disconnect(reset_urlconf)


def _requests(thread: RequestThread) -> int:
    return thread.requests
