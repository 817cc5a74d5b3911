"""The list of conversations, what can be done with them, and what changes elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.finders import Person, choose, conversations, crowd_of, entry, titles
from tests.browser.talk import ask, look, settled
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text


@pytest.fixture(scope="module")
def crowd(site: Site) -> list[Person]:
    return crowd_of(site, "finder", 16)


@pytest.fixture
def page(open_page: OpenPage, finder: Person) -> Page:
    return finder.sign_in(open_page())


@pytest.fixture
def client(finder: Person) -> Iterator[httpx2.Client]:
    with finder.client() as client:
        yield client


def test_the_list_stands_under_headings_that_tell_when(page: Page) -> None:
    expect(titles(page, "Pinned")).to_have_text(["Old friend"])
    expect(titles(page, "Today")).to_have_text(["Bicycles", "Bridges"])
    expect(titles(page, "Yesterday")).to_have_text(["Snow"])
    expect(titles(page, "Previous 7 days")).to_have_text(["Taxes"])
    expect(conversations(page).get_by_role("heading")).to_have_text(["Pinned", "Today", "Yesterday", "Previous 7 days"])


def test_older_ones_come_when_the_end_comes_into_view(open_page: OpenPage, collector: Person) -> None:
    page = collector.sign_in(open_page())
    links = page.locator("#conversations a")
    for count in (50, 100, 150, 170):
        expect(links).to_have_count(count)
        page.locator("#lists").evaluate("e => e.scrollTo(0, e.scrollHeight)")
    moments = page.locator("#conversations li").evaluate_all("all => all.map((e) => Date.parse(e.dataset.updatedAt))")
    assert moments == sorted(moments, reverse=True)
    expect(conversations(page).get_by_role("heading", name="Today")).to_have_count(1)


def test_renaming_takes_enter_and_leaves_it_with_escape(page: Page) -> None:
    link = entry(page, "Bridges").get_by_role("link")
    link.focus()
    page.keyboard.press("ContextMenu")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("Enter")
    box = page.get_by_role("textbox", name="Title")
    expect(box).to_be_focused()
    expect(box).to_have_value("Bridges")
    page.keyboard.type("Aqueducts")
    page.keyboard.press("Escape")
    expect(entry(page, "Bridges").get_by_role("link")).to_be_focused()
    choose(page, "Bridges", "Rename")
    page.keyboard.type("Viaducts")
    with page.expect_response("**/api/conversations/*"):
        page.keyboard.press("Enter")
    expect(entry(page, "Viaducts").get_by_role("link")).to_be_focused()
    page.reload()
    expect(titles(page, "Today")).to_have_text(["Bicycles", "Viaducts"])


def test_renaming_goes_on_while_its_entry_gets_another_place(page: Page, finder: Person, client: httpx2.Client) -> None:
    with page.expect_response("**/api/conversations?pinned=true"):
        page.reload()
    choose(page, "Snow", "Rename")
    box = page.get_by_role("textbox", name="Title")
    page.keyboard.type("Sleet and")
    taxes, snow = (f"/api/conversations/{finder.talks[number]}" for number in (3, 2))
    client.patch(snow, json={"pinned": True})
    client.patch(taxes, json={"title": "Seen after it"})
    expect(entry(page, "Seen after it")).to_be_visible()
    expect(box).to_be_focused()
    page.keyboard.type(" ice")
    expect(box).to_have_value("Sleet and ice")
    page.keyboard.press("Enter")
    expect(titles(page, "Pinned")).to_have_text(["Sleet and ice", "Old friend"])
    expect(entry(page, "Sleet and ice").get_by_role("link")).to_be_focused()


def test_pinning_keeps_a_conversation_on_top(page: Page) -> None:
    choose(page, "Taxes", "Pin")
    expect(titles(page, "Pinned")).to_have_text(["Taxes", "Old friend"])
    expect(conversations(page).get_by_role("heading", name="Previous 7 days")).to_have_count(0)
    page.reload()
    expect(titles(page, "Pinned")).to_have_text(["Taxes", "Old friend"])
    choose(page, "Old friend", "Unpin")
    expect(titles(page, "Pinned")).to_have_text(["Taxes"])
    page.reload()
    expect(titles(page, "Pinned")).to_have_text(["Taxes"])


def test_the_archived_ones_have_a_place_of_their_own(page: Page) -> None:
    choose(page, "Snow", "Archive")
    expect(entry(page, "Snow")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Archived “Snow”")).to_be_visible()
    page.reload()
    expect(entry(page, "Snow")).to_have_count(0)
    page.locator("#user-button").click()
    page.get_by_role("menuitem", name="Archived chats").click()
    expect(conversations(page).get_by_role("link", name="Snow")).to_be_visible()
    expect(entry(page, "Bicycles")).to_have_count(0)
    choose(page, "Snow", "Unarchive")
    expect(conversations(page).get_by_text("Chats you archive are kept here")).to_be_visible()
    page.get_by_role("button", name="Back to all chats").click()
    expect(titles(page, "Yesterday")).to_have_text(["Snow"])


def test_a_conversation_can_be_taken_away_as_markdown_and_as_json(page: Page) -> None:
    for kind, ending in (("Markdown", ".md"), ("JSON", ".json")):
        with page.expect_download() as download:
            choose(page, "Bridges", f"Export as {kind}")
        assert download.value.suggested_filename.startswith("bridges-")
        assert download.value.suggested_filename.endswith(ending)
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert "The zebra of Bridges" in text
    assert json.loads(text)["title"] == "Bridges"


def test_deleting_is_at_once_and_can_be_undone(page: Page) -> None:
    choose(page, "Snow", "Delete")
    expect(entry(page, "Snow")).to_have_count(0)
    expect(entry(page, "Taxes").get_by_role("link")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Deleted “Snow”")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(titles(page, "Yesterday")).to_have_text(["Snow"])
    expect(entry(page, "Snow").get_by_role("link")).to_be_focused()
    choose(page, "Snow", "Delete")
    expect(entry(page, "Snow")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(titles(page, "Yesterday")).to_have_text(["Snow"])
    page.reload()
    expect(titles(page, "Yesterday")).to_have_text(["Snow"])


def test_all_that_was_deleted_in_a_row_can_be_brought_back(page: Page, finder: Person) -> None:
    page.goto(f"{finder.site.url}/c/{finder.talks[0]}")
    choose(page, "Snow", "Delete")
    choose(page, "Taxes", "Delete")
    expect(page.get_by_role("status").filter(has_text="Deleted “Taxes” and 1 more")).to_be_visible()
    choose(page, "Bicycles", "Delete")
    page.wait_for_url(f"{finder.site.url}/")
    expect(page.get_by_role("status").filter(has_text="Deleted “Bicycles” and 2 more")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(f"{finder.site.url}/c/{finder.talks[0]}")
    page.get_by_role("button", name="Undo").click()
    expect(titles(page, "Previous 7 days")).to_have_text(["Taxes"])
    expect(page.get_by_role("status").filter(has_text="Deleted “Snow”")).to_be_visible()
    page.get_by_role("button", name="New chat").or_(page.locator("#new-chat")).first.focus()
    page.keyboard.press("Control+z")
    expect(titles(page, "Yesterday")).to_have_text(["Snow"])
    page.reload()
    expect(titles(page, "Yesterday")).to_have_text(["Snow"])
    expect(titles(page, "Previous 7 days")).to_have_text(["Taxes"])


def test_deleting_the_open_conversation_leads_to_a_new_one_and_back(page: Page, finder: Person) -> None:
    address = f"{finder.site.url}/c/{finder.talks[0]}"
    page.goto(address)
    choose(page, "Bicycles", "Delete")
    page.wait_for_url(f"{finder.site.url}/")
    expect(entry(page, "Bicycles")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Deleted “Bicycles”")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(address)
    expect(page.get_by_role("log")).to_contain_text("The zebra of Bicycles")
    expect(entry(page, "Bicycles")).to_have_count(1)


def test_what_the_server_refuses_is_said_and_taken_back(page: Page) -> None:
    page.route("**/api/conversations/*", lambda route: route.fulfill(status=500, body=""))
    choose(page, "Snow", "Pin")
    expect(page.get_by_role("status").filter(has_text="Could not be changed")).to_be_visible()
    expect(titles(page, "Yesterday")).to_have_text(["Snow"])
    choose(page, "Snow", "Delete")
    expect(page.get_by_role("status").filter(has_text="Could not be deleted")).to_be_visible()
    page.unroute("**/api/conversations/*")
    page.get_by_role("button", name="Try again").click()
    expect(entry(page, "Snow")).to_have_count(0)


def test_the_list_follows_what_other_devices_do(
    page: Page, finder: Person, client: httpx2.Client, upstream: Upstream
) -> None:
    page.goto(f"{finder.site.url}/c/{finder.talks[1]}")
    bridges, taxes = (f"/api/conversations/{finder.talks[number]}" for number in (1, 3))
    client.patch(bridges, json={"title": "Renamed elsewhere"})
    expect(entry(page, "Renamed elsewhere")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Renamed elsewhere")
    expect(page).to_have_title("Renamed elsewhere · chatsite")
    client.patch(taxes, json={"pinned": True})
    expect(titles(page, "Pinned")).to_have_text(["Taxes", "Old friend"])
    client.delete(taxes)
    expect(entry(page, "Taxes")).to_have_count(0)
    client.post(f"{taxes}/restore")
    expect(titles(page, "Pinned")).to_have_text(["Taxes", "Old friend"])
    upstream.script_prompt("seen from elsewhere", tokens=8, then="hang", after=4, hang_seconds=6)
    with client.stream(
        "POST", "/api/chat/stream", json={"message": "seen from elsewhere", "model": "gpt-4o-mini"}
    ) as stream:
        shown = entry(page, "seen from elsewhere")
        expect(shown).to_have_attribute("data-streaming", "")
        expect(titles(page, "Today").first).to_have_text("seen from elsewhere")
        stream.read()
    expect(shown).not_to_have_attribute("data-streaming", "")


def test_the_archived_ones_follow_what_other_devices_do(page: Page, finder: Person, client: httpx2.Client) -> None:
    bicycles, bridges, snow = (f"/api/conversations/{name}" for name in finder.talks[:3])
    client.patch(snow, json={"archived": True})
    page.locator("#user-button").click()
    page.get_by_role("menuitem", name="Archived chats").click()
    shown = page.locator("#archived").get_by_role("link")
    expect(shown).to_have_text(["Snow"])
    client.patch(bridges, json={"archived": True})
    expect(shown).to_have_text(["Bridges", "Snow"])
    client.patch(snow, json={"archived": False})
    expect(shown).to_have_text(["Bridges"])
    look(page, away=True)
    client.patch(bicycles, json={"archived": True})
    client.delete(bridges)
    look(page, away=False)
    expect(shown).to_have_text(["Bicycles"])


def test_an_answer_asked_for_in_another_tab_is_followed_here(page: Page, finder: Person, upstream: Upstream) -> None:
    upstream.script_prompt("asked in the other tab", tokens=40, then="hang", after=10, hang_seconds=8)
    address = f"{finder.site.url}/c/{finder.talks[0]}"
    page.goto(address)
    other = page.context.new_page()
    with page.expect_response("**/api/conversations?pinned=true"):
        page.reload()
    other.goto(address)
    ask(other, "asked in the other tab")
    expect(page.locator("article[data-role=user]").last).to_contain_text("asked in the other tab")
    answer = page.locator("article[data-role=assistant]").last
    expect(answer.locator(".text")).to_have_text(default_text(10))
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    settled(answer)
    expect(answer.locator(".text")).to_have_text(default_text(40))
    expect(page.locator("article")).to_have_count(4)


def test_a_page_nobody_looks_at_lets_go_and_asks_anew_when_it_is_looked_at(
    page: Page, finder: Person, client: httpx2.Client
) -> None:
    with page.expect_response("**/api/conversations?pinned=true"):
        page.reload()
    look(page, away=True)
    client.patch(f"/api/conversations/{finder.talks[0]}", json={"title": "Renamed meanwhile"})
    client.delete(f"/api/conversations/{finder.talks[2]}")
    look(page, away=False)
    expect(entry(page, "Renamed meanwhile")).to_be_visible()
    expect(entry(page, "Snow")).to_have_count(0)
    expect(entry(page, "Old friend")).to_have_count(1)
