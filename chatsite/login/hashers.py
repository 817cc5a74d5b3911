"""Password hashers that work in the threads of `hashing_pool`.

Django hashes through `PASSWORD_HASHERS` only, so this holds for whatever hashes. Who needs a hash waits for it in the
thread that called: `chatsite.application.thread_pool` has threads for such requests, `chatsite.login.throttle` limits
their number.
"""

from typing import Any

from django.contrib.auth import hashers

from chat import runtime
from chatsite.login.hashing_pool import HashingPool


class Pooled(hashers.BasePasswordHasher):
    """A hasher that works in the process's pool. Checking, upgrading and evening out times all call `encode`."""

    def encode(self, password: str, salt: str, *args: Any, **kwargs: Any) -> str:
        work = super().encode
        return runtime.part(HashingPool).run(lambda: work(password, salt, *args, **kwargs))


class PBKDF2(Pooled, hashers.PBKDF2PasswordHasher):
    """What passwords are stored with."""


class PBKDF2SHA1(Pooled, hashers.PBKDF2SHA1PasswordHasher):
    """Read where another Django stored it, and replaced at the next sign-in."""


class Scrypt(Pooled, hashers.ScryptPasswordHasher):
    """Read where another Django stored it, and replaced at the next sign-in."""
