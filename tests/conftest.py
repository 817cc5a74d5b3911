"""What every test may ask for: a scripted upstream, and the whole site in front of it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.site import Site
from tests.upstream.process import Upstream

pytest_plugins = ["tests.upstream.fixtures"]


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """An empty directory that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="chatsite-test-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def site(upstream: Upstream, data_dir: Path) -> Iterator[Site]:
    """One running site per test process, in front of the scripted upstream; each test talks about its own things."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-test-0123456789"}
    with Site(data_dir, environment) as running:
        yield running


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
