"""What the search dialog shows beside the places: when it was said, and below them what comes near."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import ask, settled
from tests.harness.browser import PHONE, sign_in
from tests.harness.site import Site


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_hits_show_their_time_and_a_wrong_letter_is_forgiven(
    open_page: OpenPage, site: Site, viewport: dict[str, int] | None
) -> None:
    page = sign_in(open_page(viewport), site, "alice")
    settled(ask(page, "tell me of the quokkaphone"))
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search chats")
    box.fill("quokkaphone")
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options.first.locator("mark").first).to_have_text("quokkaphone")
    expect(options.first.locator("time")).to_have_text(re.compile(r"\d:\d\d"))
    box.fill("quokkafone")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text(re.compile("^Nothing found for"))
    box.fill("quokkaphome")
    expect(options.first).to_have_attribute("data-near", "")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Nothing has “quokkaphome”; this comes near")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/*")
    expect(page.locator("article[data-role=user]").first).to_contain_text("quokkaphone")
