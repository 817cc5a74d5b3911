"""What is asked while an answer is being written waits for its turn."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import answers, ask, questions, settled
from tests.harness.browser import PHONE, sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text


def begun(page: Page, upstream: Upstream, prompt: str) -> Locator:
    """Ask for an answer that hangs in the middle."""
    # What is asked later has the same words above it.
    upstream.script_prompt(prompt, {"tokens": 20, "then": "hang", "after": 6}, {})
    answer = ask(page, prompt)
    expect(answer.locator(".text")).to_have_text(default_text(6))
    return answer


def waiting(page: Page) -> Locator:
    return page.get_by_role("list", name="Questions that wait").get_by_role("listitem")


def type_and_enter(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    page.keyboard.press("Enter")


def test_enter_during_an_answer_has_the_question_wait_and_it_is_asked_next(page: Page, upstream: Upstream) -> None:
    answer = begun(page, upstream, "queue behind this")
    type_and_enter(page, "asked next")
    type_and_enter(page, "asked after it")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    expect(waiting(page)).to_have_count(2)
    expect(waiting(page).first).to_contain_text(re.compile("Waiting.*asked next", re.DOTALL))
    expect(questions(page)).to_have_count(1)
    upstream.release("queue behind this")
    settled(answer)
    expect(questions(page)).to_have_count(3)
    expect(questions(page).locator(".text")).to_have_text(["queue behind this", "asked next", "asked after it"])
    settled(answers(page).nth(2))
    expect(waiting(page)).to_have_count(0)


def test_what_waits_survives_a_reload_and_can_be_edited_and_removed(page: Page, upstream: Upstream) -> None:
    answer = begun(page, upstream, "queue over a reload")
    for text in ("badly put", "not wanted", "the last one"):
        type_and_enter(page, text)
    page.reload()
    expect(waiting(page)).to_have_count(3)
    waiting(page).nth(1).get_by_role("button", name="Remove this question").click()
    expect(waiting(page)).to_have_count(2)
    waiting(page).first.get_by_role("button", name="Edit this question").click()
    box = page.get_by_role("textbox", name="Message")
    expect(box).to_be_focused()
    expect(box).to_have_value("badly put")
    type_and_enter(page, "well put")
    expect(waiting(page)).to_have_count(2)
    upstream.release("queue over a reload")
    settled(answer)
    expect(questions(page).locator(".text")).to_have_text(["queue over a reload", "the last one", "well put"])
    settled(answers(page).nth(2))


def test_after_stop_nothing_is_asked_unless_somebody_wants_it(page: Page, upstream: Upstream) -> None:
    answer = begun(page, upstream, "queue and stop")
    type_and_enter(page, "only if I say so")
    page.get_by_role("button", name="Stop", exact=True).click()
    settled(answer, "stopped")
    expect(waiting(page)).to_contain_text("Not sent")
    expect(questions(page)).to_have_count(1)
    waiting(page).get_by_role("button", name="Ask now").click()
    settled(answers(page).nth(1))
    expect(questions(page).last).to_contain_text("only if I say so")
    expect(waiting(page)).to_have_count(0)


def test_what_waits_in_one_chat_is_not_asked_in_another(page: Page, upstream: Upstream) -> None:
    begun(page, upstream, "queue in one chat")
    type_and_enter(page, "belongs there")
    address = page.url
    page.get_by_role("link", name="New chat").first.click()
    expect(page.locator("#welcome")).to_be_visible()
    expect(waiting(page)).to_have_count(0)
    settled(ask(page, "said in another chat"))
    expect(questions(page)).to_have_count(1)
    upstream.release("queue in one chat")
    page.goto(address)
    settled(answers(page).first)
    expect(waiting(page)).to_contain_text("belongs there")
    waiting(page).get_by_role("button", name="Ask now").click()
    expect(questions(page).last).to_contain_text("belongs there")
    settled(answers(page).nth(1))


@pytest.mark.parametrize("narrow", [False, True])
def test_a_long_question_waits_on_one_line(open_page: OpenPage, site: Site, upstream: Upstream, narrow: bool) -> None:
    page = sign_in(open_page(PHONE, has_touch=True) if narrow else open_page(), site, "bob")
    prompt = f"queue on one line, {'phone' if narrow else 'desk'}"
    begun(page, upstream, prompt)
    page.get_by_role("textbox", name="Message").fill("word " * 100)
    page.get_by_role("button", name="Send").click()
    box = waiting(page).bounding_box()
    assert box is not None
    assert box["height"] <= 50
    assert page.evaluate("document.documentElement.scrollWidth") <= (page.viewport_size or PHONE)["width"]
    remove = waiting(page).get_by_role("button", name="Remove this question").bounding_box()
    composer = page.locator("#composer").bounding_box()
    assert remove is not None
    assert composer is not None
    assert remove["x"] + remove["width"] <= composer["x"] + composer["width"]
    waiting(page).get_by_role("button", name="Remove this question").click()
    upstream.release(prompt)
