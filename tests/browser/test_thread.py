"""Talking: the answer streams in, can be stopped, and is there again after a reload."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MODEL, ask, chosen_model, settled
from tests.harness.browser import PHONE, sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

# Looked at again in each frame: text grows between two of them, and the next one follows it.
AT_THE_END = """() => {
    const { scrollHeight, scrollTop, clientHeight } = document.querySelector("#scroller");
    return scrollHeight - scrollTop - clientHeight < 40;
}"""


def test_words_appear_while_the_model_speaks_and_the_figures_after(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("words one by one", tokens=30, then="hang", after=10)
    answer = ask(page, "words one by one")
    expect(answer.locator(".text")).to_have_text(default_text(10))
    expect(answer).to_have_attribute("data-status", "streaming")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_hidden()
    upstream.release("words one by one")
    settled(answer)
    expect(answer.locator(".text")).to_have_text(default_text(30))
    main, _, rest = answer.locator(".figures span").all()
    expect(main).to_have_text("gpt-4o-mini · under $0.0001")
    expect(rest).to_have_text(re.compile(r"^4 tokens in, 30 out · [\d.]+ s · [\d.]+ tokens/s$"))
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page).to_have_url(re.compile("/c/[0-9a-f-]{36}$"))
    listed = page.get_by_role("navigation", name="Conversations").get_by_role("link", name="words one by one")
    expect(listed.first).to_be_visible()


def test_everything_is_there_again_after_a_reload(page: Page) -> None:
    answer = settled(ask(page, "remember me after the reload"))
    figures = answer.locator(".figures").text_content() or ""
    assert figures
    page.reload()
    expect(page.locator("article")).to_have_count(2)
    expect(page.locator("article[data-role=user]")).to_contain_text("remember me after the reload")
    expect(answer.locator(".text")).to_have_text(default_text())
    expect(answer.locator(".figures")).to_have_text(figures)
    expect(chosen_model(page)).to_have_text(MODEL)


@pytest.mark.parametrize("how", ["button", "escape"])
def test_stop_closes_the_upstream_and_keeps_the_partial(page: Page, upstream: Upstream, how: str) -> None:
    prompt = f"stop by {how}"
    upstream.script_prompt(prompt, tokens=500, then="hang", after=6)
    answer = ask(page, prompt)
    expect(answer.locator(".text")).to_have_text(default_text(6))
    if how == "button":
        page.get_by_role("button", name="Stop", exact=True).click()
    else:
        page.keyboard.press("Escape")
    settled(answer, "stopped")
    record = upstream.wait_for(MODEL, lambda r: prompt in str(r.body) and r.ended != "open")
    assert record.ended == "client_closed"
    expect(answer).to_contain_text("Stopped")
    expect(answer.locator(".figures")).to_contain_text("about")
    page.reload()
    settled(answer, "stopped")
    expect(answer.locator(".text")).to_have_text(default_text(6))


def test_a_reload_in_the_middle_follows_to_the_end(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("reload in the middle", tokens=40, then="hang", after=10)
    answer = ask(page, "reload in the middle")
    expect(answer.locator(".text")).to_have_text(default_text(10))
    page.reload()
    expect(answer.locator(".text")).to_have_text(default_text(10))
    expect(answer).to_have_attribute("data-status", "streaming")
    upstream.release("reload in the middle")
    settled(answer)
    expect(answer.locator(".text")).to_have_text(default_text(40))
    assert len([r for r in upstream.log(MODEL) if "reload in the middle" in str(r.body)]) == 1


def test_a_dropped_line_is_followed_again_without_a_gap(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("drop the line", tokens=40, then="hang", after=10)
    answer = ask(page, "drop the line")
    expect(answer.locator(".text")).to_have_text(default_text(10))
    network = page.context.new_cdp_session(page)
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", offline)
    time.sleep(0.5)
    network.send("Network.emulateNetworkConditions", {**offline, "offline": False})
    upstream.release("drop the line")
    settled(answer)
    expect(answer.locator(".text")).to_have_text(default_text(40))


def test_an_error_is_said_in_words_and_retry_mends_it(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("fail at first", {"status": 500}, {})
    answer = ask(page, "fail at first")
    settled(answer, "failed")
    expect(answer).to_contain_text("The provider had a problem")
    page.reload()
    settled(answer, "failed")
    expect(answer).to_contain_text("The provider had a problem")
    answer.get_by_role("button", name="Retry").click()
    settled(answer)
    expect(page.locator("article")).to_have_count(2)
    expect(answer.locator(".text")).to_have_text(default_text())
    page.reload()
    expect(page.locator("article")).to_have_count(2)
    settled(answer)


def test_a_cut_answer_keeps_its_part_and_says_that_it_is_not_the_whole(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("cut in the middle", then="close", after=5)
    answer = settled(ask(page, "cut in the middle"), "interrupted")
    expect(answer.locator(".text")).to_have_text(default_text(5))
    expect(answer.get_by_role("button", name="Retry")).to_be_visible()


def test_the_composer_grows_breaks_lines_and_sends_with_enter(page: Page) -> None:
    composer = page.get_by_role("textbox", name="Message")
    expect(composer).to_be_focused()
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    before = composer.bounding_box()
    page.keyboard.type("one")
    for word in ("two", "three", "four"):
        page.keyboard.press("Shift+Enter")
        page.keyboard.type(word)
    after = composer.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > before["height"] * 2
    page.keyboard.press("Enter")
    expect(page.locator("article[data-role=user] .text")).to_have_text("one\ntwo\nthree\nfour", use_inner_text=True)
    expect(composer).to_have_value("")
    settled(page.locator("article[data-role=assistant]"))


def test_what_a_model_says_is_text_and_never_markup(page: Page, upstream: Upstream) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    upstream.script_prompt("say something evil", text=list(evil))
    answer = settled(ask(page, "say something evil <b>bold</b>"))
    expect(answer.locator(".text")).to_have_text(evil)
    expect(page.locator("article .text b, article .text img, article .text script")).to_have_count(0)
    page.reload()
    expect(answer.locator(".text")).to_have_text(evil)
    assert "owned" not in page.title()


def test_scrolling_up_frees_the_view_and_a_button_leads_back(page: Page, upstream: Upstream) -> None:
    lines = [f"line {number}\n" for number in range(400)]
    upstream.script_prompt("a long answer", text=lines, delay=0.02)
    answer = ask(page, "a long answer")
    scroller = page.locator("#scroller")
    expect(answer).to_contain_text("line 60")
    page.wait_for_function(AT_THE_END)
    page.mouse.move(640, 300)
    page.mouse.wheel(0, -600)
    page.wait_for_timeout(200)
    where = scroller.evaluate("e => e.scrollTop")
    expect(answer).to_contain_text("line 150")
    assert scroller.evaluate("e => e.scrollTop") == where
    page.get_by_role("button", name="To the end").click()
    expect(answer).to_contain_text("line 250")
    page.wait_for_function(AT_THE_END)
    page.keyboard.press("Escape")
    settled(answer, "stopped")


def test_on_a_phone_nothing_overflows_and_the_sidebar_is_an_overlay(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page(PHONE, has_touch=True), site, "alice")
    sidebar = page.get_by_role("navigation", name="Conversations")
    expect(sidebar).not_to_be_in_viewport()
    answer = settled(ask(page, "W" * 300))
    expect(answer.locator(".text")).to_have_text(default_text())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Open sidebar").click()
    expect(sidebar).to_be_in_viewport()
    page.get_by_role("button", name="Close sidebar").click()
    expect(sidebar).not_to_be_in_viewport()
    for name in ("Send", "Open sidebar"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44


def test_on_a_phone_the_title_has_its_room_below_the_model(open_page: OpenPage, site: Site) -> None:
    page = sign_in(open_page(PHONE, has_touch=True), site, "alice")
    settled(ask(page, "A question whose words are more than a phone has room for in one line"))
    title, model = page.locator("#title"), page.locator(".picker-name")
    expect(title).to_contain_text("A question")
    below, above = title.bounding_box(), model.bounding_box()
    assert below is not None
    assert above is not None
    assert below["y"] >= above["y"] + above["height"] - 1
    assert below["width"] >= PHONE["width"] / 2
    # Where one touches it, its menu opens.
    at = {"x": below["x"] + 20, "y": below["y"] + below["height"] / 2}
    assert page.evaluate("({ x, y }) => document.elementFromPoint(x, y).closest('button').id", at) == "title-button"
