"""Coming in, in a browser, at desktop and phone: from the admin's invitation to the first page, and by the provider."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
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


@SIZES
def test_somebody_comes_in_by_the_provider(
    open_page: OpenPage, guest_site: Site, issuer: Issuer, size: dict[str, int]
) -> None:
    issuer.tell("s-1", preferred_username="provided")
    page = open_page(size)
    page.goto(f"{guest_site.url}/accounts/login/")
    page.get_by_role("link", name="Sign in with Example").click()
    page.locator("input[name=sub]").fill("s-1")
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
