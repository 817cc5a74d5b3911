"""What other devices say meanwhile, what was not sent or not finished: nothing of it is lost or misplaced."""

import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MODEL, act, again, answers, ask, look, questions, settled, tree
from tests.harness.browser import sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream


def ask_elsewhere(client: httpx2.Client, page: Page, message: str, **more: str | None) -> None:
    """Ask in the page's conversation as another device does."""
    name = page.url.rpartition("/")[2].partition("?")[0]
    body = {"message": message, "conversation_id": name, "model": MODEL, **more}
    assert client.post("/api/chat", json=body).status_code == 200


def asked(upstream: Upstream) -> list[str]:
    """Return what the last request said, without its answers."""
    messages = upstream.log(MODEL)[-1].body["messages"]
    return [each["content"] for each in messages if each["role"] == "user"]


@pytest.fixture
def held(page: Page) -> Page:
    """Alice's page, which holds its feed; with a conversation in it."""
    settled(ask(page, "said here"))
    with page.expect_response("**/api/events"):
        page.reload()
    return page


def test_what_was_said_elsewhere_stands_in_the_thread_when_it_is_looked_at_again(
    held: Page, alice: httpx2.Client, upstream: Upstream
) -> None:
    look(held, away=True)
    ask_elsewhere(alice, held, "said elsewhere")
    expect(questions(held)).to_have_count(1)
    look(held, away=False)
    expect(questions(held).locator(".text")).to_have_text(["said here", "said elsewhere"])
    settled(ask(held, "said here again"))
    assert asked(upstream) == ["said here", "said elsewhere", "said here again"]


def test_a_quick_answer_elsewhere_stands_in_the_thread_although_nobody_saw_it_grow(
    held: Page, alice: httpx2.Client
) -> None:
    ask_elsewhere(alice, held, "said quickly elsewhere")
    expect(questions(held).locator(".text")).to_have_text(["said here", "said quickly elsewhere"])
    settled(answers(held).last)


def test_a_question_follows_what_the_page_shows_and_not_what_it_does_not(
    held: Page, alice: httpx2.Client, upstream: Upstream
) -> None:
    look(held, away=True)
    ask_elsewhere(alice, held, "nobody here saw this")
    settled(ask(held, "said to what is seen"))
    assert asked(upstream) == ["said here", "said to what is seen"]
    held.reload()
    expect(questions(held).locator(".text")).to_have_text(["said here", "said to what is seen"])
    expect(questions(held).last.locator(".version")).to_have_text("2/2")


def test_a_branch_that_an_address_led_to_stays_and_is_what_the_next_question_follows(
    page: Page, site: Site, alice: httpx2.Client, upstream: Upstream
) -> None:
    upstream.script_prompt("two answers to this", {"text": ["The old one"]}, {"text": ["The new one"]}, {})
    settled(again(page, settled(ask(page, "two answers to this"))))
    old = next(each["id"] for each in tree(site, page) if each["content"] == "The old one")
    address = page.url
    with page.expect_response("**/api/events"):
        page.goto(f"{address}?at={old}")
    look(page, away=True)
    with page.expect_response("**/api/conversations/*last=*"):
        look(page, away=False)
    expect(answers(page).locator(".text")).to_have_text("The old one")
    settled(ask(page, "and to the old one"))
    sent = upstream.log(MODEL)[-1].body["messages"]
    assert [each["content"] for each in sent] == ["two answers to this", "The old one", "and to the old one"]


def test_a_refused_question_follows_the_version_that_is_shown_when_it_is_sent_again(
    page: Page, upstream: Upstream
) -> None:
    upstream.script_prompt("a refusal comes next", {"text": ["One"]}, {"text": ["Two"]}, {})
    settled(again(page, settled(ask(page, "a refusal comes next"))))
    page.route(
        "**/api/chat/stream",
        lambda route: route.fulfill(status=400, json={"error": {"type": "invalid_request", "message": "Not so."}}),
    )
    settled(ask(page, "put otherwise"), "failed")
    page.unroute("**/api/chat/stream")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("put otherwise")
    act(answers(page).first, "Previous version")
    expect(answers(page).first.locator(".text")).to_have_text("One")
    page.get_by_role("button", name="Send").click()
    settled(answers(page).last)
    sent = upstream.log(MODEL)[-1].body["messages"]
    assert [each["content"] for each in sent] == ["a refusal comes next", "One", "put otherwise"]
    expect(questions(page)).to_have_count(2)


