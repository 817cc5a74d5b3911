"""Passwords are hashed in a thread or two of their own, and no more of them wait than is worth waiting for."""

import threading
from concurrent.futures import ThreadPoolExecutor

from chatsite.login.hashers import PBKDF2
from chatsite.login.hashing_pool import QUEUE_SIZE, THREADS, QueueFullError

CROWD = 4 * QUEUE_SIZE
# Longer than it takes a crowd to come.
ITERATIONS = 1_000_000


def encoded() -> str:
    return PBKDF2().encode("a password", "saltsaltsaltsaltsalt", ITERATIONS)


def test_a_crowd_is_hashed_by_few_threads_and_the_rest_is_turned_away_at_once() -> None:
    together = threading.Barrier(CROWD)

    def hash_one(_: int) -> str:
        together.wait()
        try:
            return encoded()
        except QueueFullError:
            return ""

    with ThreadPoolExecutor(CROWD) as pool:
        hashes = list(pool.map(hash_one, range(CROWD)))
    done = [each for each in hashes if each]
    assert QUEUE_SIZE <= len(done) < CROWD
    assert len(set(done)) == 1
    hashing = [each for each in threading.enumerate() if each.name.startswith("hashing")]
    assert 1 <= len(hashing) <= THREADS
    # There is room again.
    assert encoded() == done[0]
