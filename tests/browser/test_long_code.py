"""Long code: coloured to its end, folded, with a header that stays; and code in what a person asks."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.talk import ask, questions, settled
from tests.harness.upstream.process import Upstream

LINES = 1500
CODE = "".join(f"def f{number}(x):\n    return 'a word'\n\n\n" for number in range(LINES // 4))
PASTED = "Why does this fail?\n```python\nprint(1)\n```\n" + "And a line.\n" * 60


def test_long_code_has_colours_to_its_end_and_folds(page: Page, upstream: Upstream) -> None:
    code = CODE * 2
    upstream.script_prompt("much code", text=[f"```python\n{code}```\n"])
    answer = settled(ask(page, "much code"))
    page.reload()
    figure = answer.locator(".code")
    expect(figure.locator(".code-portion").last.locator(".hl-keyword").last).to_be_attached()
    assert figure.locator("code").evaluate("e => e.textContent") == code
    height = "e => e.getBoundingClientRect().height"
    assert figure.evaluate(height) < 700
    figure.get_by_role("button", name=f"Show all {len(code.splitlines())} lines").click()
    assert figure.evaluate(height) > 10_000
    # In the middle of it the header is still there.
    figure.locator(".code-portion").nth(4).scroll_into_view_if_needed()
    expect(figure.get_by_role("button", name="Copy", exact=True)).to_be_in_viewport()
    expect(figure.get_by_role("button", name="Wrap")).to_be_in_viewport()
    with page.expect_download() as download:
        figure.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "code.py"
    assert Path(download.value.path()).read_text(encoding="utf-8") == code


def test_code_without_a_language_has_no_empty_bar(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("plain code", text=["```\na = 1\n```\n\n```sh\nls\n```\n"])
    answer = settled(ask(page, "plain code"))
    plain, named = answer.locator(".code").first, answer.locator(".code").last
    height = "e => e.getBoundingClientRect().height"
    assert plain.locator("figcaption").evaluate(height) == 0
    assert named.locator("figcaption").evaluate(height) > 30
    plain.hover()
    expect(plain.get_by_role("button", name="Copy", exact=True)).to_have_css("opacity", "1")


def test_code_in_a_question_is_code_and_a_long_question_folds(page: Page) -> None:
    settled(ask(page, PASTED))
    for _ in ("live", "reloaded"):
        question = questions(page).last
        expect(question.locator(".code code")).to_have_text("print(1)\n", use_inner_text=False)
        expect(question.locator(".code-language")).to_have_text("python")
        expect(question.locator(".text")).not_to_contain_text("```")
        show_all = question.get_by_role("button", name="Show all", exact=True)
        height = "e => e.getBoundingClientRect().height"
        assert question.locator(".text").evaluate(height) < 800
        show_all.click()
        assert question.locator(".text").evaluate(height) > 1200
        question.get_by_role("button", name="Show less").click()
        assert question.locator(".text").evaluate(height) < 800
        page.reload()
