"""Whatever becomes of an answer, the ledger, the daily totals and the log of the upstream tell the same."""

from pathlib import Path
from random import Random

import pytest

from tests.harness.books import plan
from tests.harness.books.audit import audit
from tests.harness.upstream.process import Upstream


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_the_books_are_what_the_upstream_did(vendor: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    environment = {}
    if vendor == "postgresql":
        environment = {
            "DATABASE_URL": request.getfixturevalue("postgres_url"),
            "SECRET_KEY": "for-this-test-" + "x" * 50,
        }
    with Upstream("--models", ",".join(plan.MODELS)) as upstream:
        with plan.keeping(tmp_path / "data", upstream, **environment) as site:
            random = Random(5)  # noqa: S311
            plan.put(site, upstream, [*plan.told(90, random, "wire"), *plan.questions(60, random, "book")])
            checked = site.manage("rebuildtotals", "--check")
        found = audit(upstream.log(), environment.get("DATABASE_URL") or tmp_path / "data" / "db.sqlite3")
    assert not found.wrong, "\n".join(found.wrong)
    assert "equal the ledger" in checked
    sorts = {tuple(kind.split(", ")) for kind in found.rows}
    assert {source for _, source, _ in sorts} == {"provider", "estimated"}
    assert {kind for kind, _, _ in sorts} == {"answer", "title"}
    ends = {end for _, _, end in sorts}
    assert ends >= {"stop", "length", "content_filter", "stopped", "interrupted", "network_error", "api_error"}
    assert "Traceback" not in "".join(site.output)
