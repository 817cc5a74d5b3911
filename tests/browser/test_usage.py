"""The usage pages in a browser: who spent most last week, and on what, is found by clicking what is there."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.harness.browser import DESKTOP, PHONE, sign_in
from tests.harness.site import Site


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_who_spent_most_last_week_and_on_what_is_found_from_the_chat(
    open_page: OpenPage, site: Site, spenders: None
) -> None:
    page = sign_in(open_page(), site, "admin")
    page.locator("#user-button").click()
    page.get_by_role("menuitem", name="Admin").click()
    page.get_by_role("link", name="Usage", exact=True).first.click()
    page.get_by_role("link", name="7 days").click()
    most = page.get_by_role("region", name="By user").locator("tbody tr").first
    expect(most).to_contain_text("walter")
    most.get_by_role("link").click()
    expect(page.get_by_role("link", name="User: walter")).to_be_visible()
    expect(page.get_by_role("region", name="By model").locator("tbody tr").first).to_contain_text("walk-large")
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "page")
    conversation = page.get_by_role("region", name="By conversation").locator("tbody tr").first.get_by_role("link")
    conversation.click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.locator("#result_list tbody tr").get_by_role("link").first.click()
    expect(page.get_by_text("walk-large").first).to_be_visible()


def test_who_spent_most_last_week_on_what_and_how_to_cap_them_is_found_from_the_admins_first_page(
    open_page: OpenPage, site: Site, spenders: None
) -> None:
    page = sign_in(open_page(), site, "admin")
    page.goto(f"{site.url}/admin/")
    page.get_by_role("link", name="Usage", exact=True).first.click()
    page.get_by_role("link", name="7 days").click()
    page.get_by_role("region", name="By user").locator("tbody tr").first.get_by_role("link", name="walter").click()
    expect(page.get_by_role("region", name="By model").locator("tbody tr").first).to_contain_text("walk-large")
    page.get_by_role("link", name="Set a budget for walter").click()
    page.get_by_role("textbox", name="Amount").or_(page.get_by_role("spinbutton", name="Amount")).fill("10")
    page.get_by_role("checkbox", name="Hard").check()
    page.get_by_role("button", name="Save", exact=True).click()
    row = page.locator("#result_list tbody tr").filter(has_text="walter")
    expect(row.locator(".field-used_now")).to_contain_text("$")
    expect(row.locator("strong")).to_contain_text("%")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_chart_is_drawn_and_nothing_is_wider_than_the_screen(
    open_page: OpenPage, site: Site, spenders: None, viewport: dict[str, int], scheme: str
) -> None:
    page = sign_in(open_page(viewport, color_scheme=scheme), site, "admin")
    page.goto(f"{site.url}/admin/usage/?days=7")
    blank = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.every(x => !x)"""
    charts = page.locator("canvas")
    for number in range(charts.count()):
        assert charts.nth(number).evaluate(blank) is False
    assert charts.count() >= 4
    assert fits(page)
    if viewport == DESKTOP:
        cut = "tables => tables.filter(each => each.scrollWidth > each.clientWidth).map(each => each.ariaLabel)"
        assert page.locator(".figures").evaluate_all(cut) == []
    page.goto(f"{site.url}/usage/")
    assert fits(page)


def test_filters_stay_when_the_period_changes_and_go_one_by_one(
    open_page: OpenPage, site: Site, spenders: None
) -> None:
    page = sign_in(open_page(), site, "admin")
    page.goto(f"{site.url}/admin/usage/?days=7")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_role("combobox", name="Model").select_option("walk-small")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="30 days").click()
    page.get_by_role("region", name="By user").get_by_role("link", name="wendy").click()
    expect(page.get_by_role("list", name="Only").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("link", name="Model: walk-small").click()
    expect(page.get_by_role("list", name="Only").get_by_role("listitem")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"days=30.*user=900002"))


def test_without_javascript_the_tables_are_there(open_page: OpenPage, site: Site, spenders: None) -> None:
    page = sign_in(open_page(java_script_enabled=False), site, "admin")
    page.goto(f"{site.url}/admin/usage/?days=7")
    expect(page.get_by_role("region", name="By user")).to_contain_text("walter")
    expect(page.locator("canvas").first).to_be_hidden()


def test_the_person_finds_their_own_page_in_the_menu(page: Page) -> None:
    page.locator("#user-button").click()
    page.get_by_role("menuitem", name="Usage").click()
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()
    page.get_by_role("link", name="Back to the chat").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
