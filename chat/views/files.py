"""Files of messages: their bytes, to their owner."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from chat import database
from chat.errors import ChatError
from chat.generation import pictures
from chat.providers.dimensions import MAX_PIXELS, dimensions
from chat.views.access import KEPT_BY_NOBODY, Caller, api

# Whatever is in it, nothing of it runs, and nothing is fetched for it.
POLICY = "default-src 'none'; sandbox"


@api("GET")
async def file(request: HttpRequest, caller: Caller, file_id: UUID) -> HttpResponse:
    """Return a file as it is."""
    row = await database.run(pictures.find, caller.user, file_id)
    if row is None:
        raise ChatError("not_found", "There is no such file.")
    data = bytes(row.data)
    width, height = dimensions(data) or (0, 0)
    if width * height > MAX_PIXELS:
        # From before answers were asked how large their pictures are.
        raise ChatError("too_large", f"This picture has {width:,} × {height:,} pixels, which is too large to be shown.")
    response = HttpResponse(data, content_type=row.media_type)
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=False, filename=row.name) or ""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = KEPT_BY_NOBODY
    return response
