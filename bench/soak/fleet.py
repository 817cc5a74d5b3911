"""Two workers behind nginx, with a PostgreSQL and a Redis of their own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path

from bench.soak import services
from bench.soak.busy import port_of
from bench.soak.figure import MIB
from bench.soak.services import Service
from tests.harness.nginx import Nginx
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o-mini"


@dataclass(frozen=True)
class Fleet:
    """The site as it is reached directly, and as it is through nginx; and what may be restarted beneath it."""

    site: Site
    through: Site
    upstream: Upstream
    postgres: Service
    redis: Service

    def workers(self) -> list[int]:
        """Return the process ids of the workers, those that are about to go among them."""
        pid = self.site.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def memory(self) -> float:
        """Return what the workers hold, in MiB."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.workers())
        return pages * 4096 / MIB


@contextmanager
def fleet() -> Iterator[Fleet]:
    """Start everything; what is stored is removed."""
    with tempfile.TemporaryDirectory() as name, Upstream() as upstream:
        directory = Path(name)
        postgres, database = services.postgres(directory)
        redis, cache = services.redis(directory)
        environment = {
            "DATABASE_URL": database,
            "REDIS_URL": cache,
            "OPENAI_BASE_URL": upstream.base_url,
            "CHAT_MAX_STREAMS_PER_USER": "0",
            "CHAT_LOG_FORMAT": "json",
            "SECRET_KEY": "only-for-this-run-" + "x" * 40,
        }
        (directory / "nginx").mkdir()
        with postgres, redis, Site(directory / "data", environment, workers=2) as site:
            site.until_listed(MODEL)
            with Nginx(directory / "nginx", [f"127.0.0.1:{port_of(site)}"] * 2, tls=False) as nginx:
                through = copy(site)
                through.url = nginx.address
                yield Fleet(site, through, upstream, postgres, redis)
