"""What models write daily beside Markdown: a few HTML tags, and words that run from right to left around code."""

from playwright.sync_api import Page, expect

from tests.browser.talk import ask, questions, settled
from tests.harness.upstream.process import Upstream

HTML = (
    "| a |\n|---|\n| one<br>two |\n\nH<sub>2</sub>O, press <kbd>Ctrl</kbd>, <mark>this</mark><!-- unseen -->.\n\n"
    "<details>\n<summary>The proof</summary>\n\n- **first**\n\n</details>\n\n"
    '<b onclick="alert(1)">text</b> <sub onclick="alert(1)">text</sub> <script>alert(1)</script>\n'
)
HEBREW = "התשובה: הקוד `f(x):` ו-$x^2+y^2=z^2$ וגם https://example.org/a?b=1 הנה\n\n```python\ndef f(x):\n```\n\n"
NUMBERS = "| שם | ערך |\n|---|---|\n| א | +3.5 % |\n"
# Where a thing that is read from left to right begins and ends.
RUNS = """(text) => {
  const direction = (selector) => getComputedStyle(text.querySelector(selector)).direction;
  return ["p > code", ".formula", "p > a", ".code", "td bdi"].map(direction);
}"""


def test_the_html_that_models_write_daily_is_shown_and_all_else_is_text(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("daily html", text=[HTML[at : at + 7] for at in range(0, len(HTML), 7)])
    text = settled(ask(page, "daily html")).locator("> .text")
    expect(text.locator("td br")).to_have_count(1)
    expect(text.locator("sub")).to_have_text("2")
    expect(text.locator("kbd")).to_have_text("Ctrl")
    expect(text.locator("mark")).to_have_text("this")
    expect(text).not_to_contain_text("unseen")
    expect(text.locator("li strong")).to_be_hidden()
    text.get_by_text("The proof").click()
    expect(text.locator("li strong")).to_be_visible()
    expect(text.get_by_text('<b onclick="alert(1)">text</b> <sub onclick="alert(1)">text</sub>')).to_be_visible()
    expect(text.locator("script, b, [onclick]")).to_have_count(0)


def test_code_formulas_addresses_and_numbers_keep_their_direction_in_hebrew(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("שאלה בעברית", text=[HEBREW, NUMBERS])
    text = settled(ask(page, "שאלה בעברית")).locator("> .text")
    expect(text.locator(".katex")).to_have_count(1)
    expect(text).to_have_css("direction", "rtl")
    assert text.evaluate(RUNS) == ["ltr"] * 5
    bubble = questions(page).last.locator(".text")
    expect(bubble).to_have_css("direction", "rtl")
    # Its small corner is on the side where it stands.
    expect(bubble).to_have_css("border-bottom-right-radius", "6px")
    assert bubble.evaluate("e => parseFloat(getComputedStyle(e).borderBottomLeftRadius)") > 6
