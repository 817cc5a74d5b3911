"""A picture of one dot, in the forms in which it travels; and beginnings of others, of any size."""

from base64 import b64decode
from typing import Final

PNG: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
BYTES: Final = b64decode(PNG)
ADDRESS: Final = f"data:image/png;base64,{PNG}"


def png(width: int, height: int) -> bytes:
    """Return a PNG that claims to be so large."""
    return BYTES[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + BYTES[24:]


def gif(width: int, height: int, frame: tuple[int, int] = (1, 1)) -> bytes:
    """Return the beginning of a GIF with colours, an extension, and a first frame."""
    size, inner = (b"".join(each.to_bytes(2, "little") for each in pair) for pair in ((width, height), frame))
    return b"GIF89a" + size + b"\x80\x00\x00" + bytes(6) + b"\x21\xf9\x04" + bytes(5) + b"\x2c" + bytes(4) + inner


def jpeg(width: int, height: int) -> bytes:
    """Return the beginning of a JPEG with a small picture of itself before it, as cameras write it."""
    small = b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x01\x00\x01" + bytes(12)
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    begin = b"\xff\xd8\xff\xe1" + (len(small) + 2).to_bytes(2, "big") + small
    return begin + b"\xff\xff\xc2\x00\x11\x08" + size + bytes(12)


def webp(width: int, height: int, kind: bytes = b"VP8X") -> bytes:
    """Return the beginning of a WebP; `kind` is VP8X, VP8L or `VP8 `."""
    body = {
        b"VP8X": bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        b"VP8L": b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little"),
        b"VP8 ": bytes(3) + b"\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little"),
    }[kind]
    return b"RIFF" + bytes(4) + b"WEBP" + kind + bytes(4) + body
