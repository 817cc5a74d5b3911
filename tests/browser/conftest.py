"""A real browser: Debian's chromium, headless."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.finders import Person
from tests.conftest import unavailable
from tests.harness import patience
from tests.harness.browser import CHROMIUM, DESKTOP, FLAGS, sign_in
from tests.harness.site import Site

# Milliseconds.
PATIENCE = 1000 * patience.SECONDS
expect.set_options(timeout=PATIENCE)

# A person who has spent far more than others.
SPENDERS = """
from datetime import timedelta
from django.utils import timezone
from tests.usage.rows import counted, priced_model
small, large = priced_model("walk-small", "walk")[1], priced_model("walk-large", "walk")[1]
long = priced_model("walk-with-a-name-like-those-that-gateways-give/2026-11-01-instruct-preview", "walk")[1]
now = timezone.now()
for pk, name in ((900_001, "walter"), (900_002, "wendy")):
    User.objects.create_user(name, pk=pk)
for number in range(12):
    at = now - timedelta(hours=9 * number)
    values = {"provider": "walk", "user_id": 900_001, "username": "walter", "ttft_seconds": 0.4 + number / 10}
    counted(at, large, prompt_tokens=400_000_000, **values)
    counted(at, small, prompt_tokens=1_000_000, **values, error_type="timeout" if number == 3 else "")
    counted(at, long, prompt_tokens=1_000, **values)
    counted(at, small, **{**values, "user_id": 900_002, "username": "wendy"})
"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for as long as a test process runs tests of this folder, which come first and in one go.

    While Playwright runs, no async test can run in the same process.
    """
    if CHROMIUM is None:
        unavailable("chromium is not installed: sudo apt install chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens a page in a profile of its own. Afterwards, nothing may have been written to any console but refusals."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A refused request is logged by the browser itself; the tests that cause one look at the page.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_one(viewport: dict[str, int] | None = None, **options: object) -> Page:
        context = browser.new_context(viewport=viewport or DESKTOP, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage, site: Site) -> Page:
    """Alice's page, signed in."""
    return sign_in(open_page(), site, "alice")


@pytest.fixture(scope="session")
def spenders(site: Site) -> None:
    """A week in which Walter spent far more than anybody else."""
    site.shell(SPENDERS)


@pytest.fixture
def collector(crowd: list[Person]) -> Person:
    """Somebody of the file's `crowd` with more conversations than a page of the list has."""
    return crowd[-1]


@pytest.fixture
def finder(crowd: list[Person]) -> Person:
    """Somebody of the file's `crowd` whom no other test knows."""
    return crowd.pop(0)
