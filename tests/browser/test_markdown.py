"""Reading: an answer is Markdown, and streams in without anything on the screen being lost or moved."""

import os
import re
import time

from playwright.sync_api import Page, expect

from tests.browser.renderer import documents, open_to_modules, prepare, show, written
from tests.browser.talk import ask, settled
from tests.harness.upstream.process import Upstream

SEED = int(os.environ.get("SEED") or time.time_ns() % 1_000_000)
# Every state in between is shown. Formulas and colours come when their libraries are there.
SAME = """async documents => {
  const { createBlocks } = await import("/static/chat/markdown/blocks.js");
  const { patch } = await import("/static/chat/markdown/patch.js");
  const read = (blocks, text, growing) => blocks.read(text.replaceAll(/\\r\\n?/g, "\\n"), growing);
  const pairs = documents.map((pieces) => {
    const [grown, whole] = [document.createElement("div"), document.createElement("div")];
    const blocks = createBlocks();
    let shown = [];
    let text = "";
    const show = (growing) => {
      const nodes = read(blocks, text, growing);
      patch(grown, shown, nodes);
      shown = nodes;
    };
    for (const piece of pieces) {
      text += piece;
      show(true);
    }
    show(false);
    patch(whole, [], read(createBlocks(), text, false));
    return { text, grown, whole };
  });
  const different = () => pairs.filter(({ grown, whole }) => grown.outerHTML !== whole.outerHTML);
  for (let waited = 0; waited < 200 && different().length > 0; waited++) await new Promise((go) => setTimeout(go, 50));
  return different().map(({ text, grown, whole }) => [text, grown.outerHTML, whole.outerHTML]);
}"""


def words(text: str) -> list[str]:
    return re.findall(r"\S+\s*|\s+", text)


def test_a_streamed_document_ends_as_the_same_document_shown_at_once(page: Page) -> None:
    open_to_modules(page)
    assert page.evaluate(SAME, documents(SEED, 200)) == [], f"SEED={SEED}"


def test_an_answer_shows_everything_that_markdown_can_say(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("tell of the bridges", text=words(written()))
    answer = settled(ask(page, "tell of the bridges"))
    for _ in ("live", "reloaded"):
        text = answer.locator("> .text")
        expect(text.get_by_role("heading", level=2)).to_have_text("Why bridges carry houses")
        link = text.get_by_role("link", name="the list")
        expect(link).to_have_attribute("href", "https://example.org/bridges")
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(text.locator("ol > li > ul > li")).to_have_count(2)
        expect(text.locator("s")).to_have_text("gardens")
        expect(text.get_by_role("cell", name="£1,160")).to_have_css("text-align", "end")
        expect(text.locator("blockquote blockquote")).to_have_text("And houses paid for it.")
        boxes = text.get_by_role("checkbox")
        expect(boxes).to_have_count(3)
        expect(boxes.first).to_be_checked()
        expect(boxes.first).to_be_disabled()
        expect(text.locator(".hl-keyword").first).to_have_text("from")
        expect(text.locator(".formula .katex-html")).to_have_count(2)
        expect(text.locator("hr")).to_have_count(1)
        expect(text.locator("img")).to_have_count(0)
        expect(text.get_by_role("link", name="Image: A bridge — example.net")).to_be_visible()
        expect(text).to_contain_text("It cost $5 and $10, not more.")
        text.get_by_role("button", name="Footnote 2").click()
        expect(text.get_by_role("button", name="Back to reference 2")).to_be_focused()
        text.get_by_role("button", name="Back to reference 2").click()
        expect(text.get_by_role("button", name="Footnote 2")).to_be_focused()
        page.reload()


def test_emphasis_in_scripts_without_blanks_falls_on_the_words_that_are_meant(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("強調して", text=["**「A」**なので**「B」**です。", "\n\n**注意：**正文"])
    answer = settled(ask(page, "強調して"))
    expect(answer.locator("strong")).to_have_text(["「A」", "「B」", "注意："])
    expect(answer.locator("> .text")).not_to_contain_text("*")


def test_libraries_for_code_and_formulas_are_fetched_when_there_is_some(page: Page, upstream: Upstream) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.partition("/vendor/")[2]))
    upstream.script_prompt("only words", text=["no **code**, and $5"])
    upstream.script_prompt("now some code", text=["```py\nprint(1)\n```\n"])
    upstream.script_prompt("now a formula", text=["$x^2$"])
    page.reload()
    settled(ask(page, "only words"))
    # What reads Markdown is part of the page.
    assert set(fetched) == {""}
    settled(ask(page, "now some code"))
    expect(page.locator(".hl-built")).to_have_text("print")
    assert "highlightjs/languages/python.js" in fetched
    assert not [path for path in fetched if path.startswith("katex/")]
    settled(ask(page, "now a formula"))
    expect(page.locator(".katex-html")).to_be_visible()
    assert {path for path in fetched if path.startswith("katex/") and not path.endswith("woff2")} == {
        "katex/katex.mjs",
        "katex/katex.css",
    }


