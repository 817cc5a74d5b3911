"""Search in the page: what is found, how it is shown, and where it leads."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.finders import Person, crowd_of
from tests.harness.site import Site


@pytest.fixture(scope="module")
def crowd(site: Site) -> list[Person]:
    return crowd_of(site, "searcher", 4)


@pytest.fixture
def page(open_page: OpenPage, finder: Person) -> Page:
    return finder.sign_in(open_page())


def test_search_finds_words_marks_them_and_leads_to_the_message(page: Page, finder: Person) -> None:
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search chats")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(box).to_be_focused()
    titles = ("Bicycles", "Bridges", "Snow", "Taxes", "Old friend")
    expect(options).to_have_text([re.compile(f"^{title}") for title in titles])
    page.keyboard.type("bri")
    expect(options.first).to_contain_text("Bridges")
    expect(options.first.locator("mark").first).to_have_text("Bri")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.fill("zebra of")
    expect(options).to_have_count(5)
    expect(options.locator("mark")).to_have_text(["zebra", "of"] * 5)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = options.nth(2)
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/c/{finder.talks[2]}\?at=[0-9a-f-]{{36}}$"))
    message = page.url.partition("at=")[2]
    expect(page.locator(f"article[data-message-id='{message}']")).to_contain_text("The zebra of Snow")


def test_search_brings_more_as_its_end_comes_into_view(open_page: OpenPage, collector: Person) -> None:
    page = collector.sign_in(open_page())
    page.keyboard.press("Control+k")
    page.keyboard.type("zebra of")
    options = page.get_by_role("listbox").get_by_role("option")
    for count in (50, 100, 150, 170):
        expect(options).to_have_count(count)
        page.get_by_role("listbox").evaluate("e => e.scrollTo(0, e.scrollHeight)")
    names = options.evaluate_all("all => all.map((e) => e.dataset.href)")
    assert len(set(names)) == 170
    assert len(set(options.evaluate_all("all => all.map((e) => e.id)"))) == 170
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")


def test_search_says_when_there_is_nothing_and_closes_to_where_one_was(page: Page) -> None:
    page.get_by_role("button", name="Search chats").click()
    box = page.get_by_role("combobox", name="Search chats")
    box.fill("xylophone")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Nothing found for “xylophone”")
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_count(0)
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Search chats")).to_be_focused()


def test_enter_follows_what_was_typed_and_not_what_was_found_before(page: Page, finder: Person) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    page.keyboard.type("Taxes")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/*")
    expect(page.locator("#title")).to_have_text("Taxes")
