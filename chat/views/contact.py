"""Whom to tell of a weakness: `/.well-known/security.txt`. Source: RFC 9116."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

# Less than a year is asked for (2.5.5). It is counted anew each day: an operator who has gone stops to be asked.
VALID: Final = timedelta(days=180)
KEPT: Final = "public, max-age=86400"


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Return CHAT_SECURITY_CONTACT with an end; 404 where nobody is named."""
    if not settings.CHAT_SECURITY_CONTACT:
        raise Http404
    expires = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + VALID
    lines = [f"Contact: {each}" for each in settings.CHAT_SECURITY_CONTACT]
    lines += [f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en"]
    if request.is_secure():
        lines.append(f"Canonical: {request.build_absolute_uri(request.path)}")
    headers = {"Cache-Control": KEPT}
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8", headers=headers)
