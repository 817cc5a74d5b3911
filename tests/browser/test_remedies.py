"""What is offered where a question was not taken: only what helps."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import answers, ask, questions, settled
from tests.harness.browser import sign_in
from tests.harness.site import PASSWORD, Site

BUDGET = """
from chat.models import Budget
user = User.objects.get(username={name!r})
Budget.objects.create(scope="user", user=user, unit="tokens", period="month", amount=1, hard=True)
"""
SIGN_OUT = """
from django.contrib.sessions.models import Session
for session in Session.objects.all():
    if session.get_decoded().get("_auth_user_id") == str(User.objects.get(username={name!r}).pk):
        session.delete()
"""


def test_a_message_tells_its_length_once_it_comes_near_the_limit(page: Page) -> None:
    box = page.get_by_role("textbox", name="Message")
    send = page.get_by_role("button", name="Send")
    length = page.locator("#composer-length")
    box.fill("x" * 80_000)
    expect(length).to_be_hidden()
    box.fill("x" * 95_000)
    expect(length).to_have_text("95,000 of 100,000 characters")
    expect(send).to_be_enabled()
    box.fill("x" * 100_001)
    expect(length).to_have_text("1 character too long: at most 100,000 can be sent.")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(send).to_be_disabled()
    page.keyboard.press("Enter")
    expect(questions(page)).to_have_count(0)
    expect(box).to_have_value("x" * 100_001)


def test_what_the_server_finds_too_long_is_to_be_shortened_not_tried_again(open_page: OpenPage, site: Site) -> None:
    page = open_page()

    def without_limit(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(r'data-limit="\d+"', "", answer.text()))

    page.route(f"{site.url}/", without_limit)
    sign_in(page, site, "bob")
    page.get_by_role("textbox", name="Message").fill("x" * 100_001)
    page.get_by_role("button", name="Send").click()
    answer = settled(answers(page), "failed")
    expect(answer).to_contain_text("at most 100,000")
    expect(answer.get_by_role("button", name="Retry")).to_be_hidden()
    box = page.get_by_role("textbox", name="Message")
    expect(box).to_have_value("x" * 100_001)
    box.fill("short")
    answer.get_by_role("button", name="Edit the question").click()
    expect(box).to_be_focused()
    expect(box).to_have_value("short")
    page.keyboard.press("Enter")
    settled(answers(page))
    expect(questions(page).locator(".text")).to_have_text(["short"])


def test_a_used_up_budget_tells_when_it_is_free_again_where_the_reader_is(open_page: OpenPage, site: Site) -> None:
    site.admit("spent-out")
    site.shell(BUDGET.format(name="spent-out"))
    page = sign_in(open_page(timezone_id="Asia/Tokyo", locale="en-GB"), site, "spent-out")
    answer = settled(ask(page, "beyond my budget"), "failed")
    expect(answer.locator(".trouble")).to_contain_text(re.compile(r"It is free again on 1 \w+(,| at) 0?9:00\."))
    expect(answer.get_by_role("button", name="Retry")).to_be_hidden()


def test_who_is_signed_out_signs_in_and_finds_the_question_again(open_page: OpenPage, site: Site) -> None:
    site.admit("signed-out")
    page = sign_in(open_page(), site, "signed-out")
    settled(ask(page, "while I am here"))
    address = page.url
    site.shell(SIGN_OUT.format(name="signed-out"))
    answer = settled(ask(page, "when I am gone"), "failed")
    expect(answer).to_contain_text("signed out")
    expect(answer.get_by_role("button", name="Retry")).to_be_hidden()
    page.get_by_role("textbox", name="Message").fill("and half a thought")
    answer.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name").fill("signed-out")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(address)
    expect(questions(page).last).to_contain_text("when I am gone")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("and half a thought")
    answers(page).last.get_by_role("button", name="Retry").click()
    settled(answers(page).last)
    expect(questions(page)).to_have_count(2)
