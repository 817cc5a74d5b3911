"""A picture of one dot, in the forms in which it travels."""

from base64 import b64decode
from typing import Final

PNG: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
BYTES: Final = b64decode(PNG)
ADDRESS: Final = f"data:image/png;base64,{PNG}"
