"""Whether the process is alive."""

from django.http import HttpRequest, HttpResponse

from chat.views.access import respond


async def alive(request: HttpRequest) -> HttpResponse:
    """Liveness: says that the event loop turns, and asks nobody else."""
    return respond({"status": "ok"})