def test_code_is_copied_as_it_was_written_and_wraps_on_request(page: Page, upstream: Upstream) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = "def f(x):\n    return '<b>' + x * 2  # " + "long " * 60 + "\n"
    upstream.script_prompt("code to copy", text=words(f"Here:\n\n```python\n{code}```\n"))
    answer = settled(ask(page, "code to copy"))
    expect(answer.locator(".code-language")).to_have_text("python")
    answer.get_by_role("button", name="Copy", exact=True).click()
    expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code
    overflows = "pre => pre.scrollWidth > pre.clientWidth"
    assert answer.locator("pre").evaluate(overflows)
    wrap = answer.get_by_role("button", name="Wrap")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not answer.locator("pre").evaluate(overflows)


def test_code_is_copied_where_the_clipboard_is_refused(page: Page) -> None:
    open_to_modules(page)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.evaluate("document.addEventListener('copy', () => (window.copied = String(document.activeElement.value)))")
    page.evaluate("import('/static/chat/page/clipboard.js').then(({copyText}) => copyText('two\\nlines'))")
    page.wait_for_function("window.copied === 'two\\nlines'")


def test_what_has_not_changed_stays_the_same_node_while_the_text_grows(page: Page, upstream: Upstream) -> None:
    begin = ["First words.\n\n", "```py\n", "x = 1\n" * 3, "y = '" + "long " * 80 + "'\n"]
    pieces = [*begin, "z = 3\n", "```\n\n", "Last words."]
    upstream.script_prompt("keep my place", text=pieces, then="hang", after=4, hang_seconds=2)
    answer = ask(page, "keep my place")
    expect(answer.locator("code")).to_contain_text("long '")
    expect(answer.locator(".hl-string")).to_have_count(1)
    page.evaluate(
        """() => {
      const [p, pre] = [".text > p", "pre"].map((each) => document.querySelector(each));
      window.kept = { p, pre };
      pre.scrollLeft = 120;
      getSelection().selectAllChildren(p);
    }"""
    )
    answer.get_by_role("button", name="Wrap").focus()
    settled(answer)
    expect(answer.locator(".text")).to_contain_text("Last words.")
    kept = page.evaluate("({p: kept.p.isConnected, pre: kept.pre.isConnected, scrolled: kept.pre.scrollLeft})")
    assert kept == {"p": True, "pre": True, "scrolled": 120}
    assert page.evaluate("String(getSelection())") == "First words."
    expect(answer.get_by_role("button", name="Wrap")).to_be_focused()


