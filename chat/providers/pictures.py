"""Finds the pictures that models make in the shapes of several formats; none is fetched from anywhere."""

import binascii
import re
from base64 import b64decode
from typing import Any, Final

from chat.events import Picture, TextDelta
from chat.providers.dimensions import MAX_PIXELS, dimensions

# What a browser shows and nothing can run in.
MEDIA_TYPES: Final = ("image/png", "image/jpeg", "image/webp", "image/gif")
DATA_ADDRESS: Final = re.compile(r"data:(image/[a-z0-9.+-]+)(?:;[^,;]*)*;base64,", re.IGNORECASE)
ADDRESS: Final = re.compile(r"https?://[^\s<>()\"]+")
MAX_BYTES: Final = 20 * 1024 * 1024
# Of all pictures of one answer together: each is stored, and a provider could send them for as long as it is heard.
MAX_ANSWER_BYTES: Final = 100 * 1024 * 1024


def picture_in(value: Any) -> Picture | TextDelta | None:
    """Return the picture that an object shows, or as text its address or why it is not shown; None where it has none.

    `value` is a data address, `{"image_url": {"url": ...}}`, `{"type": "image", "source": {"media_type", "data"}}`
    (Anthropic), `{"inline_data": {"mime_type", "data"}}` (Gemini) or `{"b64_json": ...}`.
    """
    if isinstance(value, str):
        return _at(value)
    if not isinstance(value, dict):
        return None
    for name in ("image_url", "url", "image", "source", "inline_data", "inlineData"):
        inner = value.get(name)
        if isinstance(inner, str | dict) and (found := picture_in(inner)):
            return found
    data = value.get("data") or value.get("b64_json")
    media_type = value.get("media_type") or value.get("mime_type") or value.get("mimeType") or "image/png"
    return _picture(media_type, data) if isinstance(data, str) and isinstance(media_type, str) else None


def _at(address: str) -> Picture | TextDelta | None:
    if found := DATA_ADDRESS.match(address):
        return _picture(found[1], address[found.end() :])
    return TextDelta(f"\n\n![picture]({address})\n\n") if ADDRESS.fullmatch(address) else None


def _picture(media_type: str, data: str) -> Picture | TextDelta | None:
    media_type = media_type.lower().replace("image/jpg", "image/jpeg")
    if media_type not in MEDIA_TYPES or len(data) > MAX_BYTES * 4 // 3 + 4:
        return None
    try:
        found = b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    size = dimensions(found)
    if size is None:
        return None
    if size[0] * size[1] > MAX_PIXELS:
        return TextDelta(f"\n\n*A picture of {size[0]:,} × {size[1]:,} pixels, which is too large to be shown.*\n\n")
    return Picture(media_type, found)
