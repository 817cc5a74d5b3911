"""A long conversation: its end first, the rest as it is looked for, and the way to one message of it."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.talk import answers, ask, questions, settled
from tests.harness.site import Site

LONG = 130


@pytest.fixture(scope="module")
def long_talk(site: Site) -> tuple[str, list[str]]:
    """The id of a conversation with `LONG` turns, and the ids of its questions."""
    name, ids = str(uuid4()), [str(uuid4()) for _ in range(LONG)]
    site.shell(
        "from datetime import timedelta",
        "from django.utils import timezone",
        "alice = User.objects.get(username='alice')",
        f"talk = Conversation.objects.create(id={name!r}, owner=alice, title='A long talk')",
        "said, now = None, timezone.now() - timedelta(hours=1)",
        f"for number, name in enumerate({ids!r}):",
        "    at = now + timedelta(seconds=number)",
        "    asked = Message.objects.create(id=name, conversation=talk, parent=said, role='user', created_at=at,",
        "        content=f'Question number {number}.')",
        "    said = Message.objects.create(conversation=talk, parent=asked, role='assistant', model='gpt-4o-mini',",
        "        created_at=at + timedelta(microseconds=1),",
        "        content=f'Answer number {number}. ' * (1 + number % 7 * 9))",
    )
    return name, ids


IN_VIEW = """() => [...document.querySelectorAll("article")]
    .find(each => each.getBoundingClientRect().bottom > 300).dataset.messageId"""


def test_a_long_conversation_begins_with_its_end_and_grows_upwards_without_a_jump(
    page: Page, site: Site, long_talk: tuple[str, list[str]]
) -> None:
    page.goto(f"{site.url}/c/{long_talk[0]}")
    expect(answers(page).last).to_contain_text(f"Answer number {LONG - 1}.")
    expect(answers(page).last).to_be_in_viewport()
    expect(page.locator("article")).to_have_count(40)
    scroller = page.locator("#scroller")
    page.mouse.move(640, 300)
    shown = 40
    while shown < LONG * 2:
        # As a reader does: up, until there is more.
        scroller.evaluate("e => { e.scrollTop = 700; }")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        mark = page.locator(f'article[data-message-id="{page.evaluate(IN_VIEW)}"]')
        before, top = mark.bounding_box(), scroller.evaluate("e => e.scrollTop")
        shown = min(shown + 40, LONG * 2)
        expect(page.locator("article")).to_have_count(shown)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        after = mark.bounding_box()
        assert before is not None
        assert after is not None
        # Rounded twice to whole pixels; a line is 24 of them.
        assert abs(before["y"] - after["y"]) < 3, (top, scroller.evaluate("e => e.scrollTop"))
    assert questions(page).locator(".text").all_text_contents() == [
        f"Question number {number}." for number in range(LONG)
    ]
    ask(page, "and it goes on")
    # What is far above was let go, and is there again for who looks for it.
    expect(page.locator("article")).to_have_count(62)
    settled(answers(page).last)
    expect(answers(page).last).to_be_in_viewport()
    scroller.evaluate("e => { e.scrollTop = 700; }")
    expect(page.locator("article")).to_have_count(102)
    expect(page.locator("article").first).to_contain_text(f"Question number {LONG - 50}.")
    with site.client("alice") as alice:
        alice.delete(
            f"/api/conversations/{long_talk[0]}/messages/{questions(page).last.get_attribute('data-message-id')}"
        )


@pytest.mark.parametrize("how", ["?at={}", "#m-{}"])
def test_an_address_leads_to_its_message_and_marks_it(
    page: Page, site: Site, long_talk: tuple[str, list[str]], how: str
) -> None:
    wanted = long_talk[1][30]
    page.add_init_script(
        """new MutationObserver(all => {
            const names = all.map(each => each.target.dataset.messageId);
            document.documentElement.dataset.marks = [document.documentElement.dataset.marks ?? [], ...names].join();
        }).observe(document, { attributeFilter: ['data-marked'], subtree: true });"""
    )
    page.goto(f"{site.url}/c/{long_talk[0]}{how.format(wanted)}")
    found = page.locator(f'article[data-message-id="{wanted}"]')
    expect(found).to_be_in_viewport()
    expect(found).to_contain_text("Question number 30.")
    # Marked, and no longer marked.
    expect(page.locator("html")).to_have_attribute("data-marks", f",{wanted},{wanted}")
    expect(found).not_to_have_attribute("data-marked", "")
    expect(found).to_be_in_viewport()