def test_half_written_syntax_is_never_on_the_screen(page: Page) -> None:
    seen = prepare(page).evaluate(
        """async pieces => {
      const seen = new Set();
      const watch = new MutationObserver(() => seen.add(document.querySelector(".text").textContent));
      watch.observe(document.querySelector("#transcript"), { subtree: true, childList: true, characterData: true });
      await renderer.streamed(pieces, true);
      return [...seen];
    }""",
        list(
            "So **bold words**, `code`, [a link](https://example.org/x) and\n\n"
            "| a | b |\n|---|---|\n| 1 | 2 |\n\nThen $x^2$."
        ),
    )
    assert len(seen) > 3
    assert [text for text in seen if re.search(r"[*`\[\]()|]|http|---", text)] == []


def test_the_cursor_stands_behind_the_last_word(page: Page, upstream: Upstream) -> None:
    pieces = ["Some:\n\n- one\n", "- two `code` more"]
    upstream.script_prompt("a list grows", text=pieces, then="hang", after=2, hang_seconds=3)
    answer = ask(page, "a list grows")
    item = answer.locator("li[data-end]")
    expect(item).to_have_text("two code more")
    assert item.evaluate("e => getComputedStyle(e, '::after').display") == "inline-block"
    assert answer.locator(".text").evaluate("e => getComputedStyle(e, '::after').content") == "none"
    settled(answer)
    expect(answer.locator("[data-end]")).to_have_count(0)


def test_a_question_stays_as_it_was_typed(page: Page) -> None:
    typed = "**not bold**\n- no list\n<b>no markup</b>"
    settled(ask(page, typed))
    for _ in ("live", "reloaded"):
        expect(page.locator("article[data-role=user] .text")).to_have_text(typed, use_inner_text=True)
        page.reload()


def test_a_long_history_is_shown_from_its_end_and_does_not_jump(page: Page, upstream: Upstream) -> None:
    answer = "## A heading\n\nSome **bold** words.\n\n- one\n- two\n\n```py\nprint(1)\n```\n"
    upstream.script_prompt("again, number", text=words(answer))
    for number in range(8):
        settled(ask(page, f"again, number {number}")).locator("h3").wait_for()
    page.set_viewport_size({"width": 900, "height": 420})
    page.reload()
    expect(page.locator("article").last.locator(".hl-built")).to_be_in_viewport()
    expect(page.locator(".text.markdown")).to_have_count(8)
    assert page.locator("#scroller").evaluate("e => e.scrollHeight - e.scrollTop - e.clientHeight") < 2
    # A message that has been in view stays where it is while those above it get their sizes.
    page.mouse.move(450, 200)
    last = page.locator("article[data-role=user]").nth(4)
    while (last.bounding_box() or {"y": -1000})["y"] < 100:
        before = page.evaluate("document.querySelector('#scroller').scrollTop")
        page.mouse.wheel(0, -60)
        moved = "before => document.querySelector('#scroller').scrollTop !== before || before === 0"
        page.wait_for_function(moved, arg=before)
    expect(last).to_be_in_viewport()


def test_colours_of_code_can_be_read_in_light_and_dark(page: Page) -> None:
    show(prepare(page), written())
    expect(page.locator(".hl-keyword").first).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        contrasts = page.evaluate(
            """() => {
          const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const brightness = (colour) => {
            pen.fillStyle = colour;
            pen.fillRect(0, 0, 1, 1);
            const parts = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((each) => each / 255);
            const [r, g, b] = parts.map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const code = document.querySelector(".code code");
          const ground = brightness(getComputedStyle(document.querySelector(".code")).backgroundColor);
          const names = ["comment", "keyword", "string", "number", "title", "type", "deletion"];
          return names.map((name) => {
            const made = code.appendChild(document.createElement("span"));
            made.className = `hl-${name}`;
            const ink = brightness(getComputedStyle(made).color);
            const [light, dark] = [ink, ground].sort((a, b) => b - a);
            return [name, (light + 0.05) / (dark + 0.05)];
          });
        }"""
        )
        assert [(name, ratio) for name, ratio in contrasts if ratio < 4.5] == []
