"""The same bytes, cut in different ways; few lines, because tests of decoders share nothing else."""

import pytest

SIZES = (1, 2, 3, 7, None)
every_chunking = pytest.mark.parametrize("size", SIZES, ids=[str(size or "whole") for size in SIZES])


def cut(data: bytes, size: int | None) -> list[bytes]:
    """Return `data` in chunks of `size` bytes; in one chunk when None."""
    step = size or max(1, len(data))
    return [data[start : start + step] for start in range(0, len(data), step)]
