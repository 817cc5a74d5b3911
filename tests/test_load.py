"""The load generator and its provider, on a real site."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.load.crowd import Load, report
from chat.load.reader import Seen
from tests.harness.site import ROOT, Site


@pytest.fixture(scope="module")
def load_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    command = [sys.executable, "-m", "chat.load.upstream"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as upstream:
        assert upstream.stdout is not None
        address = upstream.stdout.readline().strip()
        with Site(tmp_path_factory.mktemp("load"), {"OPENAI_BASE_URL": address}) as site:
            yield site
        upstream.terminate()


def loadtest(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "loadtest", site.url, *arguments]
    environment = {**site.environment, "CHATSITE_API_KEY": site.keys["alice"]}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("pace", ["100", "0"])
def test_every_token_of_every_stream_is_counted(load_site: Site, pace: str) -> None:
    pid = str(load_site.process.pid)
    done = loadtest(load_site, "--streams", "5", "--tokens", "41", "--pace", pace, "--pid", pid)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5 streams, 205 tokens in ")
    assert "truncated 0, errors 0, tokens lost 0" in done.stdout
    assert "µs per token" in done.stdout


def test_a_refused_question_is_an_error_and_no_success(load_site: Site) -> None:
    done = loadtest(load_site, "--streams", "2", "--model", "there-is-no-such-model")
    assert done.returncode == 1
    assert "2 streams, 0 tokens" in done.stdout
    assert "truncated 0, errors 2" in done.stdout


def test_without_a_key_it_says_what_is_needed(load_site: Site) -> None:
    command = [sys.executable, "manage.py", "loadtest", load_site.url]
    done = subprocess.run(command, cwd=ROOT, env=load_site.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "An API key is needed" in done.stderr


def test_a_stream_that_was_cut_is_truncated() -> None:
    load = Load(url="http://127.0.0.1", path="/", body="", streams=2, tokens=4, pace=1)
    whole = Seen(status=200, lags=[1000, 3000], first=0.5, is_whole=True)
    cut = Seen(status=200, lags=[2000], first=0.1)
    found = report(load, [whole, cut], 4)
    assert (found.streams, found.tokens, found.truncated, found.errors, found.lost) == (2, 4, 1, 0, 0)
    assert found.lag == (2, 3, 3)
    assert not found.is_clean


def test_a_whole_stream_that_lacks_a_token_has_lost_it() -> None:
    load = Load(url="http://127.0.0.1", path="/", body="", streams=1, tokens=4, pace=1)
    found = report(load, [Seen(status=200, lags=[1000], first=0.5, is_whole=True)], 4)
    assert (found.lost, found.is_clean) == (1, False)


def test_the_provider_needs_nothing_of_the_app() -> None:
    command = [sys.executable, "-c", "import chat.load.crowd, chat.load.upstream, sys; print('django' in sys.modules)"]
    assert subprocess.run(command, cwd=Path(ROOT), capture_output=True, text=True, check=True).stdout == "False\n"
