"""Many people sign in at once: passwords are hashed in threads of their own, and everything else goes on.

The hash that is stored for them takes a quarter of an hour to check, so that what is being checked stays so.
"""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import events, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

CROWD = 24
MAKE_CROWD = f"""
for number in range({CROWD}):
    User.objects.create(username=f"crowd{{number}}", password="pbkdf2_sha256$2000000000$salt$" + "A" * 43 + "=")
"""


@pytest.fixture
def crowded(upstream: Upstream, tmp_path: Path) -> Iterator[tuple[Site, httpx2.Response]]:
    """A site at whose door as many passwords are checked as it takes, and what the next one is told."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-test-0123456789"}
    with Site(tmp_path, environment) as site:
        site.until_listed("gpt-4o")
        site.shell(MAKE_CROWD)
        with ThreadPoolExecutor(CROWD) as pool:
            tries = [pool.submit(sign_in, site, f"crowd{number}") for number in range(CROWD)]
            try:
                # Somebody is told to wait: then the queue is full, and nothing of it will be done soon.
                refused = next(as_completed(tries, 60)).result()
                assert refused is not None
                yield site, refused
            finally:
                # Storing nothing: what hashes does not stop for a signal that asks.
                site.stop(signal.SIGKILL)


def sign_in(site: Site, name: str) -> httpx2.Response | None:
    """Post the form of the page, whatever its fields are called. None if the site went away meanwhile."""
    with suppress(httpx2.TransportError), site.client(None, follow_redirects=True) as client:
        page = client.get("/login/")
        form = {"username": name, "login": name, "password": "no", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        return client.post(page.url, data=form, timeout=None)
    return None


def test_everything_else_answers_while_passwords_are_checked(
    crowded: tuple[Site, httpx2.Response], upstream: Upstream
) -> None:
    site, refused = crowded
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    # It says what is so: nobody has guessed, and the password was not looked at.
    assert "signing in at this moment" in refused.text
    assert "right password" not in refused.text
    upstream.script_prompt("beside a crowd at the door", tokens=3)
    with site.client("alice") as client:
        for path in ("/healthz", "/readyz", "/api/conversations", "/static/chat/page/base.css"):
            assert client.get(path).status_code == 200, path
        assert text_of(events(client, message="beside a crowd at the door", model="gpt-4o")) == default_text(3)
    with site.client(None) as client:
        # The page itself can be seen, too.
        assert client.get("/login/", follow_redirects=True).status_code == 200
        # The page that refuses is made once for many, and is all the same everybody's own.
        form = {"login": "crowd0", "password": "no", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        client.cookies["theme"] = "dark"
        own = client.post("/accounts/login/?next=/usage/", data=form)
        assert own.status_code == 429
        assert 'href="/accounts/login/?next=/usage/"' in own.text
        assert 'data-theme="dark"' in own.text
        assert "data-theme" not in refused.text
