"""Everything a person does with their own account, in a real browser, at desktop and phone width."""

from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.harness.authenticator import code, plug_in
from tests.harness.browser import DESKTOP, PHONE
from tests.harness.site import PASSWORD, Site

SIZES = [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")]
NEW_PASSWORD = "another horse, another battery"


def address_of(site: Site) -> str:
    """The site by a name: browsers give no passkey to a number."""
    return site.url.replace("127.0.0.1", "localhost")


def enter(page: Page, site: Site, name: str, password: str = PASSWORD, path: str = "/accounts/login/") -> Page:
    page.goto(f"{address_of(site)}{path}")
    page.get_by_label("Name or email").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def is_in(page: Page) -> None:
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    # Whoever leads on meanwhile cuts the page off, and its scripts find half of what it says.
    page.wait_for_load_state()


def leave(page: Page) -> None:
    page.context.clear_cookies()


def confirm(page: Page) -> None:
    """Say the password once more."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def fits(page: Page) -> None:
    """Nothing stands out of the page to the side."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture
def person(site: Site) -> str:
    """Somebody whom no other test knows."""
    name = f"p{uuid4().hex[:10]}"
    site.admit(name)
    return name


@pytest.mark.parametrize("size", SIZES)
def test_a_name_and_a_mail_address_change_and_both_sign_in(
    open_page: OpenPage, site: Site, person: str, size: dict[str, int]
) -> None:
    page = enter(open_page(size), site, person)
    is_in(page)
    page.goto(f"{address_of(site)}/settings/profile/")
    fits(page)
    page.get_by_role("textbox", name="Name", exact=True).fill("alice")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has that name")
    page.get_by_role("textbox", name="Name", exact=True).fill(f"{person}-new")
    page.get_by_label("What to call you").fill("Pat")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Your name is changed")
    page.get_by_role("link", name="Add email").click()
    page.get_by_label("New email").fill(f"{person}@example.org")
    page.get_by_role("button", name="Change email").click()
    confirm(page)
    expect(page.get_by_text(f"{person}@example.org is your address")).to_be_visible()
    fits(page)
    leave(page)
    enter(page, site, f"{person}@example.org")
    expect(page.get_by_role("heading", name="Hello, Pat")).to_be_visible()
    leave(page)
    is_in(enter(page, site, f"{person}-new"))


@pytest.mark.parametrize("size", SIZES)
def test_a_new_password_ends_the_other_sessions(
    open_page: OpenPage, site: Site, person: str, size: dict[str, int]
) -> None:
    with closing(site.session(person)) as elsewhere:
        page = enter(open_page(size), site, person)
        is_in(page)
        page.goto(f"{address_of(site)}/settings/password/")
        fits(page)
        page.get_by_label("Password now").fill("wrong")
        page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
        page.get_by_label("New password once more").fill(NEW_PASSWORD)
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("alert")).to_contain_text("not your password")
        page.get_by_label("Password now").fill(PASSWORD)
        page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
        page.get_by_label("New password once more").fill(NEW_PASSWORD)
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("status")).to_contain_text("Your password is changed")
        assert elsewhere.get("/api/models").status_code == 401
        assert site.shell(f"print(UserSession.objects.filter(user__username={person!r}).count())").strip() == "1"
    leave(page)
    enter(page, site, person)
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    expect(page.get_by_label("Password")).to_be_focused()
    is_in(enter(page, site, person, NEW_PASSWORD))


