"""Where a finger points: a keyboard on the screen, no hovering, and little room."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MODEL, act, answers, ask, choose_model, questions, settled
from tests.harness.browser import PHONE, sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text


@pytest.fixture
def phone(open_page: OpenPage, site: Site) -> Page:
    return sign_in(open_page(PHONE, has_touch=True, is_mobile=True), site, "bob")


def test_enter_begins_a_new_line_and_the_button_sends(phone: Page) -> None:
    choose_model(phone, MODEL)
    box = phone.get_by_role("textbox", name="Message")
    assert box.get_attribute("enterkeyhint") == "enter"
    box.tap()
    phone.keyboard.type("first")
    phone.keyboard.press("Enter")
    phone.keyboard.type("second")
    expect(questions(phone)).to_have_count(0)
    phone.get_by_role("button", name="Send").tap()
    expect(questions(phone).locator(".text")).to_have_text("first\nsecond", use_inner_text=True)
    settled(answers(phone))


def test_the_keyboard_goes_away_after_sending_and_stays_away(phone: Page, upstream: Upstream) -> None:
    focused = "document.activeElement.matches('textarea, input')"
    answer = settled(ask(phone, "no keyboard after this"))
    assert not phone.evaluate(focused)
    act(answer, "Regenerate")
    settled(answers(phone))
    assert not phone.evaluate(focused)
    upstream.script_prompt("stopped with a finger", tokens=60, then="hang", after=6)
    answer = ask(phone, "stopped with a finger")
    expect(answer.locator(".text")).to_have_text(default_text(6))
    phone.get_by_role("button", name="Stop", exact=True).tap()
    settled(answer, "stopped")
    assert not phone.evaluate(focused)


def test_an_edited_question_breaks_its_lines_by_enter(phone: Page) -> None:
    settled(ask(phone, "edited with a finger"))
    questions(phone).get_by_role("button", name="Edit question").tap()
    box = phone.get_by_role("textbox", name="Edited question")
    phone.keyboard.press("End")
    phone.keyboard.press("Enter")
    phone.keyboard.type("more")
    expect(box).to_have_value("edited with a finger\nmore")
    phone.get_by_role("button", name="Save & Send").tap()
    expect(questions(phone).locator(".text")).to_have_text("edited with a finger\nmore", use_inner_text=True)
    settled(answers(phone))


def test_what_was_tapped_does_not_stay_lit(phone: Page) -> None:
    background = "e => getComputedStyle(e).backgroundColor"
    settled(ask(phone, "nothing stays lit"))
    buttons = [
        questions(phone).get_by_role("button", name="Copy message"),
        phone.get_by_role("button", name="Chat settings"),
        phone.get_by_role("button", name="Open sidebar"),
    ]
    for button in buttons:
        before = button.evaluate(background)
        # A finger leaves the pointer where it was.
        button.hover()
        assert button.evaluate(background) == before
