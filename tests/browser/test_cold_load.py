"""The first load of the page: by bundles, in few requests, and by the modules themselves."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MODEL, ask, settled
from tests.harness.browser import sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

MOST_REQUESTS = 15
ANSWER = "A formula: $a^2$, and code:\n\n```python\ndef f():\n    return 1\n```\n"


@pytest.fixture(scope="module")
def plain_site(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose pages load the modules one by one."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-0123456789", "CHAT_BUNDLES": "false"}
    with Site(tmp_path_factory.mktemp("plain"), environment) as running:
        running.until_listed(MODEL)
        yield running


def fetched(context: BrowserContext) -> list[str]:
    """Return a list that grows with the path of each request, those of workers too."""
    paths: list[str] = []
    context.on("request", lambda request: paths.append(urlsplit(request.url).path))
    return paths


def use_what_is_fetched_later(page: Page, upstream: Upstream, name: str) -> None:
    """Ask for a formula and code, search, and change a setting."""
    upstream.script_prompt(name, text=[ANSWER])
    answer = settled(ask(page, name))
    expect(answer.locator(".katex-html")).to_be_visible()
    expect(answer.locator(".hl-keyword").first).to_have_text("def")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search chats").fill(name.partition(" ")[0])
    expect(page.get_by_role("option").filter(has_text=name)).not_to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Chat settings").click()
    expect(page.get_by_role("dialog").get_by_role("slider", name="Temperature")).to_be_visible()


def test_a_cold_load_takes_few_requests_and_none_for_a_single_module(open_page: OpenPage, site: Site) -> None:
    page = open_page()
    paths = fetched(page.context)
    sign_in(page, site, "alice")
    # Fetched last, when there is nothing else to do.
    with page.expect_response(re.compile("/thread/settings.js$")):
        pass
    assert 0 < len(paths) <= MOST_REQUESTS, paths
    assert {path.partition("/bundle/")[2] for path in paths if path.endswith((".js", ".css"))} == {
        *("chat/main.js", "chat/main.css", "chat/search/search.js", "chat/thread/settings.js"),
    }


def test_what_is_fetched_later_works_from_bundles(open_page: OpenPage, site: Site, upstream: Upstream) -> None:
    page = open_page()
    paths = fetched(page.context)
    use_what_is_fetched_later(sign_in(page, site, "alice"), upstream, "zephyrs by bundle")
    assert [path for path in paths if path.endswith("/bundle/chat/markdown/highlighter.js")]
    assert not [
        path for path in paths if "/chat/" in path and "/bundle/" not in path and path.endswith((".js", ".css"))
    ]


def test_what_is_fetched_later_works_from_the_modules(
    open_page: OpenPage, plain_site: Site, upstream: Upstream
) -> None:
    page = open_page()
    paths = fetched(page.context)
    use_what_is_fetched_later(sign_in(page, plain_site, "alice"), upstream, "zephyrs by module")
    assert [path for path in paths if path.endswith("/chat/page/dom.js")]
    assert not [path for path in paths if "/bundle/" in path]
