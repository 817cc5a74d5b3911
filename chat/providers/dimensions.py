"""How large a picture is, read from the beginning of its file. A small file can claim billions of pixels."""

from typing import Final

# A photograph of the largest cameras' usual size; a browser takes four bytes for each to show it.
MAX_PIXELS: Final = 40_000_000
# So many parts of a file come before the one that says how large it is, at most.
MAX_PARTS: Final = 1000
# JPEG: a frame begins, by one of its ways of coding. Source: ITU-T T.81, table B.1.
FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
SCAN: Final = 0xDA
# Markers that stand alone: a restart, the begin of the picture, and one that means nothing.
ALONE: Final = frozenset((*range(0xD0, 0xD9), 0x01))


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Return the width and height in pixels of a PNG, JPEG, GIF or WebP; None where the data begins like none."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _big(data[16:24], 4) if data[12:16] == b"IHDR" else None
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _gif(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _big(data: bytes, size: int) -> tuple[int, int] | None:
    """Return two numbers of `size` bytes, the high byte first."""
    if len(data) < 2 * size:
        return None
    return int.from_bytes(data[:size], "big"), int.from_bytes(data[size : 2 * size], "big")


def _little(data: bytes, size: int) -> tuple[int, int] | None:
    """Return two numbers of `size` bytes, the low byte first."""
    if len(data) < 2 * size:
        return None
    return int.from_bytes(data[:size], "little"), int.from_bytes(data[size : 2 * size], "little")


# Source: GIF89a, sections 18 to 24. Some browsers make the picture as large as its first frame.
def _gif(data: bytes) -> tuple[int, int] | None:
    found = _little(data[6:10], 2)
    if found is None or len(data) < 13:
        return None
    place = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    for _ in range(MAX_PARTS):
        kind = data[place : place + 1]
        if kind == b"\x2c" and (frame := _little(data[place + 5 : place + 9], 2)):
            return max(found[0], frame[0]), max(found[1], frame[1])
        if kind != b"\x21":
            return found
        place += 2
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    place = 2
    for _ in range(MAX_PARTS):
        place = data.find(b"\xff", place)
        if place < 0 or place + 4 > len(data):
            return None
        marker = data[place + 1]
        if marker in FRAMES:
            found = _big(data[place + 5 : place + 9], 2)
            return (found[1], found[0]) if found else None
        if marker == SCAN:
            return None
        if marker in ALONE or marker in (0x00, 0xFF):
            place += 1 if marker == 0xFF else 2
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


# Source: RFC 9649 (WebP) and RFC 6386, section 9.1 (its lossy pictures).
def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        found = _little(data[24:30], 3)
        return (found[0] + 1, found[1] + 1) if found else None
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        found = _little(data[26:30], 2)
        return (found[0] & 0x3FFF, found[1] & 0x3FFF) if found else None
    return None
