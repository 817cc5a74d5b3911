"""Coming in, in a browser, at desktop and phone: from the admin's invitation to the first page, and by the provider."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_accounts import address_of, confirm, enter, fits, is_in, leave
from tests.harness.browser import DESKTOP, PHONE
from tests.harness.issuer import CLIENT, Issuer
from tests.harness.site import Site

FRESH = "a fresh battery staple"
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def guest_site(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Site]:
    environment = {**CLIENT, "OIDC_ISSUER": issuer.url, "CHAT_SIGNUP": "open"}
    with Site(tmp_path_factory.mktemp("guests"), environment) as running:
        yield running


@SIZES
def test_a_colleague_is_in_by_an_invitation(open_page: OpenPage, guest_site: Site, size: dict[str, int]) -> None:
    admin = open_page(size)
    admin.context.add_cookies(guest_site.cookies("admin"))  # type: ignore[arg-type]
    admin.goto(f"{guest_site.url}/admin/chat/invitation/add/")
    admin.get_by_role("button", name="Save", exact=True).click()
    link = admin.locator(".issued-key code").inner_text()
    admin.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin.get_by_role("button", name="Copy").click()
    expect(admin.get_by_role("button", name="Copied")).to_be_visible()
    assert admin.evaluate("navigator.clipboard.readText()") == link
    colleague = open_page(size)
    colleague.goto(link)
    assert "token" not in colleague.url
    colleague.get_by_label("Name").fill(f"guest{size['width']}")
    colleague.get_by_label("Password").fill("short")
    colleague.get_by_role("button", name="Join").click()
    expect(colleague.get_by_role("alert")).to_be_visible()
    colleague.get_by_label("Password").fill(FRESH)
    colleague.get_by_role("button", name="Join").click()
    expect(colleague.get_by_role("textbox", name="Message")).to_be_visible()
    late = open_page(size)
    late.goto(link)
    expect(late.get_by_role("heading", name="This link was used")).to_be_visible()


@SIZES
def test_somebody_signs_up_and_forgets_the_password(
    open_page: OpenPage, guest_site: Site, size: dict[str, int]
) -> None:
    page = open_page(size)
    page.goto(f"{guest_site.url}/accounts/login/")
    page.get_by_role("link", name="Forgotten your password?").click()
    expect(page.get_by_role("heading", name="Ask an admin")).to_be_visible()
    page.get_by_role("link", name="To the sign-in page").click()
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Name").fill(f"self{size['width']}")
    page.get_by_label("Password").fill(FRESH)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()


def authorize(page: Page, sub: str) -> None:
    """Be somebody at the provider."""
    page.locator("input[name=sub]").fill(sub)
    page.get_by_role("button", name="Authorize").click()


def choose_password(page: Page, button: str) -> None:
    page.get_by_label("New password", exact=True).fill(FRESH)
    page.get_by_label("New password once more").fill(FRESH)
    page.get_by_role("button", name=button).click()


@SIZES
def test_somebody_comes_in_by_the_provider_and_parts_from_it_once_there_is_a_password(
    open_page: OpenPage, guest_site: Site, issuer: Issuer, size: dict[str, int]
) -> None:
    name = f"provided{size['width']}"
    issuer.tell(name, preferred_username=name, email=f"{name}@else.example", email_verified=True)
    page = open_page(size)
    page.goto(f"{address_of(guest_site)}/accounts/login/")
    page.get_by_role("link", name="Sign in with Example").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    fits(page)
    page.get_by_role("link", name="To the sign-in page").click()
    page.get_by_role("link", name="Sign in with Example").click()
    authorize(page, name)
    is_in(page)

    page.goto(f"{address_of(guest_site)}/settings/connections/")
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a password first")
    fits(page)
    sections = page.get_by_role("navigation", name="Settings")
    sections.get_by_role("link", name="Password").click()
    expect(page.get_by_text("You have none yet")).to_be_visible()
    fits(page)
    choose_password(page, "Set password")
    expect(page.get_by_role("status")).to_contain_text("password")
    sections.get_by_role("link", name="Example").click()
    page.get_by_role("button", name="Disconnect").click()
    # From now on there is a password to be asked for.
    page.get_by_label("Password").fill(FRESH)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("link", name="Connect Example")).to_be_visible()
    leave(page)
    is_in(enter(page, guest_site, name, FRESH))


@SIZES
def test_who_has_an_account_connects_it_with_the_provider(
    open_page: OpenPage, guest_site: Site, issuer: Issuer, size: dict[str, int]
) -> None:
    name = f"connected{size['width']}"
    issuer.tell(name, preferred_username="somebody-else-there")
    guest_site.admit(name)
    page = enter(open_page(size), guest_site, name)
    is_in(page)
    page.goto(f"{address_of(guest_site)}/settings/connections/")
    page.get_by_role("link", name="Connect Example").click()
    authorize(page, name)
    confirm(page)
    expect(page.get_by_role("button", name="Disconnect")).to_be_visible()
    fits(page)
    leave(page)
    page.goto(f"{address_of(guest_site)}/accounts/login/")
    page.get_by_role("link", name="Sign in with Example").click()
    authorize(page, name)
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()


@SIZES
def test_an_admin_gives_a_new_password_by_a_link_and_closes_an_account(
    open_page: OpenPage, guest_site: Site, size: dict[str, int]
) -> None:
    name = f"forgetful{size['width']}"
    guest_site.admit(name)
    admin = open_page(size)
    admin.context.add_cookies(guest_site.cookies("admin"))  # type: ignore[arg-type]
    admin.goto(f"{guest_site.url}/admin/auth/user/?q={name}")
    admin.get_by_role("checkbox", name=name).check()
    admin.get_by_label("Action:").select_option("Make a link for a new password")
    admin.get_by_role("button", name="Go", exact=True).click()
    link = admin.locator(".issued-key code").inner_text()
    page = open_page(size)
    page.goto(link)
    expect(page.get_by_role("heading", name=f"A new password for {name}")).to_be_visible()
    assert "token" not in page.url
    fits(page)
    choose_password(page, "Change password")
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    is_in(enter(page, guest_site, name, FRESH))
    guest_site.shell(f"User.objects.filter(username={name!r}).update(is_active=False)")
    leave(page)
    enter(page, guest_site, name, FRESH)
    expect(page.get_by_role("heading", name="This account is closed")).to_be_visible()
    fits(page)
