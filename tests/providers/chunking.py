"""The same bytes, cut in different ways."""

import pytest

every_chunking = pytest.mark.parametrize("size", [1, 2, 3, 7, None], ids=["1", "2", "3", "7", "whole"])


def cut(data: bytes, size: int | None) -> list[bytes]:
    """Return `data` in chunks of `size` bytes; in one chunk when None."""
    step = size or max(1, len(data))
    return [data[start : start + step] for start in range(0, len(data), step)]
