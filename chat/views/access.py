"""The decorator of the JSON interface: who is calling, and errors as JSON whatever fails behind it."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Final, TypeVar

import msgspec
from django.contrib.auth.models import User
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.csrf import csrf_exempt

from chat import database, tasks
from chat.access import throttle
from chat.access.credential import Credential
from chat.accounts import sessions
from chat.errors import ChatError, unexpected
from chat.events import to_json
from chat.live_list import feed
from chat.models import ApiKey
from chat.models.access import Scope

logger = logging.getLogger(__name__)
T = TypeVar("T")

# For one person's data: no cache may keep it, neither the browser's nor a proxy's.
KEPT_BY_NOBODY: Final = "private, no-store"

_csrf = CsrfViewMiddleware(lambda request: HttpResponse())


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: an active user, and the API key if one was sent."""

    user: User
    api_key: ApiKey | None = None
    session: str = ""

    @property
    def credential(self) -> Credential:
        """What the request was authenticated by, to be checked again while it lasts."""
        return Credential(self.user.pk, self.api_key.pk if self.api_key else None, self.session, self.user.password)


SyncView = Callable[..., HttpResponseBase]
AsyncView = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


def identify(request: HttpRequest, *scopes: str) -> Caller:
    """Return who is calling, by a Bearer key with one of the `scopes`, or by session and CSRF token.

    Raises ChatError `unauthenticated`, also for a key that has expired, or `forbidden`, for a scope that is missing.
    """
    # Any other scheme (Basic, say) is for a proxy in front of the site.
    scheme, _, key = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        found = ApiKey.find(key.strip())
        if found is None:
            raise _wrong_key(request)
        if found.is_expired:
            raise ChatError("unauthenticated", "This API key has expired. Make a new one.")
        if not set(scopes) & set(found.scopes):
            wanted = " or ".join(f"“{scope}”" for scope in scopes)
            raise ChatError("forbidden", f"This API key lacks the scope {wanted}. Use one that has it.")
        found.note_use()
        return Caller(found.user, found)
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        raise ChatError("unauthenticated", "Sign in, or send an API key: Authorization: Bearer <key>.")
    if _csrf.process_view(request, lambda: HttpResponse(), (), {}) is not None:
        raise ChatError("forbidden", "The CSRF token is missing or wrong. Reload the page and try again.")
    session = request.session.session_key or ""
    sessions.note_use(session)
    return Caller(user, session=session)


def _wrong_key(request: HttpRequest) -> ChatError:
    """Return the error for a key that is not valid; each counts against the throttle of its address."""
    address = request.META.get("REMOTE_ADDR", "")
    wait = throttle.take([throttle.from_address(address)])
    logger.warning("An API key that is not valid came from %s", address, extra={"fields": {"client": address}})
    if wait:
        return ChatError("rate_limit", "Too many keys that are not valid came from this address.", retry_after=wait)
    return ChatError("unauthenticated", "This API key is not valid.")


def api(*methods: str, scopes: tuple[str, ...] = (Scope.CHAT.value,)) -> Callable[[SyncView | AsyncView], AsyncView]:
    """Make a view of the JSON interface: `view(request, caller, **captured)`. A key needs one of the `scopes`.

    A plain function runs beside the event loop, where it may use the database; a coroutine function on it. What
    either raises becomes `{"error": {"type", "message"}}`.
    """

    def decorate(view: SyncView | AsyncView) -> AsyncView:
        async def answer(request: HttpRequest, **captured: Any) -> HttpResponseBase:
            if request.method not in methods:
                refusal = respond({"error": {"type": "invalid_request", "message": "Method not allowed."}}, 405)
                refusal.headers["Allow"] = ", ".join(methods)
                return refusal
            if iscoroutinefunction(view):
                response: HttpResponseBase = await view(
                    request, await database.run(identify, request, *scopes), **captured
                )
                return response
            return await database.run(lambda: view(request, identify(request, *scopes), **captured))  # type: ignore[arg-type,return-value]

        async def answer_and_tell(request: HttpRequest, **captured: Any) -> HttpResponseBase:
            response = await answer(request, **captured)
            if request.method != "GET":
                # The change may concern the list of conversations.
                tasks.run(feed.publish())
            return response

        # Session callers prove their CSRF token in `identify`; callers with a key need none.
        @csrf_exempt
        @wraps(view)
        async def guarded(request: HttpRequest, **captured: Any) -> HttpResponseBase:
            try:
                return await answer_and_tell(request, **captured)
            except ChatError as error:
                return refuse(error)
            except RequestDataTooBig:
                return refuse(ChatError("too_large", "The request is too large."))
            except Exception:
                logger.exception("An unexpected error in %s %s", request.method, request.path)
                return refuse(unexpected())

        return guarded

    return decorate


def respond(data: object, status: int = 200) -> HttpResponse:
    """Return `data` as JSON that nobody keeps; money as numbers with all their digits, times in UTC, ids as text."""
    headers = {"Cache-Control": KEPT_BY_NOBODY}
    return HttpResponse(to_json(data), content_type="application/json", status=status, headers=headers)


def refuse(error: ChatError, **more: object) -> HttpResponse:
    """Return an error as JSON, with the HTTP status of its code; `more` are further fields."""
    said = {"error": {"type": error.code, "message": error.message}, **more}
    response = respond(said, error.http_status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


def parse(request: HttpRequest, shape: type[T]) -> T:
    """Return the request's JSON body as `shape`. Raises ChatError `invalid_request` that names what is wrong."""
    try:
        if rb"\u0000" in request.body and _holds_nul(msgspec.json.decode(request.body)):
            raise ChatError("invalid_request", "The body holds a NUL character.")
        return msgspec.json.decode(request.body, type=shape)
    except RawPostDataException:
        raise ChatError("invalid_request", "The body must be JSON: Content-Type: application/json.") from None
    except msgspec.ValidationError as error:
        raise ChatError("invalid_request", f"The body does not fit: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ChatError("invalid_request", "The body is not valid JSON.") from None


def _holds_nul(value: object) -> bool:
    """Whether any text in a JSON value contains NUL, which PostgreSQL does not store."""
    match value:
        case str():
            return "\0" in value
        case dict():
            return any(_holds_nul(part) for pair in value.items() for part in pair)
        case list():
            return any(map(_holds_nul, value))
    return False
