"""Whatever happens on the way, a person ends with the whole answer, or is told honestly that it is not whole."""

import signal
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.cable import Cable
from tests.browser.conftest import OpenPage
from tests.browser.proxy import buffering_proxy
from tests.browser.talk import MODEL, ask, settled, sign_in_at
from tests.harness.browser import sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

NO_STREAMS = "delete window.ReadableStream; delete Response.prototype.body;"


def test_a_network_that_is_gone_for_long_is_waited_for_and_the_answer_is_whole(
    open_page: OpenPage, site: Site, upstream: Upstream
) -> None:
    upstream.script_prompt("network away for long", tokens=60, then="hang", after=10)
    with Cable(site.url) as cable:
        page = sign_in_at(open_page(), cable.url)
        answer = ask(page, "network away for long")
        expect(answer.locator(".text")).to_have_text(default_text(10))
        cable.unplug()
        upstream.release("network away for long")
        expect(answer.locator(".notice")).to_have_text("Connection lost. Reconnecting…")
        # Longer than the first pauses take together: it is never taken for interrupted.
        page.wait_for_timeout(9000)
        expect(answer).to_have_attribute("data-status", "streaming")
        expect(answer.locator(".trouble")).to_be_hidden()
        expect(answer.locator(".notice")).to_have_text("Connection lost. Reconnecting…")
        expect(answer.locator(".text")).to_have_text(default_text(10))
        cable.plug_in()
        settled(answer)
        expect(answer.locator(".text")).to_have_text(default_text(60))
        expect(answer.locator(".recoveries").get_by_role("button")).to_have_count(0)
    assert len([r for r in upstream.log(MODEL) if "network away for long" in str(r.body)]) == 1


def test_a_blip_of_the_network_leaves_no_gap_and_no_repeat(open_page: OpenPage, site: Site, upstream: Upstream) -> None:
    upstream.script_prompt("a blip of the network", tokens=100, delay=0.04)
    with Cable(site.url) as cable:
        page = sign_in_at(open_page(), cable.url)
        answer = ask(page, "a blip of the network")
        for words in (10, 40):
            expect(answer.locator(".text")).to_contain_text(default_text(words))
            cable.unplug()
            expect(answer.locator(".notice")).to_have_text("Connection lost. Reconnecting…")
            cable.plug_in()
        settled(answer)
        expect(answer.locator(".text")).to_have_text(default_text(100))


def test_a_second_tab_shows_the_answer_growing_and_can_stop_it(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("seen from two tabs", tokens=500, delay=0.05)
    answer = ask(page, "seen from two tabs")
    expect(answer.locator(".text")).to_contain_text(default_text(5))
    second = page.context.new_page()
    second.goto(page.url)
    there = second.locator("article[data-role=assistant]")
    expect(there).to_have_attribute("data-status", "streaming")
    expect(there.locator(".text")).to_contain_text(default_text(30))
    second.get_by_role("button", name="Stop", exact=True).click()
    settled(there, "stopped")
    settled(answer, "stopped")
    expect(there.locator(".text")).to_have_text(answer.locator(".text").inner_text())
    record = upstream.wait_for(MODEL, lambda r: "seen from two tabs" in str(r.body) and r.ended != "open")
    assert record.ended == "client_closed"


def test_a_server_that_is_killed_leaves_an_honest_part_that_can_be_continued(
    open_page: OpenPage, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script_prompt("killed in the middle", tokens=500, then="hang", after=12)
    environment = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-test-0123456789"}
    with Site(tmp_path, environment) as own:
        own.until_listed("gpt-4o")
        page = sign_in(open_page(), own, "alice")
        answer = ask(page, "killed in the middle")
        expect(answer.locator(".text")).to_have_text(default_text(12))
        # What was said is in the journal within 250 ms; what was said later than that may be lost.
        page.wait_for_timeout(1000)
        own.stop(signal.SIGKILL)
        expect(answer.locator(".notice")).to_have_text("Connection lost. Reconnecting…")
        own.start(port=urlsplit(own.url).port or 0)
        settled(answer, "interrupted")
        expect(answer.get_by_role("button", name="Continue")).to_be_visible()
        expect(answer.get_by_role("button", name="Retry")).to_be_visible()
        expect(answer.locator(".text")).to_have_text(default_text(12))
        expect(answer.locator(".figures")).to_contain_text("Interrupted")
        figures = answer.locator(".figures").text_content() or ""
        page.reload()
        settled(answer, "interrupted")
        expect(answer.locator(".text")).to_have_text(default_text(12))
        expect(answer.locator(".figures")).to_have_text(figures)
        upstream.script_prompt("killed in the middle", text=["the ", "rest"])
        answer.get_by_role("button", name="Continue").click()
        expect(page.locator("article")).to_have_count(4)
        more = settled(page.locator("article[data-role=assistant]").last)
        expect(more.locator(".text")).to_have_text("the rest")
        expect(page.locator("article[data-role=user]").last).to_contain_text("Continue exactly where you left off.")
        sent = upstream.log(MODEL)[-1].body["messages"]
        assert [each["role"] for each in sent] == ["user", "assistant", "user"]
        assert sent[1]["content"] == default_text(12)


def test_a_browser_that_cannot_stream_gets_the_whole_answer_at_once(
    open_page: OpenPage, site: Site, upstream: Upstream
) -> None:
    page = open_page()
    page.add_init_script(NO_STREAMS)
    sign_in(page, site, "alice")
    upstream.script_prompt("without any stream", tokens=30, reasoning=["Let me ", "see."])
    answer = settled(ask(page, "without any stream"))
    expect(answer.locator(".text")).to_have_text(default_text(30))
    expect(answer.locator(".thinking-text")).to_have_text("Let me see.")
    figures = answer.locator(".figures").text_content() or ""
    page.reload()
    expect(answer.locator(".text")).to_have_text(default_text(30))
    expect(answer.locator(".figures")).to_have_text(figures)


def test_a_browser_that_cannot_stream_can_stop_all_the_same(
    open_page: OpenPage, site: Site, upstream: Upstream
) -> None:
    page = open_page()
    page.add_init_script(NO_STREAMS)
    sign_in(page, site, "alice")
    upstream.script_prompt("stopped without a stream", tokens=500, then="hang", after=7)
    answer = ask(page, "stopped without a stream")
    expect(answer).to_have_attribute("data-status", "streaming")
    page.get_by_role("button", name="Stop", exact=True).click()
    settled(answer, "stopped")
    expect(answer.locator(".text")).to_have_text(default_text(7))


def test_behind_a_proxy_that_buffers_the_answer_is_asked_for_as_a_whole(
    open_page: OpenPage, site: Site, upstream: Upstream
) -> None:
    upstream.script_prompt("behind a buffering proxy", tokens=30, then="hang", after=10, hang_seconds=13)
    with buffering_proxy(site.url) as address:
        page = sign_in_at(open_page(), address)
        answer = settled(ask(page, "behind a buffering proxy"))
        expect(answer.locator(".text")).to_have_text(default_text(30))
    assert len([r for r in upstream.log(MODEL) if "behind a buffering proxy" in str(r.body)]) == 1


def test_what_two_tabs_say_in_turn_is_all_there(page: Page, site: Site) -> None:
    settled(ask(page, "said first"))
    other = page.context.new_page()
    other.goto(page.url)
    settled(ask(page, "said second"))
    settled(other.locator("article[data-role=assistant]").nth(1))
    settled(ask(other, "said third"))
    page.reload()
    questions = page.locator("article[data-role=user] .text")
    expect(questions).to_have_text(["said first", "said second", "said third"])
