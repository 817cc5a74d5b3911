"""The character encoding of what browsers send."""

import codecs

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from chatsite.middleware import AsyncMiddleware


class Charset(AsyncMiddleware):
    """Takes text as UTF-8 only, which is all that browsers send.

    Others can say what no page can show and no database keep: half a character, in UTF-7. Raises BadRequest.
    """

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.encoding and codecs.lookup(request.encoding).name not in ("utf-8", "ascii"):
            # What is shown then has an address, and a form, whose letters nobody asks for any more.
            request.encoding = "utf-8"
            raise BadRequest("Text is sent as UTF-8.")
        return await self.get_response(request)
