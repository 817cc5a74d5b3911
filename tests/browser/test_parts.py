"""What an answer shows besides its text: thoughts, tool calls, news, and what can be done when it broke off."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MODEL, ask, chosen_model, settled
from tests.harness.browser import sign_in
from tests.harness.picture import ADDRESS
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text
from tests.providers.completion import DONE, delta, finish

CALL = [
    {"index": 0, "id": "call_1", "name": "weather"},
    {"index": 0, "arguments": '{"city": "Ro'},
    {"index": 0, "arguments": 'me", "days": 3}'},
]


def test_thinking_is_folded_counts_its_seconds_and_is_kept(page: Page, upstream: Upstream) -> None:
    thoughts = ["Let me ", "think ", "about this."]
    upstream.script_prompt("think first", reasoning=thoughts, then="hang", after=3)
    answer = ask(page, "think first")
    summary = answer.locator(".thinking summary")
    expect(summary).to_have_text(re.compile(r"Thinking… [12] s"))
    expect(answer.locator(".thinking-text")).to_be_hidden()
    summary.click()
    expect(answer.locator(".thinking-text")).to_have_text("Let me think about this.")
    upstream.release("think first")
    settled(answer)
    expect(summary).to_have_text(re.compile(r"Thought for \d s"))
    expect(answer.locator(".text")).to_have_text(default_text())
    told = summary.inner_text()
    page.reload()
    expect(summary).to_have_text(told)
    expect(answer.locator(".thinking-text")).to_be_hidden()
    expect(answer.locator(".thinking-text")).to_have_text("Let me think about this.")


def test_a_tool_call_is_folded_grows_and_is_kept(page: Page, upstream: Upstream) -> None:
    knobs = {"text": [], "tool_calls": CALL, "finish_reason": "tool_calls"}
    upstream.script_prompt("call a tool", **knobs, then="hang", after=2)
    answer = ask(page, "call a tool")
    expect(answer.locator(".tool-call summary")).to_have_text("Called weather")
    expect(answer.locator(".tool-call pre")).to_have_text('{"city": "Ro')
    expect(answer.locator(".tool-call pre")).to_be_hidden()
    upstream.release("call a tool")
    settled(answer)
    for _ in ("live", "reloaded"):
        expect(answer.locator(".tool-call")).to_have_count(1)
        expect(answer.locator(".tool-call pre")).to_have_text('{\n  "city": "Rome",\n  "days": 3\n}')
        answer.locator(".tool-call summary").click()
        expect(answer.locator(".tool-call pre")).to_be_visible()
        page.reload()


def test_an_answer_cut_by_its_length_can_be_continued(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt(
        "too long to tell", {"text": ["Once upon"], "finish_reason": "length"}, {"text": [" a time"]}
    )
    answer = settled(ask(page, "too long to tell"))
    expect(answer.locator(".figures")).to_contain_text("Cut off by the length limit")
    expect(answer.get_by_role("button", name="Retry")).to_be_hidden()
    page.reload()
    answer.get_by_role("button", name="Continue").click()
    settled(page.locator("article[data-role=assistant]").nth(1))
    expect(page.locator("article[data-role=assistant] .text").nth(1)).to_have_text(" a time")
    expect(answer.get_by_role("button", name="Continue")).to_be_hidden()


def test_what_this_model_will_never_do_leads_to_the_picker(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("the key is wrong", {"status": 401}, {})
    answer = settled(ask(page, "the key is wrong"), "failed")
    expect(answer.get_by_role("button", name="Retry")).to_be_hidden()
    answer.get_by_role("button", name="Choose another model").click()
    page.get_by_role("dialog", name="Choose a model").get_by_role("button", name="gpt-4o").first.wait_for()
    page.locator("button.model-choose[value=gpt-4o]").first.click()
    expect(chosen_model(page)).to_have_text("gpt-4o")
    answer.get_by_role("button", name="Retry").click()
    settled(answer)
    expect(page.locator("article")).to_have_count(2)


def test_news_about_a_wait_stands_there_until_the_next_word(
    open_page: OpenPage, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script_prompt("busy at first", {"status": 429, "headers": {"Retry-After": "2"}}, {})
    upstream.script_prompt("breaks off", {"then": "close", "after": 8}, {"text": [" and so on"], "delay_first": 1.5})
    # The shared site does not try again by itself.
    with Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-test-0123456789"}) as own:
        own.until_listed("gpt-4o")
        page = sign_in(open_page(), own, "alice")
        answer = ask(page, "busy at first")
        expect(answer.locator(".notice")).to_contain_text(re.compile("again in", re.IGNORECASE))
        settled(answer)
        expect(answer.locator(".notice")).to_be_hidden()
        expect(answer.locator(".text")).to_have_text(default_text())

        answer = ask(page, "breaks off")
        expect(answer.locator(".notice")).to_contain_text("broke off")
        settled(answer)
        expect(answer.locator(".notice")).to_be_hidden()
        expect(answer.locator(".text")).to_have_text(f"{default_text(8)} and so on")
        expect(answer.locator(".recoveries").get_by_role("button")).to_have_count(0)
    assert len([r for r in upstream.log(MODEL) if "busy at first" in str(r.body["messages"][-1])]) == 2


def test_an_end_without_a_reason_says_so_and_can_be_continued(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("end for no reason", text=["Once upon"], finish_reason=None)
    answer = settled(ask(page, "end for no reason"))
    for _ in ("live", "reloaded"):
        expect(answer.locator(".figures")).to_contain_text("Ended without saying why")
        expect(answer.get_by_role("button", name="Continue")).to_be_visible()
        page.reload()


def test_an_end_by_a_word_of_the_providers_own_shows_it(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("end with a word", text=["Once upon"], finish_reason="xyz")
    answer = settled(ask(page, "end with a word"))
    expect(answer.locator(".figures")).to_contain_text("Ended with ‘xyz’")
    page.reload()
    expect(answer.locator(".figures")).to_contain_text("Ended with ‘xyz’")


def test_thoughts_without_an_answer_say_so_and_can_be_asked_for_again(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("only think", {"text": [], "reasoning": ["Hm."]}, {"text": ["Yes."]})
    answer = settled(ask(page, "only think"))
    expect(answer.locator(".trouble-text")).to_have_text("The model thought, but gave no answer.")
    page.reload()
    expect(answer.locator(".trouble-text")).to_have_text("The model thought, but gave no answer.")
    answer.get_by_role("button", name="Retry").click()
    expect(page.locator("article[data-role=assistant]").last.locator(".text")).to_have_text("Yes.")


def test_text_that_turns_out_to_be_thought_moves_there(page: Page, upstream: Upstream) -> None:
    parts = [delta(content="Let me see."), delta(content="</think>\n\nYes"), delta(content=", it is."), finish() + DONE]
    upstream.script_prompt("think aloud", raw=parts, then="hang", after=1)
    answer = ask(page, "think aloud")
    expect(answer.locator(".text")).to_have_text("Let me see.")
    upstream.release("think aloud")
    settled(answer)
    for _ in ("live", "reloaded"):
        expect(answer.locator(".text")).to_have_text("Yes, it is.")
        expect(answer.locator(".thinking summary")).to_have_text(re.compile(r"^Thought( for \d+ s)?$"))
        answer.locator(".thinking summary").click()
        expect(answer.locator(".thinking-text")).to_have_text("Let me see.")
        page.reload()


def test_a_piece_that_could_not_be_read_is_told(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("mumble", then="malformed", after=3)
    answer = settled(ask(page, "mumble"))
    for _ in ("live", "reloaded"):
        expect(answer.locator(".notes")).to_have_text("A piece of this answer could not be read and may be missing.")
        page.reload()


def test_a_picture_that_the_model_makes_is_shown(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("draw a dot", raw=[delta(images=[{"image_url": {"url": ADDRESS}}]) + finish() + DONE])
    answer = settled(ask(page, "draw a dot"))
    for _ in ("live", "reloaded"):
        picture = answer.get_by_role("img", name="picture")
        expect(picture).to_have_attribute("src", re.compile("^/api/files/"))
        page.wait_for_function(
            "picture => picture.complete && picture.naturalWidth === 1", arg=picture.element_handle()
        )
        page.reload()
