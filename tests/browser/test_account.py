"""The settings in a browser: keys, taking one's data along, deleting the account and keeping it after all."""

import zipfile
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import ask, settled
from tests.harness.browser import DESKTOP, PHONE
from tests.harness.site import PASSWORD, Site

both = pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def come_in(page: Page, site: Site, name: str) -> Page:
    """Sign in now: what asks for it takes that for recent."""
    page.goto(f"{site.url}/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def somebody(site: Site, name: str, viewport: dict[str, int]) -> str:
    name = f"{name}-{viewport['width']}-{uuid4().hex[:6]}"
    site.admit(name)
    return name


@both
def test_the_settings_are_reached_from_the_menu_and_walked_by_keyboard(
    open_page: OpenPage, site: Site, viewport: dict[str, int]
) -> None:
    page = come_in(open_page(viewport), site, somebody(site, "walker", viewport))
    if viewport == PHONE:
        page.get_by_role("button", name="Open sidebar").click()
    page.locator("#user-button").click()
    page.get_by_role("menuitem", name="Settings").click()
    sections = page.get_by_role("navigation", name="Settings")
    for name in ("API keys", "Your data"):
        sections.get_by_role("link", name=name).focus()
        page.keyboard.press("Enter")
        expect(sections.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        expect(page.get_by_role("heading", name=name, exact=True).or_(page.locator("h2").first)).to_be_visible()
        assert fits(page)
    page.get_by_role("link", name="Back to the chat").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()


@both
def test_a_key_is_made_copied_and_revoked(open_page: OpenPage, site: Site, viewport: dict[str, int]) -> None:
    page = open_page(viewport)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    come_in(page, site, somebody(site, "programmer", viewport))
    page.goto(f"{site.url}/settings/keys/")
    page.get_by_label("Name", exact=True).fill("notebook")
    page.get_by_label("Expires").select_option("In 30 days")
    page.get_by_role("checkbox", name="usage").uncheck()
    page.get_by_role("button", name="Make a key").click()
    key = page.get_by_label("Your new key “notebook”").input_value()
    assert key.startswith("cs-")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == key
    assert fits(page)
    asked = page.request.get(f"{site.url}/api/models", headers={"Authorization": f"Bearer {key}"})
    assert asked.status == 200
    assert page.request.get(f"{site.url}/usage/export.csv", headers={"Authorization": f"Bearer {key}"}).status == 403
    # It was never in a cookie, and is in no page that comes later.
    assert all(key not in str(cookie) for cookie in page.context.cookies())
    page.goto(f"{site.url}/settings/keys/")
    assert key not in page.content()
    row = page.get_by_role("listitem").filter(has_text="notebook")
    expect(row).to_contain_text("used ")
    expect(row).to_contain_text("expires ")
    page.get_by_role("button", name="Revoke notebook").click()
    expect(page.get_by_text("“notebook” is revoked.")).to_be_visible()
    expect(row).to_contain_text("revoked ")
    refused = page.request.get(f"{site.url}/api/models", headers={"Authorization": f"Bearer {key}"})
    assert refused.status == 401


# What asks for a recent proof finds that signing in was long ago.
AGE: Final = """
from django.contrib.sessions.backends.db import SessionStore
for row in Session.objects.all():
    if row.get_decoded().get("_auth_user_id") == str(User.objects.get(username={name!r}).pk):
        session = SessionStore(row.session_key)
        for each in session["account_authentication_methods"]:
            each["at"] -= 301
        session.save()
"""


@both
def test_making_a_key_asks_for_the_password_where_signing_in_was_long_ago(
    open_page: OpenPage, site: Site, viewport: dict[str, int]
) -> None:
    name = somebody(site, "sleeper", viewport)
    page = come_in(open_page(viewport), site, name)
    site.shell(AGE.format(name=name))
    page.goto(f"{site.url}/settings/keys/")
    expect(page.get_by_role("button", name="Make a key")).to_have_count(0)
    assert fits(page)
    page.get_by_role("link", name="Make a key…").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.get_by_label("Name", exact=True).fill("late")
    page.get_by_role("button", name="Make a key").click()
    assert page.get_by_label("Your new key “late”").input_value().startswith("cs-")
    # The keys that are there are seen and revoked without it.
    site.shell(AGE.format(name=name))
    page.goto(f"{site.url}/settings/keys/")
    page.get_by_role("button", name="Revoke late").click()
    expect(page.get_by_text("“late” is revoked.")).to_be_visible()


def test_a_key_that_opens_nothing_is_not_made(open_page: OpenPage, site: Site) -> None:
    page = come_in(open_page(), site, somebody(site, "hesitant", DESKTOP))
    page.goto(f"{site.url}/settings/keys/")
    page.get_by_label("Name", exact=True).fill("nothing")
    for scope in ("chat", "usage"):
        page.get_by_role("checkbox", name=scope).uncheck()
    # Keys of staff only.
    expect(page.get_by_role("checkbox", name="admin")).to_have_count(0)
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("alert")).to_have_text("Choose at least one.")
    expect(page.get_by_role("listitem").filter(has_text="nothing")).to_have_count(0)


@both
def test_all_data_is_downloaded_with_one_click(
    open_page: OpenPage, site: Site, viewport: dict[str, int], tmp_path: Path
) -> None:
    name = somebody(site, "leaver", viewport)
    page = come_in(open_page(viewport), site, name)
    page.goto(f"{site.url}/settings/data/")
    assert fits(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download everything").click()
    started.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert f'"username":"{name}"' in archive.read("account.json").decode()


@both
def test_an_account_is_deleted_kept_and_deleted_for_good(
    open_page: OpenPage, site: Site, viewport: dict[str, int]
) -> None:
    name = somebody(site, "undecided", viewport)
    page = come_in(open_page(viewport), site, name)
    elsewhere = come_in(open_page(), site, name)
    expect(elsewhere.get_by_role("textbox", name="Message")).to_be_visible()

    page.goto(f"{site.url}/settings/data/")
    page.get_by_role("link", name="Delete my account…").click()
    assert fits(page)
    page.get_by_role("link", name="Keep my account").click()
    page.get_by_role("link", name="Delete my account…").click()
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Your account will be deleted")).to_be_visible()
    # Everywhere at once, and nothing works meanwhile.
    elsewhere.reload()
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{site.url}/settings/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    with site.client(name) as program:
        assert program.get("/api/models").status_code == 401

    # Signing in leads to where it can be kept, and nowhere else.
    come_in(elsewhere, site, name)
    expect(elsewhere.get_by_role("heading", name="Your account will be deleted")).to_be_visible()
    elsewhere.get_by_role("button", name="Keep my account").click()
    expect(elsewhere.get_by_role("heading", name="Your account is kept")).to_be_visible()
    elsewhere.get_by_role("link", name="Sign in").click()
    come_in(elsewhere, site, name)
    expect(elsewhere.get_by_role("textbox", name="Message")).to_be_visible()
    with site.client(name) as program:
        assert program.get("/api/models").status_code == 200

    elsewhere.goto(f"{site.url}/settings/data/delete")
    elsewhere.get_by_role("button", name="Delete my account").click()
    expect(elsewhere.get_by_role("heading", name="Your account will be deleted")).to_be_visible()
    site.shell(
        "from chat.models import AccountDeletion",
        f"AccountDeletion.objects.filter(user__username='{name}').update(due_at='2001-01-01T00:00Z')",
    )
    site.manage("deleteaccounts")
    come_in(elsewhere, site, name)
    expect(elsewhere.get_by_role("alert")).to_contain_text("do not go together")


def test_what_an_account_page_has_to_tell_is_told_on_the_chat_and_breaks_nothing(
    open_page: OpenPage, site: Site
) -> None:
    page = come_in(open_page(), site, somebody(site, "told", DESKTOP))
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    # What leads to the chat and not to the next page of the settings, as a confirmed mail address does.
    left = page.request.post(
        f"{site.url}/settings/sessions/", form={"others": "1", "csrfmiddlewaretoken": token}, max_redirects=0
    )
    assert left.status == 302
    page.goto(f"{site.url}/")
    expect(page.locator("article")).to_have_count(0)
    expect(page.get_by_text("You are signed out everywhere else.")).to_be_visible()
    settled(ask(page, "Still there?"))
    page.reload()
    expect(page.get_by_text("You are signed out everywhere else.")).to_have_count(0)
