"""Books that are audited after answers of every fate."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from bench.soak.figure import Figure
from tests.harness.books import plan
from tests.harness.books.audit import audit
from tests.harness.upstream.process import Upstream


def _upstream() -> Upstream:
    return Upstream("--models", ",".join(plan.MODELS))


def books(questions: int, seed: int) -> Iterator[Figure]:
    """Ask so much, and compare what is on the books with the upstream's own log."""
    with tempfile.TemporaryDirectory() as directory, _upstream() as upstream:
        data_dir = Path(directory) / "data"
        with plan.keeping(data_dir, upstream) as site:
            random = Random(seed)
            plan.put(
                site, upstream, [*plan.told(questions, random, "wire"), *plan.questions(questions, random, "soak")]
            )
            site.manage("rebuildtotals", "--check")
        found = audit(upstream.log(), data_dir / "db.sqlite3")
    rows = sum(found.rows.values())
    for wrong in found.wrong[:20]:
        print(wrong)
    yield Figure(f"{2 * questions} questions, {rows} rows: differences from the upstream", len(found.wrong), 0)
    reported = sum(count for kind, count in found.rows.items() if ", provider," in kind)
    yield Figure("of them counted by nobody but us", rows - reported, rows)
