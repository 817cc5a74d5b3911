"""Coming in: the set-up link, signing in, and seeing only one's own."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import chosen_model, sign_in_at
from tests.harness.browser import DESKTOP, PHONE, sign_in
from tests.harness.people import NEW_PASSWORD
from tests.harness.site import Site

both = pytest.mark.parametrize("size", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@both
def test_from_the_printed_link_to_the_first_streamed_answer(
    open_page: OpenPage, tmp_path: Path, size: dict[str, int]
) -> None:
    with Site(tmp_path, people=False) as fresh:
        page = open_page(size)
        page.goto(fresh.setup_url)
        assert fits(page)
        page.get_by_label("Name").fill("grace")
        page.get_by_label("Password").fill("short")
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("alert").first).to_contain_text("too short")
        page.get_by_label("Password").fill(NEW_PASSWORD)
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url(f"{fresh.url}/")
        expect(page.get_by_role("heading", name="Hello, grace")).to_be_visible()
        expect(page.get_by_text("This is the demo model")).to_be_visible()
        expect(chosen_model(page)).to_have_text("demo")

        page.get_by_role("textbox", name="Message").fill("Who are you?")
        page.keyboard.press("Enter")
        answer = page.locator("article[data-role=assistant]")
        expect(answer).to_have_attribute("data-status", "streaming")
        expect(answer).to_contain_text("Who are you?")
        expect(answer).to_have_attribute("data-status", "complete")
        expect(answer).to_contain_text("OPENAI_API_KEY")
        expect(answer).to_contain_text("free")

        page.goto(fresh.setup_url)
        expect(page.get_by_role("heading", name="This link is used up")).to_be_visible()
        assert fits(page)


@both
def test_a_wrong_password_is_said_the_right_one_opens_and_signing_out_leaves_nothing(
    open_page: OpenPage, site: Site, size: dict[str, int]
) -> None:
    page = open_page(size)
    page.goto(f"{site.url}/")
    page.wait_for_url("**/login/**")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    sign_in_at(page, site.url)
    expect(page.get_by_role("heading", name="Hello, alice")).to_be_visible()
    page.get_by_role("textbox", name="Message").fill("only mine")
    if size == PHONE:
        page.get_by_role("button", name="Open sidebar").click()
    page.get_by_role("button", name="alice").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url("**/login/")
    assert page.evaluate("sessionStorage.length") == 0


def test_a_second_user_sees_nothing_of_the_first(open_page: OpenPage, site: Site) -> None:
    with site.client("alice") as alice:
        start = alice.post("/api/chat", json={"message": "Alice's secret garden"}).json()
    page = sign_in(open_page(), site, "bob")
    conversations = page.get_by_role("navigation", name="Conversations")
    expect(conversations).to_be_visible()
    expect(conversations).not_to_contain_text("secret garden")
    answer = page.goto(f"{site.url}/c/{start['conversation_id']}")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_text("secret garden")).to_have_count(0)
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
