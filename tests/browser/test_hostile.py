"""Whatever a model, a person or a provider says is shown and never obeyed: no script, no request, no window."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from itertools import cycle
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.renderer import prepare
from tests.browser.talk import ask, chosen_model, settled
from tests.harness.browser import sign_in
from tests.harness.site import ROOT, Site
from tests.harness.upstream.process import Upstream
from tests.providers.completion import DONE, delta, event, usage

CORPUS: dict[str, list[str]] = json.loads((ROOT / "tests" / "browser" / "corpus" / "hostile.json").read_text())
EVIL = "<img src=x onerror=window.owned=1><script>window.owned=1</script>"
FLOODS = [
    *(
        "[",
        "![",
        ">",
        "> ",
        "- ",
        "1. ",
        "*",
        "**a ",
        "*a _b ",
        "_",
        "`",
        "`a ``b ",
        "~~a",
        "$",
        "$a ",
        "$$",
        "\\(",
        "\\[",
    ),
    *("\n\\[\na", "\n$$\na", "(", "<", "<a ", "<!--", "&", "|", "|a|b\n", "[a](", "[a](b ", "[](", "[a][b] ", "[^1]"),
    *("[^1]: ", "[a]: b\n", "\n```", "#", "\t", "\\", "http://a ", "https://", "a@b.c ", "![a](data:", "\n- ", "\0"),
]
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push([event.violatedDirective, event.sample]));
"""
# Every state in between is shown, as at the slowest pace.
STREAM = """async texts => {
  const { createBlocks } = await import("/static/chat/markdown/blocks.js");
  const { patch } = await import("/static/chat/markdown/patch.js");
  for (const pieces of texts) {
    const { element, body } = window.renderer.make();
    element.classList.add("markdown");
    const blocks = createBlocks();
    let shown = [];
    let text = "";
    for (const [at, piece] of pieces.entries()) {
      text += piece;
      const nodes = blocks.read(text.replaceAll(/\\r\\n?/g, "\\n"), at < pieces.length - 1);
      patch(element, shown, nodes);
      shown = nodes;
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}"""
# What an answer may consist of, outside of what KaTeX draws.
TAGS = (
    "p h2 h3 h4 h5 h6 ul ol li blockquote hr br a img strong em s code pre sup input button span div table thead tbody "
    "tr th td section figure figcaption sub kbd mark u details summary bdi"
)
ATTRIBUTES = (
    "class href target rel title src alt type disabled checked start tabindex aria-label aria-live aria-pressed "
    "data-align data-continued data-note data-to-note data-from-note data-source data-end data-wrap "
    "dir open data-plain data-folded aria-expanded"
)
STRANGE = f"""() => {{
  const tags = "{TAGS}".split(" ");
  const attributes = "{ATTRIBUTES}".split(" ");
  const harmful = (name) => name.startsWith("on") || name === "srcdoc" || name === "id";
  return [...document.querySelectorAll(".markdown *")]
    .filter((each) => {{
      const drawn = each.closest(".formula") && !each.matches(".formula");
      const tag = each.tagName.toLowerCase();
      const names = each.getAttributeNames();
      const address = each.getAttribute("href") ?? each.getAttribute("src") ?? each.getAttribute("xlink:href");
      const allowed = tag === "a" ? /^(https?|mailto):/i : /^data:image\\/(png|jpeg|gif|webp);base64,/i;
      if (address !== null && !allowed.test(address)) return true;
      if (drawn) return ["script", "a", "img", "iframe"].includes(tag) || names.some(harmful);
      return !tags.includes(tag) || names.some((name) => !attributes.includes(name));
    }})
    .map((each) => each.outerHTML);
}}"""


@pytest.fixture
def page(open_page: OpenPage, site: Site) -> Iterator[Page]:
    """A page that is watched for everything that hostile words may bring about."""
    page = open_page()
    asked: list[str] = []
    windows: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.context.on("page", lambda opened: windows.append(opened.url))
    page.on("dialog", lambda dialog: windows.append(dialog.message))
    page.add_init_script(WATCH)
    sign_in(page, site, "alice")
    yield page
    assert page.evaluate("window.owned") is None
    assert page.evaluate("violations") == []
    assert [url for url in asked if not url.startswith((f"{site.url}/", "data:image/"))] == []
    assert windows == []
    assert page.url.startswith(site.url)


