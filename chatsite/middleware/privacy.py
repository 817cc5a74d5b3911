"""What a browser may keep of an answer: nothing, unless the answer says otherwise."""

from typing import Any, Final

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from chat.views.access import KEPT_BY_NOBODY
from chatsite.middleware import AsyncMiddleware

# Source: Clear Site Data (W3C). The page of before, which Back would show, counts as cache. Browsers heed it from
# https and from this machine only; elsewhere the page itself forgets what was typed (account-menu.js in the sidebar).
FORGOTTEN: Final = '"cache", "storage"'


@receiver(user_logged_out)
def remember_sign_out(request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Mark a request during which somebody signed out, on whichever page."""
    if request is not None:
        request.has_signed_out = True  # type: ignore[attr-defined]


class Privacy(AsyncMiddleware):
    """Says with every answer that nobody keeps it, and has browsers forget everything when somebody signs out."""

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = await self.get_response(request)
        response.headers.setdefault("Cache-Control", KEPT_BY_NOBODY)
        if getattr(request, "has_signed_out", False):
            response.headers["Clear-Site-Data"] = FORGOTTEN
        return response
