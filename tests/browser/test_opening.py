"""Opening one conversation after the other in the same page, as if each were a page of its own."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MODEL, ask, chosen_model, settled
from tests.harness.browser import PHONE, sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

TALK = """
from uuid import uuid4
owner = User.objects.get(username="alice")
def talk(title, count, **fields):
    talk = Conversation.objects.create(owner=owner, title=title, **fields)
    said = None
    for place in range(count):
        role = "assistant" if place % 2 else "user"
        content = f"# {title}\\n\\nPart **{place}** " + "word " * 60
        said = Message.objects.create(conversation=talk, parent=said, role=role, content=content, model="gpt-4o")
    return talk.pk
print(talk("Rivers", 4, system_prompt="Be wet", temperature=0.5), talk("Mountains", 120))
"""
LOADED = "window.stays = true"


@pytest.fixture(scope="module")
def talks(site: Site) -> tuple[str, str]:
    """The ids of a short conversation and of a long one."""
    rivers, mountains = site.shell(TALK).split()
    return rivers, mountains


@pytest.fixture
def page(open_page: OpenPage, site: Site, talks: tuple[str, str]) -> Iterator[Page]:
    """Alice's page, which is never loaded again."""
    page = sign_in(open_page(), site, "alice")
    page.evaluate(LOADED)
    yield page
    assert page.evaluate("window.stays") is True


def link(page: Page, title: str) -> Locator:
    return page.get_by_role("navigation", name="Conversations").get_by_role("link", name=title, exact=True)


def title(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def message(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def test_a_click_opens_it_in_the_same_page_and_a_reload_shows_the_same(
    open_page: OpenPage, site: Site, talks: tuple[str, str]
) -> None:
    page = sign_in(open_page(), site, "alice")
    page.evaluate(LOADED)
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    expect(page).to_have_url(f"{site.url}/c/{talks[0]}")
    expect(page).to_have_title("Rivers · chatsite")
    expect(page.locator("article h2")).to_have_text(["Rivers"] * 2)
    expect(link(page, "Rivers")).to_have_attribute("aria-current", "page")
    expect(page.locator("#news")).to_have_text("Rivers")
    expect(message(page)).to_be_focused()
    expect(page.locator("#welcome")).to_be_hidden()
    expect(page.get_by_role("button", name="Temporary chat")).to_be_hidden()
    assert page.evaluate("window.stays") is True
    described = """() => [...document.querySelectorAll("article, #thread > header")].map((each) => {
        const copy = each.cloneNode(true);
        for (const part of copy.querySelectorAll("[data-turn]")) part.removeAttribute("data-turn");
        copy.removeAttribute("data-turn");
        return copy.textContent.replace(/\\s+/g, " ");
    })"""
    before = page.evaluate(described)
    page.reload()
    expect(page.locator("article h2")).to_have_text(["Rivers"] * 2)
    assert page.evaluate(described) == before


def test_back_and_forward_lead_through_what_was_opened(page: Page, site: Site, talks: tuple[str, str]) -> None:
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    link(page, "Mountains").click()
    expect(title(page)).to_have_text("Mountains")
    page.keyboard.press("Control+Shift+O")
    expect(page.get_by_role("heading", name="Hello, alice")).to_be_visible()
    expect(page).to_have_title("chatsite")
    expect(title(page)).to_have_text("New chat")
    expect(page.get_by_role("button", name="Temporary chat")).to_be_visible()
    page.go_back()
    expect(title(page)).to_have_text("Mountains")
    page.go_back()
    expect(title(page)).to_have_text("Rivers")
    expect(page).to_have_url(f"{site.url}/c/{talks[0]}")
    page.go_back()
    expect(page.get_by_role("heading", name="Hello, alice")).to_be_visible()
    page.go_forward()
    expect(title(page)).to_have_text("Rivers")
    expect(page.locator("article h2")).to_have_text(["Rivers"] * 2)


def test_back_leads_to_where_one_was_reading_also_far_above_the_end(page: Page) -> None:
    link(page, "Mountains").click()
    articles = page.locator("article")
    for count in (16, 56):
        expect(articles).to_have_count(count)
        page.locator("#scroller").evaluate("e => e.scrollTo(0, 0)")
    expect(articles).to_have_count(96)
    wanted = articles.filter(has_text=re.compile(r"Part 45\b"))
    wanted.evaluate("e => e.scrollIntoView({ block: 'start' })")
    expect(wanted).to_be_in_viewport()
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    page.go_back()
    expect(title(page)).to_have_text("Mountains")
    expect(wanted).to_be_in_viewport()
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    link(page, "Mountains").click()
    expect(articles.last).to_be_in_viewport()


def test_older_messages_come_as_in_a_page_of_its_own(page: Page) -> None:
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    link(page, "Mountains").click()
    for count in (16, 56, 96, 120):
        expect(page.locator("article")).to_have_count(count)
        page.locator("#scroller").evaluate("e => e.scrollTo(0, 0)")
    expect(page.locator("article").first).to_contain_text("Part **0**")
    expect(page.locator("article h2")).to_have_count(60)


def test_each_conversation_keeps_what_was_typed_in_it(page: Page) -> None:
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    message(page).fill("half a thought")
    link(page, "Mountains").click()
    expect(message(page)).to_have_value("")
    message(page).fill("another one")
    page.get_by_role("link", name="New chat").first.click()
    expect(message(page)).to_have_value("")
    page.go_back()
    expect(message(page)).to_have_value("another one")
    page.go_back()
    expect(message(page)).to_have_value("half a thought")


def test_an_answer_goes_on_while_another_conversation_is_read(page: Page, site: Site, upstream: Upstream) -> None:
    upstream.script_prompt("left in the middle", tokens=60, then="hang", after=8)
    answer = ask(page, "left in the middle")
    expect(answer.locator(".text")).to_have_text(default_text(8))
    address = page.url
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    expect(page.locator("article[aria-busy]")).to_have_count(0)
    expect(page.locator("#news")).to_have_text("Rivers")
    expect(link(page, "left in the middle").locator("xpath=..")).to_have_attribute("data-streaming", "")
    page.go_back()
    expect(page).to_have_url(address)
    expect(answer.locator(".text")).to_have_text(default_text(8))
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    upstream.release("left in the middle")
    settled(answer)
    expect(answer.locator(".text")).to_have_text(default_text(60))
    assert len([r for r in upstream.log(MODEL) if "left in the middle" in str(r.body)]) == 1


def test_the_next_question_belongs_to_what_was_opened(page: Page, site: Site, upstream: Upstream) -> None:
    settled(ask(page, "asked in a new one"))
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    settled(ask(page, "asked of rivers"))
    sent = upstream.log(MODEL)[-1].body["messages"]
    assert [each["role"] for each in sent] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert sent[0]["content"] == "Be wet"
    expect(title(page)).to_have_text("Rivers")
    page.get_by_role("button", name="Chat settings").click()
    expect(page.get_by_label("System prompt")).to_have_value("Be wet")
    expect(page.get_by_label("Temperature as a number")).to_have_value("0.5")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="New chat").first.click()
    expect(page.get_by_role("heading", name="Hello, alice")).to_be_visible()
    page.get_by_role("button", name="Chat settings").click()
    expect(page.get_by_label("System prompt")).to_have_value("")
    expect(page.get_by_label("Temperature as a number")).to_have_value("")
    page.keyboard.press("Escape")
    expect(chosen_model(page)).to_have_text(MODEL)
    settled(ask(page, "asked in the newest one"))
    expect(page.locator("article")).to_have_count(2)
    expect(title(page)).to_have_text("asked in the newest one")


def test_what_was_set_is_kept_where_it_was_set(page: Page, site: Site, talks: tuple[str, str]) -> None:
    link(page, "Mountains").click()
    expect(title(page)).to_have_text("Mountains")
    page.get_by_role("button", name="Chat settings").click()
    page.get_by_label("System prompt").fill("Be high")
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="Hello, alice")).to_be_visible()
    with site.client("alice") as alice:
        assert alice.get(f"/api/conversations/{talks[1]}").json()["system_prompt"] == "Be high"
        assert alice.get(f"/api/conversations/{talks[0]}").json()["system_prompt"] == "Be wet"


