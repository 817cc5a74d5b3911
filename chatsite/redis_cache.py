"""Redis as a cache that may be down: then there is nothing in it, and what is behind it is asked."""

import json
import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis import RedisError

logger = logging.getLogger(__name__)
T = TypeVar("T")

# A session that ends while Redis is down stays in it: for so long at most.
LONGEST_SECONDS: Final = 300


class Json:
    """How values are kept: as JSON. A pickle would run what anybody writes who can write to Redis."""

    def dumps(self, value: Any) -> bytes | int:
        # Numbers as they are: Redis counts them up and down.
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, kept: bytes) -> Any:
        """Raises ValueError for what is not JSON, such as what an earlier version kept."""
        return json.loads(kept)


class Cache(RedisCache):
    """What sessions need of a cache."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, {**params, "OPTIONS": {**params.get("OPTIONS", {}), "serializer": Json}})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return _or(default, lambda: super(Cache, self).get(key, default, version))
        except (ValueError, RecursionError):
            return default

    def set(self, key: Any, value: Any, timeout: Any = LONGEST_SECONDS, version: int | None = None) -> None:
        kept = min(timeout, LONGEST_SECONDS) if isinstance(timeout, int | float) else LONGEST_SECONDS
        _or(None, lambda: super(Cache, self).set(key, value, kept, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return _or(False, lambda: super(Cache, self).delete(key, version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return _or(False, lambda: super(Cache, self).has_key(key, version))


def _or(otherwise: T, ask: Callable[[], T]) -> T:
    try:
        return ask()
    except RedisError as error:
        logger.warning("The cache cannot be used: %s", type(error).__name__)
        return otherwise