def test_a_question_that_was_not_sent_is_there_after_a_reload_and_can_be_sent_or_dropped(
    page: Page, upstream: Upstream
) -> None:
    for message in ("unsent at first", "unsent as well"):
        page.route("**/api/chat/stream", lambda route: route.abort())
        settled(ask(page, message), "failed")
    page.get_by_role("textbox", name="Message").fill("something else")
    page.reload()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("something else")
    expect(questions(page).locator(".text")).to_have_text(["unsent at first", "unsent as well"])
    expect(answers(page).locator(".trouble-text")).to_have_text(["This was not sent."] * 2)
    page.unroute("**/api/chat/stream")
    act(questions(page).last, "Delete question and answers")
    expect(questions(page)).to_have_count(1)
    answers(page).get_by_role("button", name="Retry").click()
    settled(answers(page).last)
    assert asked(upstream) == ["unsent at first"]
    page.reload()
    expect(questions(page).locator(".text")).to_have_text(["unsent at first"])
    settled(ask(page, "the second question"))
    page.get_by_role("link", name="New chat").first.click()
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()


def test_a_question_that_came_after_all_is_not_offered_again(page: Page, upstream: Upstream) -> None:
    settled(ask(page, "the line breaks next"))
    upstream.script_prompt("on its way", tokens=5)

    def lose(route: object) -> None:
        # It reaches the server; the answer does not come back.
        route.fetch()  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/api/chat/stream", lose)
    expect(ask(page, "on its way")).to_have_attribute("data-status", re.compile("failed|complete"))
    expect(questions(page)).to_have_count(2)
    page.unroute("**/api/chat/stream")
    page.reload()
    expect(questions(page).locator(".text")).to_have_text(["the line breaks next", "on its way"])
    settled(answers(page).last)


def test_what_was_not_sent_stays_when_something_comes_from_elsewhere(held: Page, alice: httpx2.Client) -> None:
    held.route("**/api/chat/stream", lambda route: route.abort())
    settled(ask(held, "never sent"), "failed")
    ask_elsewhere(alice, held, "said by another")
    # It stands where it was asked, and so does it when it comes.
    expect(questions(held).locator(".text")).to_have_text(["said here", "never sent", "said by another"])
    settled(answers(held).last)
    held.unroute("**/api/chat/stream")
    answers(held).nth(1).get_by_role("button", name="Retry").click()
    settled(answers(held).last)
    held.reload()
    expect(questions(held).locator(".text")).to_have_text(["said here", "never sent"])
    expect(questions(held).last.locator(".version")).to_have_text("2/2")


def test_words_in_the_editor_stay_when_something_comes_from_elsewhere_and_after_a_reload(
    held: Page, alice: httpx2.Client, site: Site
) -> None:
    settled(ask(held, "put badly"))
    first, second = questions(held).first, questions(held).last
    act(second, "Edit question")
    box = held.get_by_role("textbox", name="Edited question")
    box.fill("put better, but not yet")
    box.press_sequentially(" sent")
    ask_elsewhere(alice, held, "and on it goes")
    expect(questions(held)).to_have_count(3)
    expect(box).to_be_focused()
    expect(box).to_have_value("put better, but not yet sent")
    # Somebody edits the same question: the page does not turn away from what is being written.
    root = tree(site, held)[1]["id"]
    with held.expect_response("**/api/conversations/*last=*"):
        ask_elsewhere(alice, held, "put by another", parent_id=root)
    expect(box).to_have_value("put better, but not yet sent")
    held.reload()
    expect(questions(held).locator(".text").last).to_have_text("put by another")
    act(questions(held).last, "Previous version")
    expect(box).to_have_value("put better, but not yet sent")
    expect(first).to_be_visible()
    held.reload()
    expect(box).to_have_value("put better, but not yet sent")
    box.focus()
    held.keyboard.press("Enter")
    settled(answers(held).last)
    expect(box).to_have_count(0)
    expect(questions(held).locator(".text")).to_have_text(["said here", "put better, but not yet sent"])
    held.reload()
    expect(box).to_have_count(0)


def test_signing_out_forgets_what_was_not_sent(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page(), site, "charlie")
    page.context.clear_cookies()
    page.goto(f"{site.url}/login/")
    page.get_by_label("Name").fill("charlie")
    page.get_by_label("Password").fill("correct horse battery staple")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.url}/")
    page.route("**/api/chat/stream", lambda route: route.abort())
    settled(ask(page, "not for the next one"), "failed")
    assert page.evaluate("sessionStorage.length") > 0
    page.locator("#user-button").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url("**/login/")
    assert page.evaluate("sessionStorage.length") == 0
