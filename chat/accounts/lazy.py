"""Views that are imported when somebody first asks for them.

Passkeys bring a library of cryptography and certificates along, which a start shall not wait for.
"""

from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase


def view(name: str) -> Callable[..., HttpResponseBase]:
    """Return a view that calls the plain one with this dotted name, such as `allauth.mfa.totp.views.activate_totp`."""
    module, _, attribute = name.rpartition(".")

    def late(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found: Callable[..., HttpResponseBase] = getattr(import_module(module), attribute)
        return found(request, *args, **kwargs)

    return late


def async_view(name: str) -> Callable[..., Coroutine[Any, Any, HttpResponseBase]]:
    """Return a view that awaits the async one with this dotted name."""
    module, _, attribute = name.rpartition(".")

    async def late(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found: Callable[..., Coroutine[Any, Any, HttpResponseBase]] = getattr(import_module(module), attribute)
        return await found(request, *args, **kwargs)

    return late
