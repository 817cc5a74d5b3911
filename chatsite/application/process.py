"""What is set once for a whole process that serves: open files and the garbage collector."""

import gc
import resource
from typing import Final

MAX_OPEN_FILES: Final = 65_536
# Python looks for cycles after 700 new objects, which is one question or some tokens.
OBJECTS_PER_COLLECTION: Final = 10_000


def allow_many_connections() -> None:
    """Use as many open files as we may: most systems start with 1024, and a stream needs two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def tune_garbage_collector() -> None:
    """Keep what is there now out of the collector's sight: its passes over all of it stop every stream for 0.1 s.

    It comes by so seldom then that nothing large may wait for it: requests and generations leave no cycles behind.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION)
