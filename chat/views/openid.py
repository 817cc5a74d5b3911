"""`/accounts/oidc/…`: to the OpenID Connect provider and back.

The provider may take its time, or never answer. So what waits for it waits in a few threads of its own: neither the
start nor any other request passes through them.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from requests import RequestException

from chat import runtime
from chat.accounts.claims import ClaimsAdapter

THREADS: Final = 4
# More than can be served before people give up.
WAITING: Final = 64
# Source: OpenID Connect Core 1.0, section 5.4. Some providers tell groups only to who asks for them.
SCOPES: Final = ("openid", "profile", "email")
GROUPS_SCOPE: Final = "groups"


class OpenIDThreads:
    """The threads that talk to the provider, and how many requests wait for them or are served."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="openid")
        self.waiting = 0


View = Callable[[HttpRequest], HttpResponseBase]


async def login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Lead to the provider; 502 in words where it cannot be reached."""
    return await _apart(_login, request)


async def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Take who comes back from the provider."""
    return await _apart(_callback, request)


async def _apart(view: View, request: HttpRequest) -> HttpResponseBase:
    """Return `view(request)`, called in a thread of these."""
    threads = runtime.part(OpenIDThreads)
    if not settings.OIDC_ISSUER:
        raise Http404
    if threads.waiting >= WAITING:
        context = {"name": settings.OIDC_NAME, "unreachable": True}
        return HttpResponse(
            render(request, "socialaccount/authentication_error.html", context).content,
            status=503,
            headers={"Retry-After": "10"},
        )

    def call() -> HttpResponseBase:
        try:
            return view(request)
        finally:
            if connection.vendor != "sqlite":
                connection.close()

    threads.waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(threads.pool, copy_context().run, call)
    finally:
        threads.waiting -= 1


@require_safe
def _login(request: HttpRequest) -> HttpResponseBase:
    # A link, because the policy of our pages lets no form lead elsewhere. So another site must not be able to send
    # somebody here who did not want to.
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return redirect("account_login")
    adapter = ClaimsAdapter(request, settings.OIDC_ISSUER)
    provider = adapter.get_provider()
    target = request.GET.get(REDIRECT_FIELD_NAME, "")
    connecting = request.user.is_authenticated and request.GET.get("process") == AuthProcess.CONNECT
    try:
        offered = adapter.openid_config.get("scopes_supported") or []
        more = [GROUPS_SCOPE] if settings.OIDC_GROUPS_CLAIM and GROUPS_SCOPE in offered else []
        response: HttpResponseBase = provider.redirect(
            request,
            process=AuthProcess.CONNECT if connecting else AuthProcess.LOGIN,
            next_url=target if get_adapter().is_safe_url(target) else None,
            scope=[*SCOPES, *more],
        )
    except ImmediateHttpResponse as answer:
        return answer.response  # type: ignore[no-any-return]
    except (RequestException, LookupError, TypeError, ValueError, AttributeError) as error:
        # What is no discovery document is as good as none.
        known = error if isinstance(error, RequestException) else RequestException(type(error).__name__)
        return render_authentication_error(request, provider, exception=known)  # type: ignore[no-any-return]
    return response


@require_safe
def _callback(request: HttpRequest) -> HttpResponseBase:
    adapter = ClaimsAdapter(request, settings.OIDC_ISSUER)
    try:
        response: HttpResponseBase = OAuth2CallbackView.adapter_view(adapter)(request)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return render_authentication_error(request, adapter.get_provider(), exception=error)  # type: ignore[no-any-return]
    return response
