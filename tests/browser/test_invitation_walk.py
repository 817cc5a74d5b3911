"""The README's way to a colleague who is in, walked in a browser on a fresh site: no more steps than it tells."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import ask, settled
from tests.browser.test_accounts import SIZES, fits, is_in
from tests.harness.people import NEW_PASSWORD
from tests.harness.site import ROOT, Site


@pytest.fixture(scope="module")
def told() -> str:
    """What the README says of inviting, up to the end of its steps."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## Inviting a team")[1]
    return section.split("\n\nA link works once")[0]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, told: str) -> Iterator[Site]:
    """A site that nobody has touched, with the setting that the README names."""
    setting = dict([re.findall(r"`(CHAT_\w+)=(\w+)`", told)[0]])
    with Site(tmp_path_factory.mktemp("fresh"), setting, people=False) as running:
        yield running


@pytest.fixture
def host(open_page: OpenPage, fresh: Site) -> Page:
    """The first admin's page: by the printed link, or by signing in where that is used up."""
    page = open_page()
    page.goto(fresh.setup_url)
    if page.get_by_role("heading", name="This link is used up").count():
        page.goto(f"{fresh.url}/accounts/login/")
        page.get_by_label("Name or email").fill("host")
        page.get_by_label("Password").fill(NEW_PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
    else:
        page.get_by_label("Name").fill("host")
        page.get_by_label("Password").fill(NEW_PASSWORD)
        page.get_by_role("button", name="Begin").click()
    is_in(page)
    return page


@pytest.mark.parametrize("size", SIZES)
def test_a_colleague_asks_the_first_question_after_the_steps_that_the_readme_tells(
    open_page: OpenPage, host: Page, fresh: Site, told: str, size: dict[str, int]
) -> None:
    steps = re.findall(r"^\d\. (.*)$", told, flags=re.MULTILINE)
    assert len(steps) == 3
    table, add = re.findall(r"\*(\w+)\*", steps[0])
    host.set_viewport_size(size)  # type: ignore[arg-type]
    host.goto(f"{fresh.url}/admin/")
    host.get_by_role("row", name=table).get_by_role("link", name=add).click()
    # A group, an address, another end: nothing of it needs to be said.
    host.get_by_role("button", name="Save", exact=True).click()
    link = host.locator(".issued-key code").inner_text()

    colleague = open_page(size)
    colleague.goto(link)
    fits(colleague)
    name = f"colleague{size['width']}"
    colleague.get_by_label("Name").fill(name)
    colleague.get_by_label("Password").fill(NEW_PASSWORD)
    colleague.keyboard.press("Enter")
    is_in(colleague)
    expect(colleague.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()
    expect(settled(ask(colleague, "Am I in?", model="demo"), seconds=30)).to_contain_text("Am I in?")
    fits(colleague)
