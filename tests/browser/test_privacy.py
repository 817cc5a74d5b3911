"""What a browser tells others of an answer, and what it keeps of somebody who has signed out."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import ask, settled, sign_in_at
from tests.harness.browser import CHROMIUM, sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

# Debian's headless shell looks nothing up ahead of a click; the browser of people does.
FULL_CHROMIUM = shutil.which("chromium") or CHROMIUM
ENTRIES = "Object.entries(sessionStorage).flat().join(' ') + Object.entries(localStorage).flat().join(' ')"


class Linking(BaseHTTPRequestHandler):
    """A page with a link, which says nothing of looking it up."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<a href='https://careless.linked.test/'>a link</a>")

    def log_message(self, *args: object) -> None:
        """Nobody needs to read it."""


@pytest.fixture
def careless() -> Iterator[str]:
    """The address of a server that is not ours."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Linking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def looked_up(net_log: Path) -> set[str]:
    """Return the hosts that the browser's resolver was asked for, from the log it wrote until it was closed."""
    log = json.loads(net_log.read_text())
    kinds = {number for name, number in log["constants"]["logEventTypes"].items() if name.startswith("HOST_RESOLVER")}
    hosts = (event.get("params", {}).get("host", "") for event in log["events"] if event["type"] in kinds)
    return {host.removeprefix("https://").removeprefix("http://").partition(":")[0] for host in hosts if host}


def test_pointing_at_a_link_of_an_answer_asks_no_resolver(
    browser: Browser, site: Site, upstream: Upstream, careless: str, tmp_path: Path
) -> None:
    upstream.script_prompt("link me", text=["See [a page]", "(https://careful.linked.test/told) of mine."])
    net_log = tmp_path / "net.json"
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"]
    # Without Playwright's own flags, of which one turns looking up ahead off.
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile",
        executable_path=FULL_CHROMIUM,
        headless=False,
        ignore_default_args=True,
        args=[*flags, f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={net_log}", "about:blank"],
    )
    with closing(context):
        page = sign_in(context.pages[0], site, "alice")
        answer = settled(ask(page, "link me"))
        answer.get_by_role("link", name="a page").hover()
        page.reload()
        page.get_by_role("link", name="a page").hover()
        page.goto(careless)
        page.get_by_role("link", name="a link").hover()
        page.goto(f"{site.url}/")
    hosts = looked_up(net_log)
    assert "127.0.0.1" in hosts
    assert "careful.linked.test" not in hosts
    if FULL_CHROMIUM != CHROMIUM:
        # What this browser does where nobody tells it not to.
        assert "careless.linked.test" in hosts


def leave(page: Page) -> None:
    page.locator("#user-button").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url("**/login/**")


def test_back_after_signing_out_shows_nothing(open_page: OpenPage, site: Site, upstream: Upstream) -> None:
    upstream.script_prompt("the plan for Tuesday", text=["On Tuesday we sail."])
    page = sign_in_at(open_page(), site.url, "bob")
    settled(ask(page, "the plan for Tuesday"))
    page.get_by_role("link", name="New chat").first.click()
    leave(page)
    for _ in range(2):
        page.go_back()
        page.wait_for_url("**/login/**")
        expect(page.get_by_text("Tuesday")).to_have_count(0)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_what_was_typed_belongs_to_who_typed_it(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page(), site, "alice")
    page.get_by_role("textbox", name="Message").fill("Alice's own words")
    page.reload()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Alice's own words")
    # The session ends elsewhere, and somebody else signs in at this tab.
    page.context.clear_cookies()
    sign_in(page, site, "bob")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    assert "Alice" not in page.evaluate(ENTRIES)


def test_signing_out_where_no_script_of_ours_runs_empties_the_storage(open_page: OpenPage, site: Site) -> None:
    page = sign_in_at(open_page(), site.url, "charlie")
    page.get_by_role("textbox", name="Message").fill("Charlie's own words")
    assert "Charlie" in page.evaluate(ENTRIES)
    page.evaluate("localStorage.setItem('later', 'Charlie')")
    page.evaluate(
        "() => { const form = document.querySelector('#user-menu form').cloneNode(true);"
        " document.body.append(form); form.submit(); }"
    )
    page.wait_for_url("**/login/**")
    page.wait_for_function(f"!({ENTRIES}).includes('Charlie')")