@pytest.mark.parametrize("size", SIZES)
def test_an_authenticator_app_is_asked_at_every_door_and_codes_open_where_it_is_lost(
    open_page: OpenPage, site: Site, person: str, size: dict[str, int]
) -> None:
    site.shell(f"User.objects.filter(username={person!r}).update(is_staff=True)")
    page = enter(open_page(size), site, person)
    is_in(page)
    page.goto(f"{address_of(site)}/settings/two-factor/")
    fits(page)
    page.get_by_role("link", name="Set up").click()
    confirm(page)
    picture = page.get_by_role("img", name="QR code")
    expect(picture.locator("svg path")).to_be_visible()
    fits(page)
    key = page.get_by_label("Key", exact=True).input_value()
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.get_by_label("Code", exact=True).fill(code(key))
    page.get_by_role("button", name="Turn on").click()
    codes = page.locator(".account-codes code")
    expect(codes).to_have_count(10)
    fits(page)
    recovery = codes.all_inner_texts()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    assert [each for each in recovery if each not in Path(started.value.path()).read_text()] == []
    stored = site.shell(f"print([each.data for each in Authenticator.objects.filter(user__username={person!r})])")
    assert key not in stored
    # The admin's door leads to the same one, and back.
    leave(page)
    enter(page, site, person, path="/admin/")
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    fits(page)
    page.goto(f"{address_of(site)}/admin/")
    expect(page.get_by_role("heading", name="Administration")).to_have_count(0)
    page.goto(f"{address_of(site)}/accounts/two-factor/")
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.get_by_label("Code", exact=True).fill(code(key, steps_ahead=1))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/admin/")
    leave(page)
    enter(page, site, person)
    page.get_by_label("Code", exact=True).fill(recovery[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    is_in(page)
    leave(page)
    enter(page, site, person)
    page.get_by_label("Code", exact=True).fill(recovery[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.get_by_label("Code", exact=True).fill(recovery[1])
    page.get_by_role("button", name="Sign in", exact=True).click()
    is_in(page)
    page.goto(f"{address_of(site)}/settings/two-factor/")
    expect(page.get_by_text("8 codes left")).to_be_visible()
    page.get_by_role("link", name="Make new ones").click()
    confirm(page)
    page.get_by_role("button", name="Make new codes").click()
    expect(codes).to_have_count(10)
    assert not set(codes.all_inner_texts()) & set(recovery)
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Turn off").click()
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("status")).to_contain_text("is off")
    leave(page)
    is_in(enter(page, site, person))


@pytest.mark.parametrize("size", SIZES)
def test_a_passkey_signs_in_serves_as_second_factor_and_goes(
    open_page: OpenPage, site: Site, person: str, size: dict[str, int]
) -> None:
    page = open_page(size)
    plug_in(page)
    is_in(enter(page, site, person))
    page.goto(f"{address_of(site)}/settings/two-factor/passkeys/add/")
    confirm(page)
    page.get_by_label("What to call it").fill("My laptop")
    fits(page)
    page.get_by_role("button", name="Add").click()
    codes = page.locator(".account-codes code")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()
    leave(page)
    page.goto(f"{address_of(site)}/accounts/login/?next=/usage/")
    fits(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{address_of(site)}/usage/")
    # With the password, it is the second factor.
    leave(page)
    enter(page, site, person)
    expect(page.get_by_role("main")).not_to_contain_text("app")
    fits(page)
    page.get_by_role("button", name="Use your passkey").click()
    is_in(page)
    # Where the passkey is out of reach, there are codes.
    leave(page)
    enter(page, site, person)
    page.get_by_label("Recovery code").fill("12345678")
    page.get_by_role("button", name="Use the recovery code").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("none of your recovery codes")
    page.get_by_label("Recovery code").fill(recovery)
    page.get_by_role("button", name="Use the recovery code").click()
    is_in(page)
    page.goto(f"{address_of(site)}/settings/two-factor/")
    expect(page.get_by_role("heading", name="My laptop")).to_be_visible()
    page.get_by_role("link", name="Rename My laptop").click()
    page.goto(f"{address_of(site)}/accounts/passkey/confirm/?next=/settings/two-factor/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{address_of(site)}/settings/two-factor/")
    page.get_by_role("link", name="Rename My laptop").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Old laptop").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("The passkey is removed")
    leave(page)
    is_in(enter(page, site, person))
    leave(page)
    page.goto(f"{address_of(site)}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")


@pytest.mark.parametrize("size", SIZES)
def test_sessions_are_listed_and_end_one_by_one_or_all(
    open_page: OpenPage, site: Site, person: str, size: dict[str, int]
) -> None:
    with closing(site.session(person)) as one, closing(site.session(person)) as other:
        page = enter(open_page(size), site, person)
        is_in(page)
        page.goto(f"{address_of(site)}/settings/sessions/")
        fits(page)
        rows = page.locator(".account-list li")
        expect(rows).to_have_count(3)
        expect(rows.filter(has_text="this one")).to_have_count(1)
        page.get_by_role("button", name="End").first.click()
        expect(page.get_by_role("status")).to_contain_text("That session is over")
        answers = [client.get("/api/models").status_code for client in (one, other)]
        assert sorted(answers) == [200, 401]
        page.get_by_role("button", name="Sign out everywhere else").click()
        expect(rows).to_have_count(1)
        assert [client.get("/api/models").status_code for client in (one, other)] == [401, 401]
        page.get_by_role("button", name="Sign out everywhere", exact=True).click()
        page.wait_for_url("**/accounts/login/")
        page.goto(f"{address_of(site)}/")
        page.wait_for_url("**/accounts/login/**")


def test_closed_doors_say_so(open_page: OpenPage, site: Site) -> None:
    page = open_page()
    page.goto(f"{site.url}/accounts/signup/")
    expect(page.get_by_role("heading")).to_have_text("Accounts are by invitation")
    page.goto(f"{site.url}/accounts/confirm-email/made-up/")
    expect(page.get_by_role("heading")).to_have_text("This link is over")
    page.goto(f"{site.url}/login/?next=/usage/")
    page.wait_for_url("**/accounts/login/?next=/usage/")
