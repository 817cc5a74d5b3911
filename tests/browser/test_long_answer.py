"""An answer that is long, or nothing but syntax, is read beside the page and shown in portions; other work goes on."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.floods import FLOODS
from tests.browser.renderer import prepare
from tests.harness.browser import sign_in
from tests.harness.site import Site

TURNS = "window.turns = 0; setInterval(() => turns++)"
# Notes, while an answer grows, whether some of it stood there as it came, and whether none did.
STREAM = """(pieces) => {
  window.seen = new Set();
  const note = () => seen.add(document.querySelector(".source") !== null);
  new MutationObserver(note).observe(document.querySelector("#transcript"), { childList: true, subtree: true });
  renderer.streamed(pieces, true);
}"""
# How many elements of a kind each of them has at least.
KINDS = {
    "prose": ("p", 150),
    "items": ("li:not([data-continued])", 25_000),
    "one item of items": ("li:not([data-continued])", 16_000),
    "items in a quote": ("li:not([data-continued])", 16_000),
    "rows": ("tbody tr", 16_000),
    "columns": ("td", 45_000),
    "paragraphs": ("p", 33_000),
    "hard lines": ("br", 24_000),
}


@pytest.fixture
def page(open_page: OpenPage, site: Site) -> Page:
    return prepare(sign_in(open_page(), site, "alice"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_comes_whole_in_portions_while_the_page_goes_on(kind: str, page: Page) -> None:
    page.evaluate(TURNS)
    page.evaluate("text => { renderer.whole(text) }", FLOODS[kind])
    page.locator(".portion").first.wait_for(timeout=30_000)
    # The page had other things to do from one portion to the next.
    portions = page.locator(".markdown > .portion").count()
    assert portions > 5
    assert page.evaluate("turns") > 2
    selector, least = KINDS[kind]
    assert page.locator(f".markdown {selector}").count() >= least
    assert (
        page.evaluate("Math.max(...[...document.querySelectorAll('.portion')].map((each) => each.children.length))")
        < 400
    )


def test_long_code_is_laid_out_in_portions_and_copied_whole(page: Page) -> None:
    page.evaluate("text => { renderer.whole(text) }", FLOODS["one code block"])
    code = page.locator(".markdown pre code")
    code.wait_for(timeout=30_000)
    assert page.locator(".code-portion").count() > 50
    assert code.evaluate("(each) => each.textContent") == FLOODS["one code block"][4:-4]


def test_a_block_without_an_end_is_shown_as_it_stands_until_it_ends(page: Page) -> None:
    text = FLOODS["items"]
    pieces = [text[at : at + 10_000] for at in range(0, len(text), 10_000)]
    page.evaluate(STREAM, pieces)
    page.locator(".portion").first.wait_for(timeout=30_000)
    assert page.evaluate("seen.size") == 2
    expect(page.locator(".source")).to_have_count(0)
    assert page.locator(".markdown li:not([data-continued])").count() == 25_000


def test_a_conversation_with_a_long_answer_opens_at_its_end(open_page: OpenPage, site: Site) -> None:
    text = "# Begin\n\n" + FLOODS["of everything"][:60_000] + "\n\nThe very end."
    name = site.shell(
        "row = Conversation.objects.create(owner=User.objects.get(username='alice'), title='Long')",
        "asked = Message.objects.create(conversation=row, role='user', content='Why?')",
        f"text = {json.dumps(text)}",
        "Message.objects.create(conversation=row, parent=asked, role='assistant', content=text)",
        "print(row.pk)",
    ).strip()
    page = sign_in(open_page(), site, "alice")
    page.goto(f"{site.url}/c/{name}")
    end = page.locator(".portion p").filter(has_text="The very end.")
    expect(end).to_be_in_viewport(timeout=30_000)
    expect(page.locator("[data-unread]")).to_have_count(0)
    assert page.locator(".portion").count() > 5
    # Opened in place, from the list, it is the same.
    page.goto(f"{site.url}/")
    page.get_by_role("link", name="Long", exact=True).click()
    expect(end).to_be_in_viewport(timeout=30_000)
    expect(page.locator("[data-unread]")).to_have_count(0)
