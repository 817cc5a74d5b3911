"""Other answers, other words, other branches. Many lines, because what is done to a message is one subject."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MODEL, act, again, answers, ask, choose_model, edit, questions, settled, tree
from tests.harness.browser import PHONE, sign_in
from tests.harness.site import ROOT, Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text


def test_another_answer_stands_beside_the_first_one_and_both_are_kept(
    page: Page, site: Site, upstream: Upstream
) -> None:
    upstream.script_prompt("answer me twice", {"text": ["First answer"]}, {"text": ["Second answer"]}, {"text": ["On"]})
    first = settled(ask(page, "answer me twice"))
    expect(first.locator(".version")).to_be_hidden()
    second = settled(again(page, first))
    expect(answers(page)).to_have_count(1)
    expect(second.locator(".text")).to_have_text("Second answer")
    expect(second.locator(".version")).to_have_text("2/2")
    for _ in ("live", "reloaded"):
        act(answers(page), "Previous version")
        expect(answers(page).locator(".text")).to_have_text("First answer")
        expect(answers(page).locator(".version")).to_have_text("1/2")
        act(answers(page), "Next version")
        expect(answers(page).locator(".text")).to_have_text("Second answer")
        page.reload()
        expect(answers(page).locator(".text")).to_have_text("Second answer")
        expect(answers(page).locator(".version")).to_have_text("2/2")
    assert [each["role"] for each in tree(site, page)] == ["user", "assistant", "assistant"]
    # What is said next follows the version that is looked at.
    act(answers(page), "Previous version")
    expect(answers(page).locator(".text")).to_have_text("First answer")
    settled(ask(page, "and then"))
    sent = upstream.log(MODEL)[-1].body["messages"]
    assert [each["content"] for each in sent] == ["answer me twice", "First answer", "and then"]
    act(answers(page).first, "Next version")
    expect(questions(page)).to_have_count(1)
    act(answers(page).first, "Previous version")
    expect(questions(page)).to_have_count(2)
    expect(questions(page).last).to_contain_text("and then")


def test_one_click_answers_again_with_the_model_chosen_above(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("one click again", {"text": ["From one"]}, {"text": ["From another"]})
    first = settled(ask(page, "one click again"))
    choose_model(page, "gpt-4o")
    act(first, "Regenerate")
    second = settled(answers(page).last)
    expect(second.locator(".text")).to_have_text("From another")
    expect(second).to_have_attribute("aria-label", "gpt-4o")


def test_another_model_can_answer_the_same_question(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("ask somebody else", {"text": ["From one"]}, {"text": ["From another"]})
    first = settled(ask(page, "ask somebody else"))
    act(first, "Regenerate with another model")
    listed = page.get_by_role("dialog", name="Choose a model")
    expect(listed.locator("button.model-choose[aria-current]").first).to_have_attribute("value", MODEL)
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    expect(first.get_by_role("button", name="Regenerate with another model")).to_be_focused()
    second = settled(again(page, first, model="gpt-4o"))
    expect(second.locator(".figures")).to_contain_text(re.compile(r"^gpt-4o ·"))
    page.reload()
    expect(answers(page).locator(".figures")).to_contain_text(re.compile(r"^gpt-4o ·"))
    act(answers(page), "Previous version")
    expect(answers(page).locator(".figures")).to_contain_text(MODEL)


def test_a_question_asked_in_other_words_branches_and_the_old_branch_stays(
    page: Page, site: Site, upstream: Upstream
) -> None:
    settled(ask(page, "the root of this branch"))
    settled(ask(page, "a question put badly"))
    settled(ask(page, "what followed it"))
    before = [each["id"] for each in tree(site, page)]
    second = questions(page).nth(1)
    act(second, "Edit question")
    box = page.get_by_role("textbox", name="Edited question")
    expect(box).to_be_focused()
    expect(box).to_have_value("a question put badly")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(second.get_by_role("button", name="Edit question")).to_be_focused()
    settled(edit(page, second, "a question put well"))
    expect(questions(page).locator(".text")).to_have_text(["the root of this branch", "a question put well"])
    expect(questions(page).last.locator(".version")).to_have_text("2/2")
    sent = upstream.log(MODEL)[-1].body["messages"]
    assert [each["content"] for each in sent][::2] == ["the root of this branch", "a question put well"]
    for _ in ("live", "reloaded"):
        act(questions(page).nth(1), "Previous version")
        expect(questions(page).locator(".text")).to_have_text(
            ["the root of this branch", "a question put badly", "what followed it"]
        )
        act(questions(page).nth(1), "Next version")
        expect(questions(page).locator(".text")).to_have_text(["the root of this branch", "a question put well"])
        page.reload()
        expect(questions(page).locator(".text")).to_have_text(["the root of this branch", "a question put well"])
    after = [each["id"] for each in tree(site, page)]
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2


def test_the_first_question_can_be_edited_and_the_arrow_edits_the_last(page: Page, site: Site) -> None:
    settled(ask(page, "the very first words"))
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    page.keyboard.press("ArrowUp")
    box = page.get_by_role("textbox", name="Edited question")
    expect(box).to_be_focused()
    box.fill("")
    expect(page.get_by_role("button", name="Save & Send")).to_be_disabled()
    page.keyboard.type("other first words")
    page.get_by_role("button", name="Save & Send").click()
    settled(answers(page))
    expect(questions(page).locator(".text")).to_have_text(["other first words"])
    act(questions(page).first, "Previous version")
    expect(questions(page).locator(".text")).to_have_text(["the very first words"])
    page.reload()
    expect(questions(page).locator(".text")).to_have_text(["the very first words"])
    assert [each["parent_id"] for each in tree(site, page) if each["role"] == "user"] == [None, None]


def test_an_answer_that_failed_is_asked_for_again_under_the_same_question(
    page: Page, site: Site, upstream: Upstream
) -> None:
    upstream.script_prompt("fails, then not", {"status": 500}, {})
    settled(ask(page, "fails, then not"), "failed").get_by_role("button", name="Retry").click()
    settled(answers(page))
    assert [each["role"] for each in tree(site, page)] == ["user", "assistant", "assistant"]
    expect(answers(page).locator(".version")).to_have_text("2/2")
    act(answers(page), "Previous version")
    settled(answers(page), "failed")
    expect(answers(page).get_by_role("button", name="Retry")).to_be_visible()


def test_the_switch_stays_under_the_finger_and_keeps_the_focus(page: Page, upstream: Upstream) -> None:
    lines = [f"line {number}  \n" for number in range(60)]
    upstream.script_prompt("versions of many lengths", {"text": lines}, {"text": ["short"]}, {"text": lines[:30]})
    for _ in range(2):
        settled(ask(page, "versions of many lengths"))
    # The two answers differ in length, and what follows differs, too.
    settled(again(page, answers(page).first))
    settled(ask(page, "and something after it"))
    for direction, other, count in (("Previous", "Next", 2), ("Next", "Previous", 2)):
        button = answers(page).first.get_by_role("button", name=f"{direction} version")
        button.scroll_into_view_if_needed()
        answers(page).first.hover()
        before = button.bounding_box()
        button.focus()
        page.keyboard.press("Enter")
        place = "1/2" if direction == "Previous" else "2/2"
        expect(answers(page).first.locator(".version")).to_have_text(place)
        there = answers(page).first.get_by_role("button", name=f"{other} version")
        expect(there).to_be_focused()
        expect(questions(page)).to_have_count(count)
        after = answers(page).first.get_by_role("button", name=f"{direction} version").bounding_box()
        assert before is not None
        assert after is not None
        assert abs(before["y"] - after["y"]) < 3


def test_a_turn_is_deleted_after_a_question_and_what_followed_stays(page: Page, site: Site) -> None:
    for message in ("kept at first", "taken out", "kept at last"):
        settled(ask(page, message))
    act(questions(page).nth(1), "Delete question and answers")
    expect(questions(page)).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(questions(page).locator(".text")).to_have_text(["kept at first", "taken out", "kept at last"])
    expect(answers(page)).to_have_count(3)
    act(answers(page).nth(1), "Delete question and answers")
    expect(questions(page).locator(".text")).to_have_text(["kept at first", "kept at last"])
    expect(answers(page)).to_have_count(2)
    page.reload()
    expect(questions(page).locator(".text")).to_have_text(["kept at first", "kept at last"])
    settled(ask(page, "said after it"))
    assert "taken out" not in json.dumps(tree(site, page))


@pytest.mark.parametrize("narrow", [False, True])
def test_one_version_is_deleted_and_brought_back(
    open_page: OpenPage, site: Site, upstream: Upstream, narrow: bool
) -> None:
    page = sign_in(open_page(PHONE, has_touch=True, is_mobile=True) if narrow else open_page(), site, "alice")
    prompt = f"delete one of two {narrow}"
    upstream.script_prompt(prompt, {"text": ["First answer"]}, {"text": ["Second answer"]})
    first = settled(ask(page, prompt))
    expect(first.get_by_role("button", name="Delete this version")).to_be_hidden()
    settled(again(page, first))
    act(answers(page), "Delete this version")
    expect(answers(page).locator(".text")).to_have_text("First answer")
    expect(answers(page).locator(".version")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(answers(page).locator(".text")).to_have_text("Second answer")
    expect(answers(page).locator(".version")).to_have_text("2/2")
    act(answers(page), "Previous version")
    expect(answers(page).locator(".text")).to_have_text("First answer")
    act(answers(page), "Delete this version")
    expect(answers(page).locator(".text")).to_have_text("Second answer")
    page.reload()
    expect(answers(page).locator(".text")).to_have_text("Second answer")
    expect(answers(page).locator(".version")).to_be_hidden()


def test_a_message_is_copied_as_it_was_written(open_page: OpenPage, site: Site, upstream: Upstream) -> None:
    page = sign_in(open_page(permissions=["clipboard-read", "clipboard-write"]), site, "alice")
    written = "# A *heading*\n\n- one\n- two"
    upstream.script_prompt("copy the source", text=[written])
    answer = settled(ask(page, "copy the source"))
    for _ in ("live", "reloaded"):
        act(answer, "Copy message")
        expect(page.locator("#news")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == written
        page.evaluate("navigator.clipboard.writeText('')")
        page.reload()
    act(questions(page).first, "Copy message")
    expect(page.locator("#news")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "copy the source"


def test_actions_step_back_on_a_desktop_and_stay_on_a_phone(open_page: OpenPage, site: Site) -> None:
    desktop = sign_in(open_page(), site, "alice")
    for message in ("actions one", "actions two"):
        settled(ask(desktop, message))
    desktop.mouse.move(2, 2)
    rows = desktop.locator("article .actions")
    expect(rows.last).to_have_css("opacity", "1")
    expect(rows.nth(1)).to_have_css("opacity", "0")
    answers(desktop).first.hover()
    expect(rows.nth(1)).to_have_css("opacity", "1")
    desktop.mouse.move(2, 2)
    expect(rows.nth(1)).to_have_css("opacity", "0")
    rows.nth(1).get_by_role("button", name="Regenerate", exact=True).focus()
    expect(rows.nth(1)).to_have_css("opacity", "1")
    said = rows.first.locator("time")
    expect(said).to_have_text(re.compile(r"\d:\d\d"))
    expect(said).to_have_attribute("title", re.compile(r"20\d\d"))

    phone = sign_in(open_page(PHONE, has_touch=True, is_mobile=True), site, "alice")
    phone.goto(desktop.url)
    row = phone.locator("article .actions").first
    expect(row).to_have_css("opacity", "1")
    for button in row.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_those_who_hear_the_page_hear_the_beginning_and_the_end_and_not_each_word(
    page: Page, upstream: Upstream
) -> None:
    page.evaluate(
        """() => {
            window.heard = [];
            const news = document.querySelector('#news');
            new MutationObserver(() => news.textContent && window.heard.push(news.textContent))
                .observe(news, { childList: true, characterData: true, subtree: true });
        }"""
    )
    upstream.script_prompt("heard, not seen", tokens=40, delay=0.02)
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    settled(ask(page, "heard, not seen"))
    expect(page.locator("#news")).to_have_text("Answer finished")
    assert page.evaluate("window.heard") == ["Answer started", "Answer finished"]
    upstream.script_prompt("heard, and failing", status=500)
    settled(ask(page, "heard, and failing"), "failed")
    expect(page.locator("#news")).to_contain_text("The provider had a problem")


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page."""
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found: list[str] = page.evaluate(
        """async () => (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
            .violations.map(each => `${each.id}: ${each.nodes.map(node => node.target.join(' ')).join(', ')}`)"""
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_thread_the_menu_the_editor_and_the_drawer(
    open_page: OpenPage, site: Site, upstream: Upstream, scheme: str
) -> None:
    page = sign_in(open_page(color_scheme=scheme, reduced_motion="reduce"), site, "alice")
    prompt = f"looked at by axe in {scheme}"
    first = settled(ask(page, prompt))
    settled(again(page, first))
    expect(answers(page).locator(".version")).to_have_text("2/2")
    assert violations(page) == []
    act(answers(page), "Regenerate with another model")
    assert violations(page) == []
    page.keyboard.press("Escape")
    act(questions(page).first, "Edit question")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Chat settings").click()
    expect(page.locator(".settings-total")).not_to_be_empty()
    assert violations(page) == []
    page.keyboard.press("Escape")
    upstream.script_prompt(f"{prompt}, live", tokens=500, delay=0.05)
    answer = ask(page, f"{prompt}, live")
    expect(answer.locator(".text")).to_contain_text(default_text(5))
    assert violations(page) == []
    page.keyboard.press("Escape")
    settled(answer, "stopped")
