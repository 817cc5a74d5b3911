"""Redis as Django's cache. While Redis is down the cache is empty, and callers ask the database instead."""

import json
import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis import RedisError

logger = logging.getLogger(__name__)
T = TypeVar("T")

# A session that is ended while Redis is down stays cached, but no longer than this.
MAX_SECONDS: Final = 300


class Json:
    """Stores values as JSON. With pickles, whoever can write to Redis could run code here."""

    def dumps(self, value: Any) -> bytes | int:
        # Numbers stay numbers, because Redis itself increments them.
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, kept: bytes) -> Any:
        """Raises ValueError for what is not JSON, such as values of an earlier version."""
        return json.loads(kept)


class Cache(RedisCache):
    """The part of Django's cache interface that sessions need; errors of Redis are logged, not raised."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, {**params, "OPTIONS": {**params.get("OPTIONS", {}), "serializer": Json}})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return _or(default, lambda: super(Cache, self).get(key, default, version))
        except (ValueError, RecursionError):
            return default

    def set(self, key: Any, value: Any, timeout: Any = MAX_SECONDS, version: int | None = None) -> None:
        kept = min(timeout, MAX_SECONDS) if isinstance(timeout, int | float) else MAX_SECONDS
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
