"""The line under an answer: quiet, the rest at hand, and gone for who does not want it."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import ask, settled
from tests.harness.browser import PHONE, sign_in
from tests.harness.site import Site


def test_model_and_cost_stand_there_and_the_rest_comes_with_the_mouse_or_the_focus(page: Page) -> None:
    figures = settled(ask(page, "what did this take?")).locator(".figures")
    main, _, rest = figures.locator("span").all()
    page.mouse.move(0, 0)
    expect(main).to_have_text("gpt-4o-mini · under $0.0001")
    expect(rest).to_have_css("opacity", "0")
    figures.hover()
    expect(rest).to_have_css("opacity", "1")
    expect(rest).to_contain_text("tokens in")
    page.mouse.move(0, 0)
    expect(rest).to_have_css("opacity", "0")
    page.keyboard.press("Shift+Tab")
    figures.focus()
    expect(rest).to_have_css("opacity", "1")


def test_on_a_phone_a_tap_shows_the_rest_and_another_hides_it(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page(PHONE, has_touch=True, is_mobile=True), site, "alice")
    figures = settled(ask(page, "what did this take on a phone?")).locator(".figures")
    rest = figures.locator("span").last
    expect(rest).to_be_hidden()
    figures.tap()
    expect(rest).to_be_visible()
    expect(rest).to_have_css("opacity", "1")
    figures.tap()
    expect(rest).to_be_hidden()


def test_a_setting_hides_it_also_after_a_reload_but_not_how_an_answer_ended(page: Page) -> None:
    answer = settled(ask(page, "spare me the figures"))
    main = answer.locator(".figures span").first
    expect(main).to_be_visible()
    page.locator("#user-button").click()
    choice = page.get_by_role("menuitemcheckbox", name="Cost under answers")
    expect(choice).to_be_checked()
    choice.click()
    expect(choice).not_to_be_checked()
    expect(main).to_be_hidden()
    page.reload()
    expect(page.locator("article")).to_have_count(2)
    expect(main).to_be_hidden()
    page.get_by_role("textbox", name="Message").fill("")
    page.locator("#user-button").click()
    choice.click()
    expect(main).to_be_visible()
