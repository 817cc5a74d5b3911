"""What goes by mail, in a browser and through a real mail server, at desktop and phone."""

import re
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from chat.access import throttle
from tests.browser.conftest import OpenPage
from tests.browser.test_accounts import NEW_PASSWORD, SIZES, address_of, confirm, enter, fits, is_in, leave
from tests.harness.site import PASSWORD, Site
from tests.harness.smtp import Mailbox

LINK = re.compile(r"http://[^\s<&]+/accounts/[^\s<&]+")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Site]:
    """A site that everybody may join, and that sends mail."""
    environment = {"CHAT_SIGNUP": "open", "EMAIL_URL": mailbox.url}
    with Site(tmp_path_factory.mktemp("mailing"), environment) as running:
        yield running


def link_in(message: EmailMessage) -> str:
    (link,) = LINK.findall(message.get_content())
    return str(link)


def addressed(site: Site, name: str) -> str:
    """Make somebody with a mail address. Returns it."""
    email = f"{name}@else.example"
    site.shell(
        f"user = User.objects.create_user({name!r}, {email!r}, {PASSWORD!r})",
        f"EmailAddress.objects.create(user=user, email={email!r}, primary=True, verified=True)",
    )
    return email


def choose_password(page: Page) -> None:
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password once more").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    fits(page)


@pytest.mark.parametrize("size", SIZES)
def test_a_new_address_takes_the_old_ones_place_once_it_is_confirmed(
    open_page: OpenPage, mailing: Site, mailbox: Mailbox, size: dict[str, int]
) -> None:
    name = f"mover{size['width']}"
    old, slip, new = addressed(mailing, name), f"{name}@slip.example", f"{name}@new.example"
    page = enter(open_page(size), mailing, name)
    is_in(page)
    page.goto(f"{address_of(mailing)}/settings/profile/")
    page.get_by_role("link", name="Change email").click()
    page.get_by_label("New email").fill(slip)
    page.get_by_role("button", name="Change email").click()
    confirm(page)
    expect(page.get_by_text(f"{slip} waits")).to_be_visible()
    fits(page)
    link_in(mailbox.next(slip))
    page.get_by_role("button", name=f"Keep {old}").click()
    expect(page.get_by_text(f"{old} is your address")).to_be_visible()
    page.get_by_label("New email").fill(new)
    page.get_by_role("button", name="Change email").click()
    expect(page.get_by_text(f"{new} waits")).to_be_visible()
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.get_by_text(f"{old}. You can sign in with it")).to_be_visible()

    page.goto(link_in(mailbox.next(new)))
    heading(page, "Confirm your address")
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/settings/profile/")
    fits(page)
    expect(page.get_by_text(f"{new}. You can sign in with it")).to_be_visible()
    leave(page)
    enter(page, mailing, old)
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    is_in(enter(page, mailing, new))
    assert mailbox.is_empty()


@pytest.mark.parametrize("size", SIZES)
def test_a_forgotten_password_is_replaced_by_a_link_in_a_mail(
    open_page: OpenPage, mailing: Site, mailbox: Mailbox, size: dict[str, int]
) -> None:
    name = f"forgetter{size['width']}"
    email = addressed(mailing, name)
    with closing(mailing.session(name)) as elsewhere:
        page = open_page(size)
        page.goto(f"{address_of(mailing)}/accounts/login/")
        page.get_by_role("link", name="Forgotten your password?").click()
        heading(page, "A new password")
        page.get_by_label("Email").fill(email)
        page.get_by_role("button", name="Send the link").click()
        heading(page, "Look into your mail")
        link = link_in(mailbox.next(email))
        page.goto(link)
        # The link's secret does not stay in the address, where it is seen and told to others.
        assert link not in page.url
        heading(page, "A new password")
        choose_password(page)
        heading(page, "Your password is changed")
        assert elsewhere.get("/api/models").status_code == 401
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name or email").fill(name)
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    is_in(page)
    leave(page)
    page.goto(link)
    heading(page, "This link is over")
    # Who asks for many is told to wait, and the mailbox is spared.
    for number in range(throttle.OF_RESETS.burst):
        page.goto(f"{address_of(mailing)}/accounts/password/reset/")
        page.get_by_label("Email").fill(email)
        page.get_by_role("button", name="Send the link").click()
        if number < throttle.OF_RESETS.burst - 1:
            heading(page, "Look into your mail")
            mailbox.next(email)
    heading(page, "Too many attempts")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Wait \d+ (minutes|seconds)"))
    assert mailbox.is_empty()


@pytest.mark.parametrize("size", SIZES)
def test_an_invitation_is_mailed_and_its_address_is_the_new_persons(
    open_page: OpenPage, mailing: Site, mailbox: Mailbox, size: dict[str, int]
) -> None:
    email = f"invited{size['width']}@else.example"
    admin = open_page(size)
    admin.context.add_cookies(mailing.cookies("admin"))  # type: ignore[arg-type]
    admin.goto(f"{mailing.url}/admin/chat/invitation/add/")
    admin.get_by_label("Email").fill(email)
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_text(f"It is on its way to {email}")).to_be_visible()
    message = mailbox.next(email)
    assert message["Subject"].startswith("admin invites you to")
    page = open_page(size)
    page.goto(link_in(message))
    expect(page.get_by_text(f"Your address is {email}")).to_be_visible()
    fits(page)
    page.get_by_label("Name").fill(f"invited{size['width']}")
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Join").click()
    is_in(page)
    page.goto(f"{mailing.url}/settings/profile/")
    expect(page.get_by_text(f"{email}. You can sign in with it")).to_be_visible()
    # The link went there: no second message asks for it.
    assert mailbox.is_empty()


@pytest.mark.parametrize("size", SIZES)
def test_who_signs_up_comes_in_when_the_address_is_confirmed(
    open_page: OpenPage, mailing: Site, mailbox: Mailbox, size: dict[str, int]
) -> None:
    name = f"newcomer{size['width']}"
    email = f"{name}@else.example"
    page = open_page(size)
    page.goto(f"{address_of(mailing)}/accounts/login/")
    page.get_by_role("link", name="Make an account").click()
    heading(page, "Make an account")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    heading(page, "Look into your mail")
    link = link_in(mailbox.next(email))
    page.get_by_role("link", name="To the sign-in page").click()
    enter(page, mailing, name, NEW_PASSWORD)
    heading(page, "Look into your mail")
    page.goto(link)
    expect(page.get_by_text(f"{email} becomes the mail address of the account {name}")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Confirm").click()
    is_in(enter(page, mailing, email, NEW_PASSWORD))
    page.goto(link)
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)
    assert mailbox.is_empty()