def test_a_temporary_chat_is_left_and_found_again(page: Page) -> None:
    note = page.get_by_text("Not in your history or search")
    page.get_by_role("button", name="Temporary chat").click()
    settled(ask(page, "for now only"))
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    expect(note).to_be_hidden()
    page.go_back()
    expect(title(page)).to_have_text("for now only")
    expect(page.locator("article")).to_have_count(2)
    expect(note).to_be_visible()
    expect(page.get_by_role("navigation", name="Conversations")).not_to_contain_text("for now only")
    page.get_by_role("link", name="New chat").first.click()
    expect(note).to_be_hidden()
    expect(page.get_by_role("button", name="Temporary chat")).to_have_attribute("aria-pressed", "false")


def test_another_tab_is_opened_by_a_click_that_asks_for_one(page: Page, talks: tuple[str, str]) -> None:
    with page.context.expect_page() as opened:
        link(page, "Rivers").click(modifiers=["Control"])
    expect(title(opened.value)).to_have_text("Rivers")
    expect(page.get_by_role("heading", name="Hello, alice")).to_be_visible()


def test_a_place_in_a_conversation_is_still_reached_by_its_address(
    open_page: OpenPage, site: Site, talks: tuple[str, str]
) -> None:
    page = sign_in(open_page(), site, "alice")
    with site.client("alice") as alice:
        said = alice.get(f"/api/conversations/{talks[1]}").json()["messages"][10]["id"]
    page.goto(f"{site.url}/c/{talks[1]}?at={said}")
    expect(page.locator(f"article[data-message-id='{said}']")).to_be_in_viewport()
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    page.go_back()
    expect(page.locator(f"article[data-message-id='{said}']")).to_be_in_viewport()
    expect(title(page)).to_have_text("Mountains")


def test_what_is_gone_is_said_by_a_page(open_page: OpenPage, site: Site) -> None:
    with site.client("bob") as bob:
        kept = bob.post("/api/chat", json={"message": "soon gone", "model": MODEL}).json()["conversation_id"]
        page = sign_in(open_page(), site, "bob")
        page.route("**/api/events", lambda route: route.abort())
        page.reload()
        bob.delete(f"/api/conversations/{kept}")
    link(page, "soon gone").click()
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_on_a_phone_the_list_makes_way(open_page: OpenPage, site: Site, talks: tuple[str, str]) -> None:
    page = sign_in(open_page(PHONE, has_touch=True, is_mobile=True), site, "alice")
    page.get_by_role("button", name="Open sidebar").click()
    link(page, "Rivers").click()
    expect(title(page)).to_have_text("Rivers")
    expect(page.get_by_role("navigation", name="Conversations")).to_be_hidden()
    expect(message(page)).not_to_be_focused()
