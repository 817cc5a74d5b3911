"""Around the conversation: the keyboard's way past the list, paper, and the admin in the app's own colours."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import ask, settled
from tests.harness.browser import sign_in
from tests.harness.site import Site


def test_the_first_tab_stop_leads_past_the_list_to_the_box(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page(), site, "alice")
    page.evaluate("document.activeElement.blur()")
    page.reload()
    page.get_by_role("textbox", name="Message").evaluate("box => box.blur()")
    skip = page.get_by_role("link", name="Skip to the message box")
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    expect(skip).not_to_be_in_viewport()


def test_the_tab_key_stops_once_at_each_chat_and_arrows_do_the_rest(page: Page) -> None:
    for title in ("roving rivers", "roving towns"):
        page.locator("#new-chat").click()
        settled(ask(page, title))
    listed = page.get_by_role("navigation", name="Conversations")
    towns, rivers = (listed.get_by_role("link", name=f"roving {name}").first for name in ("towns", "rivers"))
    towns.focus()
    page.keyboard.press("Tab")
    expect(rivers).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(towns).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    options = listed.get_by_role("button", name="Options for ‹roving rivers›").first
    expect(options).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("Escape")
    expect(options).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(rivers).to_be_focused()


def test_paper_has_no_buttons(page: Page) -> None:
    settled(ask(page, "onto paper with this"))
    page.emulate_media(media="print")
    expect(page.locator("article .text").first).to_be_visible()
    expect(page.locator("button:visible:not(.figures), .skip:visible")).to_have_count(0)
    expect(page.locator(".figures span").last).to_be_hidden()


def test_the_admin_has_the_apps_theme_and_icon_and_gives_the_theme_back(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page(), site, "admin")
    page.locator("#user-button").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    page.goto(f"{site.url}/admin/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile(r"/chat/favicon\.svg$"))
    page.locator(".theme-toggle:visible").first.click()
    now = page.locator("html").get_attribute("data-theme")
    assert now in {"light", "auto"}
    page.goto(f"{site.url}/")
    found = page.locator("html").get_attribute("data-theme")
    assert found == (now if now == "light" else None)
