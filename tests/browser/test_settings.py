"""What is set for one conversation: the drawer, and chats that are not kept."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.talk import MODEL, ask, questions, settled
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream


def test_settings_are_saved_as_they_are_changed_and_apply_to_the_next_answer(page: Page, upstream: Upstream) -> None:
    settled(ask(page, "before any settings"))
    page.get_by_role("button", name="Chat settings").click()
    drawer = page.get_by_role("dialog", name="Chat settings")
    expect(drawer.locator(".settings-total")).to_have_text(re.compile(r"^\d+ tokens · under \$0\.0001$"))
    drawer.get_by_label("System prompt").fill("Speak like a gardener.")
    expect(drawer.get_by_role("status")).to_have_text("Saved")
    drawer.get_by_role("slider", name="Temperature").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(drawer.get_by_label("Temperature as a number")).to_have_value("1.2")
    drawer.get_by_label("Max tokens").fill("7")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator("#settings [role=status]")).to_have_text("Saved")
    settled(ask(page, "with these settings"))
    body = upstream.log(MODEL)[-1].body
    assert body["messages"][0] == {"role": "system", "content": "Speak like a gardener."}
    assert body["temperature"] == 1.2
    assert 7 in {body.get("max_tokens"), body.get("max_completion_tokens")}
    page.reload()
    page.get_by_role("button", name="Chat settings").click()
    expect(drawer.get_by_label("System prompt")).to_have_value("Speak like a gardener.")
    expect(drawer.get_by_label("Temperature as a number")).to_have_value("1.2")
    expect(drawer.get_by_label("Max tokens")).to_have_value("7")
    drawer.get_by_label("Max tokens").fill("-1")
    error = drawer.locator("#max_tokens-error")
    expect(error).to_have_text("A whole number, 1 or more.")
    expect(drawer.get_by_label("Max tokens")).to_have_attribute("aria-invalid", "true")
    field, below = drawer.get_by_label("Max tokens").bounding_box(), error.bounding_box()
    assert field is not None
    assert below is not None
    assert 0 <= below["y"] - field["y"] - field["height"] < 20
    # What is right beside it is saved all the same, with a comma, too.
    drawer.get_by_label("Temperature as a number").fill("0,4")
    expect(drawer.get_by_role("status")).to_have_text("Saved")
    expect(drawer.get_by_role("slider", name="Temperature")).to_have_value("0.4")
    drawer.get_by_label("Temperature as a number").fill("warm")
    expect(drawer.locator("#temperature-error")).to_have_text("A number from 0 to 2, such as 0.7.")
    drawer.get_by_label("System prompt").fill("x" * 100_001)
    expect(drawer.locator("#system_prompt-error")).to_contain_text("longer than 100,000 characters")
    drawer.get_by_label("System prompt").fill("Speak like a gardener.")
    expect(drawer.locator("#system_prompt-error")).to_be_hidden()
    drawer.get_by_label("Max tokens").fill("")
    expect(error).to_be_hidden()
    drawer.get_by_role("button", name="Reset").click()
    expect(drawer.get_by_role("status")).to_have_text("Saved")
    drawer.get_by_role("button", name="Close").click()
    settled(ask(page, "with the model's own again"))
    assert "temperature" not in upstream.log(MODEL)[-1].body


def rhyming(page: Page) -> Locator:
    """Set two things for a conversation that has not begun. Returns the drawer."""
    page.get_by_role("button", name="Chat settings").click()
    drawer = page.get_by_role("dialog", name="Chat settings")
    drawer.get_by_label("System prompt").fill("Rhyme.")
    drawer.get_by_label("Temperature as a number").fill("0.3")
    expect(drawer.get_by_role("status")).to_have_text("Applies from your first message on.")
    return drawer


def test_settings_made_before_the_first_question_are_those_of_the_new_conversation(
    page: Page, upstream: Upstream
) -> None:
    drawer = rhyming(page)
    page.reload()
    page.get_by_role("button", name="Chat settings").click()
    expect(drawer.get_by_label("System prompt")).to_have_value("Rhyme.")
    page.keyboard.press("Escape")
    settled(ask(page, "born with settings"))
    body = upstream.log(MODEL)[-1].body
    assert body["messages"][0] == {"role": "system", "content": "Rhyme."}
    assert body["temperature"] == 0.3
    expect(page.locator("#settings [role=status]")).to_have_text("Saved")
    page.reload()
    settled(ask(page, "and after a reload"))
    body = upstream.log(MODEL)[-1].body
    assert body["messages"][0] == {"role": "system", "content": "Rhyme."}
    assert body["temperature"] == 0.3
    page.locator("#new-chat").click()
    page.get_by_role("button", name="Chat settings").click()
    expect(drawer.get_by_label("System prompt")).to_have_value("")


def test_settings_from_before_a_reload_hold_also_where_their_part_of_the_page_does_not_come(
    page: Page, upstream: Upstream
) -> None:
    drawer = rhyming(page)
    page.route("**/settings*.js", lambda route: None)
    page.reload()
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        settled(ask(page, "in a hurry, with settings"))
    settled(ask(page, "and once more"))
    for record in upstream.log(MODEL)[-2:]:
        assert record.body["messages"][0] == {"role": "system", "content": "Rhyme."}
        assert record.body["temperature"] == 0.3
    page.unroute("**/settings*.js")
    page.reload()
    page.get_by_role("button", name="Chat settings").click()
    expect(drawer.get_by_label("Temperature as a number")).to_have_value("0.3")
    page.keyboard.press("Escape")
    page.locator("#new-chat").click()
    settled(ask(page, "with nothing set"))
    assert "temperature" not in upstream.log(MODEL)[-1].body


def test_a_temporary_chat_says_so_and_is_in_no_list(page: Page, site: Site) -> None:
    switch = page.get_by_role("button", name="Temporary chat")
    note = page.get_by_text("Until then admins of this site can read it. Its cost still counts.")
    expect(note).to_be_hidden()
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(note).to_be_visible()
    switch.click()
    expect(note).to_be_hidden()
    switch.click()
    settled(ask(page, "forget this tomorrow"))
    expect(switch).to_be_hidden()
    expect(page.get_by_role("navigation", name="Conversations")).not_to_contain_text("forget this tomorrow")
    page.reload()
    expect(note).to_be_visible()
    expect(questions(page)).to_contain_text("forget this tomorrow")
    expect(page.get_by_role("navigation", name="Conversations")).not_to_contain_text("forget this tomorrow")
    with site.client("alice") as alice:
        name = page.url.rpartition("/")[2]
        assert alice.get(f"/api/conversations/{name}").json()["temporary"] is True


def test_settings_take_the_room_they_need_and_leave_the_conversation_as_bright(page: Page) -> None:
    page.get_by_role("button", name="Chat settings").click()
    drawer = page.get_by_role("dialog", name="Chat settings")
    expect(drawer).to_be_visible()
    # As tall as the form, not as the window.
    assert drawer.evaluate("e => e.scrollHeight <= e.clientHeight && e.clientHeight < innerHeight * 0.9")
    assert drawer.evaluate("e => getComputedStyle(e, '::backdrop').backgroundColor") == "rgba(0, 0, 0, 0)"
    page.set_viewport_size({"width": 1280, "height": 320})
    assert drawer.evaluate("e => e.getBoundingClientRect().bottom <= innerHeight && e.scrollHeight > e.clientHeight")


def test_a_fold_has_a_drawn_mark_that_turns(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("a folded thought", reasoning=["Hm."], text=["Yes."])
    summary = settled(ask(page, "a folded thought")).locator(".thinking summary")
    mark = "e => { const { display, content } = getComputedStyle(e, '::before'); return [display, content]; }"
    assert summary.evaluate("e => getComputedStyle(e).listStyleType") == "none"
    assert summary.evaluate(mark) == ["inline-block", '""']
    folded = summary.evaluate("e => getComputedStyle(e, '::before').rotate")
    summary.click()
    expect(summary).to_be_visible()
    turned = summary.evaluate(
        "e => Promise.all(e.getAnimations({ subtree: true }).map(({ finished }) => finished))"
        ".then(() => getComputedStyle(e, '::before').rotate)"
    )
    assert (folded, turned) == ("45deg", "135deg")
