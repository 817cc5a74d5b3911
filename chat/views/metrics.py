"""What Prometheus reads. Names of models and how much they are used are for staff, and for who has the token."""

import asyncio
import hmac
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chat import database, metrics
from chat.errors import ChatError
from chat.views.access import KEPT_BY_NOBODY, identify, refuse

MISSING: Final = "Send an API key of staff with the scope “admin”, or CHAT_METRICS_TOKEN: Authorization: Bearer <key>."


async def exposition(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus's text format, to staff and to who has CHAT_METRICS_TOKEN."""
    try:
        # The token asks no database: that it is down shall be seen.
        if not _has_token(request) and not (await database.run(identify, request, "admin")).user.is_staff:
            raise ChatError("forbidden", "Only staff may read this.")
    except ChatError as error:
        return refuse(ChatError(error.code, MISSING) if error.code == "unauthenticated" else error)
    figures = await asyncio.to_thread(metrics.exposition)
    return HttpResponse(figures, content_type=metrics.CONTENT_TYPE, headers={"Cache-Control": KEPT_BY_NOBODY})


def _has_token(request: HttpRequest) -> bool:
    expected = f"Bearer {settings.CHAT_METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    return bool(settings.CHAT_METRICS_TOKEN) and hmac.compare_digest(given, expected)
