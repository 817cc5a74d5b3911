"""What a model says is on the screen at once, whatever it may yet become."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.talk import ask, settled
from tests.harness.upstream.process import Upstream

BEGUN = {
    "numbers": ["1", " 2", " 3", " 4"],
    "a countdown": ["10", "...", " 9", "."],
    "marks": ["===", " ---"],
    "one mark": ["+"],
    "a bracket": ["see", " [the", " list"],
    "a dollar": ["in", " $HOME", "/bin"],
    "a formula": ["\\[", " E", " =", " mc"],
    "the head of a table": ["| a", " | b"],
}


@pytest.mark.parametrize("kind", BEGUN)
def test_what_may_yet_become_syntax_is_soon_shown_as_it_stands(kind: str, page: Page, upstream: Upstream) -> None:
    pieces = BEGUN[kind]
    question = f"promptly, {kind}"
    upstream.script_prompt(question, text=[*pieces, "\n\nThe end."], then="hang", after=len(pieces))
    answer = ask(page, question)
    shown = "".join(pieces) if kind != "the head of a table" else "ab"
    # The model says no more for now.
    expect(answer.locator("> .text")).to_have_text(shown)
    upstream.release(question)
    settled(answer)
    expect(answer.locator("> .text")).to_contain_text("The end.")
