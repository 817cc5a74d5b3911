"""The Content-Security-Policy of pages."""

from secrets import token_urlsafe
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from chatsite.middleware import AsyncMiddleware

# Source: Content Security Policy Level 3 and Trusted Types. No style, image or frame from anywhere but this site, and
# nothing inline.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
)
# A page's script carries a nonce, and hands it on to the modules it imports. No string ever becomes markup. The one
# policy of trusted types makes the address of the worker that colours code, and no other.
PAGE_POLICY: Final = POLICY + (
    "script-src 'nonce-{nonce}'; worker-src 'self'; require-trusted-types-for 'script'; trusted-types workers"
)
# Django's admin has scripts without nonces, and brings jQuery, which assigns markup strings.
ADMIN_POLICY: Final = POLICY + "script-src 'self'"
NONCE_BYTES: Final = 16


class ContentSecurityPolicy(AsyncMiddleware):
    """Sends the policy with every page; a template finds the nonce in `request.csp_nonce`."""

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        nonce = request.csp_nonce = token_urlsafe(NONCE_BYTES)  # type: ignore[attr-defined]
        response = await self.get_response(request)
        policy = ADMIN_POLICY if request.path_info.startswith("/admin/") else PAGE_POLICY.format(nonce=nonce)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response
