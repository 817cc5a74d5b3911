"""The same site on PostgreSQL and Redis."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.soak import services
from tests.conftest import unavailable
from tests.harness.people import redeem_at_once
from tests.harness.site import Site
from tests.harness.stream import events, one, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

MODEL = "gpt-4o-mini"


@pytest.fixture(scope="module")
def shared(
    upstream: Upstream, postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site on PostgreSQL and Redis that nobody has set up yet."""
    environment = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "OPENAI_BASE_URL": upstream.base_url,
        "SECRET_KEY": "only-for-this-test-" + "x" * 40,
    }
    unmigrated = Site(tmp_path_factory.mktemp("shared"), environment, people=False)
    with pytest.raises(AssertionError, match=r"manage\.py migrate"):
        unmigrated.manage("serve", "--port", "0")
    with unmigrated as site:
        yield site


def test_thirty_attempts_at_the_set_up_make_one_admin_and_everything_works(shared: Site, upstream: Upstream) -> None:
    made, *refused = redeem_at_once(shared.setup_url, 30)
    # Only a few are let in at once.
    assert (made, len(refused), set(refused) | {404, 429}) == (302, 29, {404, 429})
    assert shared.shell("print(User.objects.count())").strip() == "1"

    shared.shell("User.objects.create_user('alice')")
    shared.keys["alice"] = shared.manage("createapikey", "alice").split()[-1]
    with shared.client("alice") as alice:
        received = events(alice, message="On PostgreSQL", model=MODEL)
        assert text_of(received) == default_text()
        start = one(received, "start")
        answer = alice.get(f"/api/conversations/{start['conversation_id']}").json()["messages"][-1]
        assert answer["content"] == default_text()
        assert answer["cost"] == float(one(received, "usage")["cost"])

        body = {"message": "once on PostgreSQL", "model": MODEL, "request_id": "once"}
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: events(alice, **body), range(8)))
        assert len({one(answer, "start")["generation_id"] for answer in answers}) == 1
        assert len([r for r in upstream.log(MODEL) if "once on PostgreSQL" in str(r.body)]) == 1

        with ThreadPoolExecutor(8) as pool:
            many = list(pool.map(lambda n: events(alice, message=f"At once {n}", model=MODEL), range(40)))
        assert [text_of(answer) for answer in many] == [default_text()] * 40
    assert not [line for line in shared.output if "Traceback" in line]


def test_the_data_directory_holds_no_database(shared: Site) -> None:
    assert not list(Path(shared.data_dir).glob("*.sqlite3*"))


def test_an_answer_waits_for_a_database_that_restarts(upstream: Upstream, tmp_path: Path) -> None:
    if not services.has_postgres():
        unavailable("PostgreSQL's own programs are missing.")
    server, address = services.postgres(tmp_path)
    with server, Site(tmp_path / "data", {"DATABASE_URL": address, "OPENAI_BASE_URL": upstream.base_url}) as site:
        site.until_listed(MODEL)
        prompt = "while the database is away"
        upstream.script_prompt(prompt, tokens=30, then="hang", after=3)
        with site.client() as client:
            body = {"message": prompt, "model": MODEL}
            with client.stream("POST", "/api/chat/stream", json=body) as response:
                placed = parse(response.iter_lines())
                received = [next(placed)[1], next(placed)[1]]
                server.stop()
                # All is said while nothing can be stored.
                upstream.release(prompt)
                while text_of(received) != default_text(30):
                    received.append(next(placed)[1])
                server.start()
                received += [event for _, event in placed]
            assert received[-1]["type"] == "done"
            stored = client.get(f"/api/conversations/{received[0]['conversation_id']}").json()["messages"][-1]
            assert (stored["status"], stored["content"]) == ("complete", default_text(30))
