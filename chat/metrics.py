"""What is counted for Prometheus, all in one place. Nothing is counted per token: at ends, or every so often.

Several workers share their counts through files when PROMETHEUS_MULTIPROC_DIR is set, as `serve --workers` does; then
whichever is asked answers for all of them.
"""

import os
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as _latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
DIRECTORY_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
# Of the times from a word's arrival to its follower's turn so many go uncounted between two that are counted.
LAG_EVERY: Final = 16

SHORT: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
LONG: Final = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 21, 34, 60)

STREAMS: Final = Gauge("chatsite_streams_open", "Answers being sent to somebody.", multiprocess_mode="livesum")
LIVE: Final = Gauge("chatsite_generations_live", "Answers being written.", multiprocess_mode="livesum")
GENERATIONS: Final = Counter(
    "chatsite_generations_total", "Answers that ended, by how.", ["provider", "model", "status"]
)
TOKENS: Final = Counter(
    "chatsite_tokens_total",
    "Tokens of the answers that ended, as they stand in the ledger.",
    ["provider", "model", "kind"],
)
ERRORS: Final = Counter(
    "chatsite_errors_total", "Requests to providers that failed, also those made again.", ["provider", "error_type"]
)
TTFT: Final = Histogram(
    "chatsite_ttft_seconds", "From the start of an answer to its first token.", ["provider", "model"], buckets=LONG
)
RELAY_LAG: Final = Histogram(
    "chatsite_relay_lag_seconds",
    f"From a word's release to the turn of who follows it; one of {LAG_EVERY} is measured.",
    buckets=SHORT,
)
JOURNAL_FLUSH: Final = Histogram(
    "chatsite_journal_flush_seconds", "One transaction of the journal, its wait for a thread included.", buckets=SHORT
)
DATABASE_WAIT: Final = Histogram(
    "chatsite_database_wait_seconds", "How long database work waited for a thread.", buckets=SHORT
)
DATABASE_JOBS: Final = Gauge(
    "chatsite_database_jobs",
    "Database work waiting or under way, by its threads.",
    ["threads"],
    multiprocess_mode="livesum",
)
POOL: Final = Gauge(
    "chatsite_database_pool_connections",
    "Connections of the PostgreSQL pool that are open, that are free, and requests waiting for one.",
    ["state"],
    multiprocess_mode="livesum",
)


def exposition() -> bytes:
    """Return everything in Prometheus's text format. Reads files where there are several workers."""
    if DIRECTORY_VARIABLE not in os.environ:
        return _latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return _latest(registry)
