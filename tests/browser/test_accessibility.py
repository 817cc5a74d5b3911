"""No page in any state breaks a rule that axe knows, in either theme, on a desk or on a phone."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import ask, settled
from tests.harness.browser import DESKTOP, PHONE, sign_in
from tests.harness.site import PASSWORD, ROOT, Site
from tests.harness.upstream.process import Upstream

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
# What depends on the theme.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
THEMES: Final[tuple[Literal["dark"], Literal["light"]]] = ("dark", "light")
RUN = """async rules => {
    const { violations } = await axe.run(document, { runOnly: rules });
    const told = (id, { html, failureSummary }) => `${id}: ${html}\\n${failureSummary}`;
    return violations.flatMap(({ id, nodes }) => nodes.map(node => told(id, node)));
}"""
# What fades in has its colours only when it is there. What is not laid out stands still for ever.
STILL = """() => {
    const brief = document.getAnimations().filter(each => each.effect.getTiming().iterations === 1);
    const patience = new Promise(resolve => setTimeout(resolve, 1000));
    return Promise.race([patience, Promise.allSettled(brief.map(each => each.finished))]).then(() => null);
}"""
# A rich answer: everything that Markdown draws.
RICH = (
    "## Bridges\n\nA *paragraph* with `code`, a [link](https://example.org/) and **more**.\n\n- one\n- two\n\n"
    "| Bridge | Year |\n|---|---:|\n| Erfurt | 1325 |\n\n> Quoted.\n\n"
    "```python\n# A comment\nprint('hello', 42)\n```\n\n"
    "Inline $x^2$ and\n\n$$\\int_0^1 x\\,dx$$\n"
)


def check(page: Page, state: str) -> None:
    """By every rule in the theme that the page has, and in the other one by those that look at colours."""
    if page.evaluate("() => window.axe === undefined"):
        page.evaluate(AXE)
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    own, other = THEMES if is_dark else THEMES[::-1]
    page.evaluate(STILL)
    found = page.evaluate(RUN, RULES)
    assert not found, f"{state}, {own}:\n" + "\n".join(found)
    page.emulate_media(color_scheme=other)
    page.evaluate(STILL)
    found = page.evaluate(RUN, COLOURS)
    assert not found, f"{state}, {other}:\n" + "\n".join(found)
    page.emulate_media(color_scheme=own)


@pytest.fixture(params=[(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, open_page: OpenPage) -> Page:
    viewport, scheme = request.param
    # Trusted Types are asked for by the page's policy, and axe is not of the page.
    return open_page(viewport, color_scheme=scheme, bypass_csp=True, has_touch=viewport is PHONE)


def open_sidebar(page: Page) -> None:
    if page.viewport_size == PHONE:
        page.get_by_role("button", name="Open sidebar").click()
        expect(page.get_by_role("button", name="Close sidebar")).to_be_in_viewport(ratio=1)


@pytest.fixture(scope="module")
def clerk(site: Site) -> str:
    """Somebody who may sign in to the admin and see nothing there."""
    site.shell(f"User.objects.create_user('accessibility-clerk', password={PASSWORD!r}, is_staff=True)")
    return "accessibility-clerk"


def test_signing_in_and_being_lost(page: Page, site: Site, clerk: str) -> None:
    page.goto(f"{site.url}/accounts/login/")
    check(page, "login")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "login refused")
    page.goto(f"{site.url}/nowhere")
    check(page, "404")
    page.goto(f"{site.url}/accounts/login/")
    page.locator("[name=csrfmiddlewaretoken]").first.evaluate("e => e.remove()")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading")).to_have_text("This page was out of date")
    check(page, "403, of a form")
    sign_in(page, site, clerk)
    assert (refused := page.goto(f"{site.url}/admin/usage/"))
    assert refused.status == 403
    expect(page.get_by_role("heading")).to_have_text("This is not for you to see")
    check(page, "403")


def test_ones_own_usage(page: Page, site: Site) -> None:
    sign_in(page, site, "alice")
    with site.client("alice") as client:
        client.post("/api/chat", json={"message": "Something to add up", "model": "gpt-4o-mini"})
    page.goto(f"{site.url}/usage/")
    check(page, "usage")
    page.goto(f"{site.url}/usage/?month=2024-01")
    check(page, "usage, nothing")


def test_setting_up(page: Page, tmp_path: Path) -> None:
    with Site(tmp_path, people=False) as fresh:
        page.goto(fresh.setup_url)
        check(page, "setup")
        page.goto(f"{fresh.url}/setup/?token=wrong")
        check(page, "setup closed")
        # A name that browsers know for this machine, and the server does not know for its own.
        assert (odd := page.goto(fresh.url.replace("127.0.0.1", "elsewhere.localhost")))
        assert odd.status == 400
        expect(page.get_by_role("heading")).to_have_text("This cannot be understood")
        check(page, "400")
        with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
            database.execute("ALTER TABLE auth_user RENAME TO mislaid")
        assert (failed := page.goto(f"{fresh.url}/accounts/login/"))
        assert failed.status == 500
        expect(page.get_by_role("heading")).to_have_text("Something went wrong on this server")
        check(page, "500")


def test_the_chat_in_all_its_states(page: Page, site: Site, upstream: Upstream) -> None:
    upstream.script_prompt("look at everything", text=[RICH], reasoning=["Let me think about bridges."])
    upstream.script_prompt("look at failure", status=400)
    upstream.script_prompt("look at the middle", tokens=40, then="hang", after=10)
    sign_in(page, site, "alice")
    check(page, "empty")
    settled(ask(page, "look at everything"))
    check(page, "conversation")
    settled(ask(page, "look at failure"), "failed")
    check(page, "failure")
    streaming = ask(page, "look at the middle")
    expect(streaming.locator(".text")).to_contain_text("The river keeps")
    check(page, "streaming")
    page.get_by_role("button", name="Stop", exact=True).click()
    settled(streaming, "stopped")
    check(page, "stopped")
    page.reload()
    check(page, "history")

    page.get_by_role("button", name="Chat settings").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page, "settings")
    page.keyboard.press("Escape")

    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    check(page, "search, nothing typed")
    page.keyboard.type("look at")
    expect(page.get_by_role("dialog").locator("mark").first).to_be_visible()
    check(page, "search")
    page.get_by_role("combobox", name="Search chats").fill("xylophone")
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("Nothing found")
    check(page, "search without result")
    page.keyboard.press("Escape")

    open_sidebar(page)
    check(page, "sidebar")
    page.get_by_role("navigation").get_by_role("listitem").first.hover()
    page.get_by_role("navigation").get_by_role("button", name="Options for").first.click()
    check(page, "menu of an entry")
    page.get_by_role("menuitem", name="Rename").click()
    check(page, "renaming")
    page.keyboard.press("Escape")
    page.locator("#user-button").click()
    check(page, "menu of the user")
    page.get_by_role("menuitem", name="Archived chats").click()
    check(page, "archived")
    page.get_by_role("button", name="Back to all chats").click()
    page.locator("#user-button").click()
    page.get_by_role("menuitem", name="Keyboard shortcuts").click()
    check(page, "sheet")
    page.keyboard.press("Escape")
    page.get_by_role("navigation").get_by_role("button", name="Options for").last.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Pin", exact=True).or_(page.get_by_role("menuitem", name="Unpin")).click()
    page.get_by_role("navigation").get_by_role("button", name="Options for").last.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Archive").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    check(page, "toast")


def test_everybodys_usage(page: Page, site: Site, spenders: None) -> None:
    sign_in(page, site, "admin")
    page.goto(f"{site.url}/admin/usage/?days=7")
    check(page, "usage of all")
    page.get_by_text("Filter", exact=True).click()
    check(page, "usage of all, filters open")
    page.get_by_role("region", name="By user").get_by_role("link", name="walter").click()
    check(page, "usage of one")
    page.goto(f"{site.url}/admin/usage/?first=2024-01-01&last=2023-01-01&user=alice")
    check(page, "usage, wrong")
    page.goto(f"{site.url}/admin/usage/?first=2024-01-01&last=2024-01-02")
    check(page, "usage, nothing")
    page.goto(f"{site.url}/admin/usage/reconcile/")
    check(page, "bills beside the ledger")
