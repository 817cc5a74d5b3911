"""An answer that ends while nobody looks is marked until somebody does."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import ask, look, settled
from tests.harness.browser import sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text


def entry(page: Page, title: str) -> Locator:
    return page.get_by_role("navigation", name="Conversations").get_by_role("listitem").filter(has_text=title)


def test_an_answer_that_ends_in_another_chat_is_marked_in_list_and_tab_until_it_is_opened(
    open_page: OpenPage, site: Site, upstream: Upstream
) -> None:
    site.admit("unread-reader")
    page = sign_in(open_page(), site, "unread-reader")
    upstream.script_prompt("ends elsewhere", tokens=20, then="hang", after=6)
    answer = ask(page, "ends elsewhere")
    expect(answer.locator(".text")).to_have_text(default_text(6))
    page.get_by_role("link", name="New chat").first.click()
    expect(page.locator("#welcome")).to_be_visible()
    mark = re.compile(".*")
    expect(entry(page, "ends elsewhere")).not_to_have_attribute("data-unread", mark)
    upstream.release("ends elsewhere")
    expect(entry(page, "ends elsewhere")).to_have_attribute("data-unread", mark)
    expect(page).to_have_title("(1) chatsite")
    page.reload()
    expect(entry(page, "ends elsewhere")).to_have_attribute("data-unread", mark)
    expect(page).to_have_title("(1) chatsite")
    entry(page, "ends elsewhere").get_by_role("link").click()
    settled(page.locator("article[data-role=assistant]"))
    expect(page).to_have_title("ends elsewhere · chatsite")
    expect(entry(page, "ends elsewhere")).not_to_have_attribute("data-unread", mark)
    page.reload()
    expect(entry(page, "ends elsewhere")).not_to_have_attribute("data-unread", mark)
    expect(page).to_have_title("ends elsewhere · chatsite")


def test_an_answer_that_ends_in_a_tab_that_is_not_looked_at_is_marked_in_its_title(
    open_page: OpenPage, site: Site, upstream: Upstream
) -> None:
    site.admit("unread-hider")
    page = sign_in(open_page(), site, "unread-hider")
    upstream.script_prompt("ends out of sight", tokens=20, then="hang", after=6)
    answer = ask(page, "ends out of sight")
    expect(answer.locator(".text")).to_have_text(default_text(6))
    look(page, away=True)
    upstream.release("ends out of sight")
    expect(page).to_have_title("(1) ends out of sight · chatsite")
    look(page, away=False)
    expect(page).to_have_title("ends out of sight · chatsite")
    expect(entry(page, "ends out of sight")).not_to_have_attribute("data-unread", re.compile(".*"))


def test_an_unread_chat_is_opened_by_its_address(open_page: OpenPage, site: Site) -> None:
    site.admit("unread-caller")
    page = sign_in(open_page(), site, "unread-caller")
    settled(ask(page, "read by its address"))
    address = page.url
    page.goto(f"{site.url}/")
    site.shell(
        "from django.utils import timezone",
        'owner = User.objects.get(username="unread-caller")',
        "Conversation.objects.filter(owner=owner).update(unread_since=timezone.now())",
    )
    page.goto(address)
    expect(entry(page, "read by its address")).not_to_have_attribute("data-unread", re.compile(".*"))
    settled(ask(page, "and it can be gone on with"))