def cut(text: str) -> list[str]:
    """Return the text in pieces of one to seven characters."""
    pieces = []
    for length in cycle((3, 1, 7, 2, 5, 1, 4, 6)):
        if not text:
            break
        pieces.append(text[:length])
        text = text[length:]
    return pieces


def well_formed(text: str) -> str:
    """Return the text as it can travel: half a surrogate pair cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# Nothing more has been fetched for half a second. The page's list of conversations holds a line open, so the network is
# never idle.
QUIET = """() => new Promise((done) => {
  performance.setResourceTimingBufferSize(10_000);
  let seen = -1;
  const look = () => {
    const now = performance.getEntriesByType("resource").length;
    if (now === seen) return done();
    seen = now;
    setTimeout(look, 500);
  };
  look();
})"""


def test_hostile_markdown_becomes_nothing_but_what_is_allowed(page: Page) -> None:
    prepare(page)
    for kind, texts in CORPUS.items():
        page.evaluate("document.querySelector('#transcript').replaceChildren()")
        page.evaluate(STREAM, [cut(text) for text in texts])
        page.evaluate(QUIET)
        assert page.locator(".markdown").count() == len(texts)
        assert page.evaluate(STRANGE) == [], kind


def test_a_flood_of_syntax_does_not_freeze_the_page(page: Page) -> None:
    prepare(page)
    page.evaluate(
        """floods => {
      window.survived = 0;
      (async () => {
        for (const flood of floods) {
          const text = flood.repeat(10_000 / flood.length + 1);
          const well = text + [...text].reverse().join("");
          renderer.whole(well).closest("article").remove();
          await renderer.streamed([text.slice(0, 5000), text.slice(5000)], true);
          renderer.whole(text).closest("article").remove();
          survived++;
        }
      })();
    }""",
        FLOODS,
    )
    page.wait_for_function("count => survived === count", arg=len(FLOODS))


def test_a_hostile_conversation_is_only_words_on_every_surface(page: Page, site: Site, upstream: Upstream) -> None:
    everything = "\n\n".join(well_formed(text) for texts in CORPUS.values() for text in texts[:6] if len(text) < 500)
    name = f'tool"{EVIL}'
    upstream.script_prompt(
        "say what is evil",
        reasoning=cut(f"{EVIL} [x](javascript:window.owned=1) ![x](https://evil.invalid/x.png)"),
        tool_calls=[{"index": 0, "id": "1", "name": name, "arguments": json.dumps({EVIL: EVIL})}],
        text=cut(everything),
    )
    answer = settled(ask(page, f"say what is evil {EVIL} **bold**"))
    title = f"{EVIL} & title"
    conversation = page.url.rpartition("/")[2]
    with site.client("alice") as alice:
        alice.patch(f"/api/conversations/{conversation}", json={"title": title}).raise_for_status()
    for _ in ("live", "reloaded"):
        expect(page.locator("article[data-role=user] > .text")).to_have_text(f"say what is evil {EVIL} **bold**")
        expect(answer.locator(".thinking-text")).to_contain_text(EVIL)
        expect(answer.locator(".tool-call summary")).to_have_text(f"Called {name}")
        expect(answer.locator(".tool-call pre")).to_contain_text("onerror=window.owned=1")
        assert page.evaluate(STRANGE) == []
        assert page.locator("article script, article .thinking img, article .tool-call img").count() == 0
        page.reload()
    expect(page.locator("#title")).to_contain_text(title)
    expect(page.get_by_role("navigation", name="Conversations")).to_contain_text(title)
    assert title in page.title()


def test_what_a_provider_says_of_an_answer_is_only_words(page: Page, site: Site, upstream: Upstream) -> None:
    raw = [
        delta(content=f"{EVIL}\n"),
        delta(content="</think>\n\nYes. "),
        b'data: {"choices": [{"delta": {"con\n\n',
        delta(content=f"![x](/api/files/{uuid4()}) ![x](/api/files/../..) ![x](//evil.invalid/x.png) {EVIL}"),
        delta(images=[{"image_url": {"url": "https://evil.invalid/x.png"}}]),
        delta(images=[{"image_url": {"url": f"data:image/png;base64,{b64encode(EVIL.encode()).decode()}"}}]),
        event({"choices": [{"delta": {}, "finish_reason": EVIL}], "usage": usage(), "service_tier": EVIL}),
        DONE,
    ]
    upstream.script_prompt("end in an evil word", raw=raw)
    answer = settled(ask(page, "end in an evil word"))
    for _ in ("live", "reloaded"):
        expect(answer.locator(".figures")).to_contain_text(f"Ended with ‘{EVIL}’")
        expect(answer.locator(".notes")).to_contain_text("could not be read")
        expect(answer.locator(".thinking-text")).to_have_text(EVIL)
        expect(answer.locator(".text")).to_contain_text("Yes.")
        sources = page.eval_on_selector_all("article img", "all => all.map((each) => each.getAttribute('src'))")
        assert [each for each in sources if not re.fullmatch("/api/files/[0-9a-f-]{36}", each)] == []
        assert page.locator("article script").count() == 0
        page.evaluate(QUIET)
        page.reload()
    upstream.script_prompt("fail in evil words", raw=[delta(content="Yes"), event({"error": {"message": EVIL * 3}})])
    answer = settled(ask(page, "fail in evil words"), "interrupted")
    for _ in ("live", "reloaded"):
        expect(answer.locator(".trouble-text")).to_contain_text(EVIL)
        assert page.locator("article img[src=x], article script").count() == 0
        page.reload()


def test_hostile_errors_and_names_of_models_are_only_words(page: Page, site: Site, upstream: Upstream) -> None:
    model = f"model-{EVIL}"
    site.shell(
        "provider = ChatModel.objects.get(name='gpt-4o-mini').provider",
        f"ChatModel.objects.create(provider=provider, name={model!r}, upstream_name={model!r})",
    )
    upstream.script_prompt("fail with evil words", status=400, error_message=f"{EVIL} [x](javascript:window.owned=1)")
    page.reload()
    answer = settled(ask(page, "fail with evil words", model=model), "failed")
    for _ in ("live", "reloaded"):
        expect(answer.locator(".trouble-text")).to_be_visible()
        expect(chosen_model(page)).to_have_text(model)
        assert page.locator("main :is(img, script)").count() == 0
        page.reload()


# Code that takes the highlighter many seconds; then some that people write.
SLOW_CODE = f"```java\n{'$' * 19_500}\n```\n\n```python\ndef quick():\n    return 1\n```"


def test_code_that_the_highlighter_chokes_on_stays_plain_and_the_page_goes_on(page: Page) -> None:
    prepare(page)
    page.evaluate("window.turns = 0; setInterval(() => turns++, 10)")
    for count in (1, 2):
        before = page.evaluate("turns")
        page.evaluate("text => { renderer.whole(text) }", SLOW_CODE)
        expect(page.locator(".markdown code [class^=hl-]").filter(has_text="def")).to_have_count(count)
        # As long as the highlighter was waited for, the page did all that was due.
        assert page.evaluate("turns") - before > 20
        slow = page.locator(".markdown code").filter(has_text="$$$$")
        expect(slow.last).to_have_text("$" * 19_500 + "\n")
        expect(slow.locator("span")).to_have_count(0)
    page.evaluate(
        "text => { renderer.whole(text) }", f"```javascript\n{'`${' * 6000}\n```\n\n```json\n{'[' * 19_000}\n```"
    )
    page.evaluate("text => { renderer.whole(text) }", "```python\ndef after():\n    return 1\n```")
    expect(page.locator(".markdown code [class^=hl-]").filter(has_text="def")).to_have_count(3)


# Each macro doubles what it is given: half a million signs; and then a formula as people write it.
DOUBLING = "$$\\def\\a#1{#1#1}" + "\\a{" * 8 + "x" * 2000 + "}" * 8 + "$$\n\nand $x^2$"


def test_a_formula_that_grows_without_end_stays_its_source(page: Page) -> None:
    prepare(page)
    page.evaluate("text => { renderer.whole(text) }", DOUBLING)
    expect(page.locator(".formula .katex")).to_have_count(1)
    expect(page.locator(".formula[data-source]")).to_contain_text("#1#1")
    assert page.locator(".markdown *").count() < 1000
