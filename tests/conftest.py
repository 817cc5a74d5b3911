"""What every test may ask for: a scripted upstream, and the whole site in front of it."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from zlib import crc32

import httpx2
import hypothesis
import psycopg
import pytest
import redis
from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate

from tests.harness.forkserver import ForkServer
from tests.harness.site import ROOT, Site, migrated
from tests.harness.upstream.process import Upstream

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

pytest_plugins = ["tests.harness.upstream.fixtures"]

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


BROWSER = Path(__file__).with_name("browser")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first: the browser, then what drives other processes, then the rest.

    Workers end together when only short files are left, and each has its browser for one stretch.

    With TEST_RETRIES, which only `.ci/run` sets, what drives other processes and fails is tried again so often. It
    tells a pace that a test did not reckon with from a fault that is always there. The first failure is printed and
    counted at the end of the run, and is to be mended all the same.
    """
    ranks: dict[Path, int] = {}
    for item in items:
        fixtures = item.fixturenames if isinstance(item, pytest.Function) else []
        rank = 0 if BROWSER in item.path.parents else 1 if "upstream" in fixtures else 2
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    items.sort(key=lambda item: ranks[item.path])
    if retries := int(os.environ.get("TEST_RETRIES", "0")):
        for item in items:
            if isinstance(item, pytest.Function) and "upstream" in item.fixturenames:
                item.add_marker(pytest.mark.flaky(reruns=retries))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say, where tests may be tried again, how many were."""
    if "TEST_RETRIES" in os.environ:
        retried = terminalreporter.stats.get("rerun", [])
        terminalreporter.write_line(f"{len(retried)} tests were tried again")


def guard_books(**signal: object) -> None:
    """Make the triggers of append-only tables; Django says so with a signal when it has emptied all tables."""
    if connection.vendor == "sqlite":
        import_module("chat.migrations.0014_account_deletion").create_triggers(connection)


@pytest.fixture(autouse=True)
def emptied_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lets what a test commits be removed after it, also from tables whose rows nobody removes otherwise."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("transactional_db")
    post_migrate.connect(guard_books, sender=apps.get_app_config("chat"), dispatch_uid="books")
    yield
    with connection.cursor() as cursor:
        import_module("chat.migrations.0005_ledger").drop_triggers(cursor.execute)


@pytest.fixture(scope="session", autouse=True)
def forkserver(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    """Sites of tests are started by one server per test process, and copies of what is made once for all of them."""
    own = tmp_path_factory.getbasetemp()
    Site.shared = (own if worker_id == "master" else own.parent) / "shared"
    Site.shared.mkdir(exist_ok=True)
    with ForkServer() as Site.forkserver:
        yield
    Site.forkserver = None


@pytest.fixture(scope="module")
def fresh_processes(forkserver: None) -> Iterator[None]:
    """Sites of this file are started as an operator starts them: by a Python that knows nothing yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Site, "forkserver", None)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(forkserver: None) -> Iterator[None]:
    """The database of tests in their own process is a copy, in memory, of one that was migrated once."""
    name = connection.creation._get_test_db_name()  # type: ignore[attr-defined]
    with closing(sqlite3.connect(migrated())) as source, closing(sqlite3.connect(name, uri=True)) as memory:
        source.backup(memory)
        # It is there for as long as anybody is connected to it.
        yield


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """An empty directory that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="chatsite-test-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def site(upstream: Upstream, data_dir: Path) -> Iterator[Site]:
    """One running site per test process, in front of the scripted upstream; each test talks about its own things."""
    environment = {
        "OPENAI_BASE_URL": upstream.base_url,
        "OPENAI_API_KEY": "sk-test-0123456789",
        # What fails here fails at once; trying again has tests of its own.
        "CHAT_MAX_RETRIES": "0",
        "CHAT_MAX_CONTINUATIONS": "0",
    }
    with Site(data_dir, environment) as running:
        running.until_listed("gpt-4o")
        running.shell("ChatModel.objects.filter(pk=ChatModel.objects.first().pk).update(is_default=True)")
        yield running


def unavailable(reason: str) -> NoReturn:
    """Skip a test for want of something this machine lacks; where CI=true everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def postgres_url(worker_id: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database, made for this file and dropped after it."""
    server = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432")
    # Another checkout may be tested on the same server.
    name = f"chatsite_test_{crc32(str(ROOT).encode()):08x}_{worker_id}"
    try:
        connection = psycopg.connect(f"{server}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        unavailable(f"PostgreSQL is not in reach (TEST_POSTGRES_URL): {error}")
    with connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The address of a Redis server; the tests use its database 15."""
    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        unavailable(f"Redis is not in reach (TEST_REDIS_URL): {error}")
    return url


@pytest.fixture
def alice(site: Site) -> Iterator[httpx2.Client]:
    """Alice's API client."""
    with site.client("alice") as client:
        yield client


@pytest.fixture
def bob(site: Site) -> Iterator[httpx2.Client]:
    """Bob's API client; he has nothing to do with Alice's things."""
    with site.client("bob") as client:
        yield client


@pytest.fixture
def ada(db: None) -> "User":
    """Somebody in the database of the test's own process."""
    from django.contrib.auth.models import User

    return User.objects.create_user("ada")


@pytest.fixture
def browser(ada: "User") -> "Client":
    """Ada's, signed in: Django's test client."""
    from django.test import Client

    client = Client()
    client.force_login(ada)
    return client
