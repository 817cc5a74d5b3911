"""What is told stands where it belongs and covers nothing; the cursor is where one types."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import ask, questions, settled
from tests.harness.browser import DESKTOP, PHONE, sign_in
from tests.harness.site import Site

# Of what can be read or pressed: what lies where the toast does, other than the toast.
COVERED = """() => {
    const toast = document.querySelector("#toast").getBoundingClientRect();
    const meets = ({ left, right, top, bottom }) =>
        right > left && left < toast.right && right > toast.left && top < toast.bottom && bottom > toast.top;
    return [...document.querySelectorAll("button, a, textarea, article, #sidebar")]
        .filter(each => !each.closest("#toast") && each.checkVisibility() && meets(each.getBoundingClientRect()))
        .map(each => each.outerHTML.slice(0, 80));
}"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_toast_covers_nothing(open_page: OpenPage, site: Site, size: dict[str, int]) -> None:
    page = sign_in(open_page(size, has_touch=size == PHONE), site, "bob")
    for number in range(4):
        settled(ask(page, f"many lines, turn {number} of {size['width']}\n" * 8))
    page.locator("article .actions").last.get_by_role("button", name="Delete question and answers").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.wait_for_timeout(400)
    # Of messages only what is in view counts.
    page.locator("#scroller").evaluate("e => e.scrollTop = e.scrollHeight")
    covered = [each for each in page.evaluate(COVERED) if "article" not in each]
    assert covered == []
    foot = page.locator(".foot").bounding_box()
    toast = page.locator("#toast").bounding_box()
    assert foot is not None
    assert toast is not None
    assert foot["y"] + foot["height"] <= toast["y"]
    page.get_by_role("button", name="Undo").click()
    expect(questions(page)).to_have_count(4)


def test_at_two_hundred_percent_the_greeting_is_below_the_header(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page({"width": 640, "height": 400}), site, "bob")
    greeting = page.get_by_role("heading", name="Hello")
    expect(greeting).to_be_in_viewport()
    page.wait_for_timeout(300)
    top, header = greeting.bounding_box(), page.locator(".bar").bounding_box()
    assert top is not None
    assert header is not None
    assert top["y"] >= header["y"] + header["height"]


def test_an_archived_chat_says_so_and_comes_back_from_where_it_is_read(page: Page) -> None:
    settled(ask(page, "put away and taken out"))
    note = page.get_by_text("This chat is archived.")
    expect(note).to_be_hidden()
    entry = page.get_by_role("navigation", name="Conversations").get_by_role("listitem")
    entry = entry.filter(has_text="put away and taken out")
    entry.hover()
    entry.get_by_role("button").click()
    page.get_by_role("menuitem", name="Archive").click()
    expect(note).to_be_visible()
    page.reload()
    expect(note).to_be_visible()
    page.get_by_role("button", name="Unarchive").click()
    expect(note).to_be_hidden()
    expect(entry).to_be_visible()
    page.reload()
    expect(entry).to_be_visible()
    expect(note).to_be_hidden()


def test_search_and_a_refused_sign_in_put_the_cursor_where_one_types(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page(), site, "bob")
    for _ in range(2):
        page.get_by_role("button", name="Search chats").click()
        expect(page.get_by_role("combobox", name="Search chats")).to_be_focused()
        page.keyboard.type("word")
        page.keyboard.press("Escape")
    stranger = open_page()
    stranger.goto(f"{site.url}/login/")
    expect(stranger.get_by_label("Name")).to_be_focused()
    page_name = stranger.get_by_label("Name")
    page_name.fill("bob")
    stranger.get_by_label("Password").fill("not this one")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("alert").first).to_be_visible()
    expect(stranger.get_by_label("Password")).to_be_focused()
    expect(stranger.get_by_label("Name")).to_have_value("bob")
