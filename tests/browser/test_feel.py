"""How it feels: the keyboard, the theme, where the focus is, the composer, paper, and texts from right to left."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MODEL, ask, choose_model, chosen_model, settled
from tests.harness.browser import sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text


def message(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def open_user_menu(page: Page) -> None:
    page.locator("#user-button").click()


def test_every_shortcut_is_in_the_sheet_and_the_sheet_opens_by_one(page: Page) -> None:
    expect(message(page)).to_be_focused()
    page.keyboard.type("what?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Send").focus()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_role("term")).to_have_count(11)
    expect(sheet).to_contain_text("Search chats")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.get_by_role("button", name="Send")).to_be_focused()
    page.keyboard.press("/")
    expect(message(page)).to_be_focused()
    expect(message(page)).to_have_value("what?")


def test_the_keyboard_leads_everywhere(page: Page, site: Site) -> None:
    answer = settled(ask(page, "copied by the keyboard"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("Control+Shift+C")
    expect(page.get_by_role("status").filter(has_text="Copied the last answer")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == answer.locator(".text").inner_text()
    sidebar = page.get_by_role("navigation", name="Conversations")
    page.keyboard.press("Control+Shift+S")
    expect(sidebar).to_be_hidden()
    page.keyboard.press("Control+Shift+S")
    expect(sidebar).to_be_visible()
    page.keyboard.press("Control+Shift+O")
    page.wait_for_url(f"{site.url}/")
    expect(message(page)).to_be_focused()


def test_a_menu_is_walked_with_arrows_and_left_with_escape(page: Page) -> None:
    page.locator("#user-button").focus()
    page.keyboard.press("Enter")
    items = page.get_by_role("menu").locator("[role^=menuitem]")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem", name="Sign out")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(page.locator("#user-button")).to_be_focused()
    open_user_menu(page)
    page.mouse.click(900, 300)
    expect(page.get_by_role("menu")).to_have_count(0)


def test_escape_closes_what_is_open_before_it_stops_the_answer(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("escape goes step by step", tokens=60, then="hang", after=6)
    answer = ask(page, "escape goes step by step")
    expect(answer.locator(".text")).to_have_text(default_text(6))
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    open_user_menu(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(answer).to_have_attribute("data-status", "streaming")
    page.keyboard.press("Escape")
    settled(answer, "stopped")


def test_a_theme_is_chosen_at_once_and_for_good(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page(color_scheme="light"), site, "alice")
    surface = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(surface)
    open_user_menu(page)
    page.get_by_role("menuitemradio", name="Dark").click()
    dark = page.evaluate(surface)
    assert dark != light
    page.goto(f"{site.url}/nowhere")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(f"{site.url}/")
    assert page.evaluate(surface) == dark
    open_user_menu(page)
    expect(page.get_by_role("menuitemradio", name="Dark")).to_have_attribute("aria-checked", "true")
    page.get_by_role("menuitemradio", name="System").click()
    assert page.evaluate(surface) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(surface) == dark


def test_the_picker_shows_prices_in_its_list_and_only_the_name_above(page: Page) -> None:
    choose_model(page, MODEL)
    picker = chosen_model(page)
    expect(picker).to_have_text(MODEL)
    picker.focus()
    page.keyboard.press("Space")
    listed = page.locator(f"button.model-choose[value='{MODEL}']").first
    expect(listed).to_be_focused()
    expect(listed.locator(".model-price")).to_have_text("$0.15 in · $0.60 out")
    # One that was asked lately stands in the list twice: among the recent ones, too.
    for _ in range(page.locator("button.model-choose").count()):
        page.keyboard.press("ArrowDown")
        if page.evaluate("document.activeElement.value") != MODEL:
            break
    page.keyboard.press("Enter")
    expect(picker).not_to_have_text(MODEL)


def test_the_composer_grows_to_two_fifths_of_the_height_and_takes_long_pastes(page: Page) -> None:
    message(page).fill("line\n" * 200)
    box = message(page).bounding_box()
    assert box is not None
    assert 300 < box["height"] <= 321
    page.reload()
    expect(message(page)).to_have_value("line\n" * 200)


def test_greeting_and_composer_share_their_axis_and_their_width(page: Page) -> None:
    greeting, composer = page.locator("#welcome").bounding_box(), page.locator("#composer").bounding_box()
    assert greeting is not None
    assert composer is not None
    assert (greeting["x"], greeting["width"]) == (composer["x"], composer["width"])


def test_on_paper_there_is_only_the_conversation(page: Page, upstream: Upstream) -> None:
    long_line = "x = " + " + ".join(f"value_{number}" for number in range(60))
    upstream.script_prompt("print this out", text=[f"Look:\n\n```python\n{long_line}\n```\n"])
    answer = settled(ask(page, "print this out"))
    page.emulate_media(media="print")
    for gone in ("#sidebar", "#composer", "#model", ".actions", ".code > header"):
        for each in page.locator(gone).all():
            expect(each).to_be_hidden()
    expect(answer.locator("pre")).to_be_visible()
    assert answer.locator("pre").evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.evaluate("getComputedStyle(document.querySelector('#scroller')).overflowY") == "visible"


def test_texts_run_the_way_their_letters_do(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("مرحبا", text=["أهلا وسهلا بك في هذه المحادثة"])
    answer = settled(ask(page, "مرحبا"))
    direction = "e => getComputedStyle(e).direction"
    assert page.locator("article[data-role=user] .text").evaluate(direction) == "rtl"
    assert answer.locator(".text").locator("p, :scope").last.evaluate(direction) == "rtl"
    entry = page.get_by_role("navigation").get_by_role("link", name="مرحبا")
    assert entry.evaluate(direction) == "rtl"
    assert page.get_by_role("heading", level=1).evaluate(direction) == "rtl"


@pytest.mark.parametrize("path", ["/accounts/login/", "/nowhere"])
def test_a_card_fits_on_the_smallest_screen(open_page: OpenPage, site: Site, path: str) -> None:
    page = open_page({"width": 320, "height": 480})
    page.goto(site.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()


def test_a_page_at_rest_looks_for_nothing(open_page: OpenPage, site: Site) -> None:
    page = open_page()
    page.add_init_script(
        """const observe = IntersectionObserver.prototype.observe;
        window.looks = 0;
        IntersectionObserver.prototype.observe = function (...what) { looks++; return observe.apply(this, what); };"""
    )
    settled(ask(sign_in(page, site, "bob"), "and then it is quiet"))
    page.wait_for_timeout(500)
    before = page.evaluate("looks")
    page.wait_for_timeout(500)
    assert page.evaluate("looks") == before


def test_after_a_starter_one_goes_on_in_the_box(page: Page) -> None:
    page.locator("[data-starter]").first.focus()
    page.keyboard.press("Enter")
    expect(message(page)).to_be_focused()
    settled(page.locator("article[data-role=assistant]").first)
