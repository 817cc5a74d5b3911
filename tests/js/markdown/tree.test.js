import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { createBlocks } from "../../../static/chat/markdown/blocks.js";
import { grammarsOf, languageOf } from "../../../static/chat/markdown/languages.js";

/** @typedef {import("../../../static/chat/markdown/node.js").Node} Node */

/**
 * @param {Node} node
 * @returns {string} `tag(children)`; formulas as `{…}`, code as `language{…}`
 */
function told(node) {
  if (typeof node === "string") return node;
  if ("formula" in node) return node.display ? `{{${node.formula}}}` : `{${node.formula}}`;
  if ("code" in node) return `${node.language}{${node.code}}`;
  return `${node.tag}(${node.children.map(told).join("")})`;
}

/** @param {string} text */
const shown = (text) => createBlocks().read(text, false).map(told).join(" ");

for (const [text, expected] of [
  ["$x^2$ and \\(y\\)", "p({x^2} and {y})"],
  ["$5 and $10", "p($5 and $10)"],
  ["$ 5 $", "p($ 5 $)"],
  ["$x$1", "p($x$1)"],
  ["\\$x$ y$", "p($x$ y$)"],
  ["`$x$`", "p(code($x$))"],
  ["$$\na\n$$", "{{\na\n}}"],
  ["words\n\\[ a \\]\nmore", "p(words) {{ a }} p(more)"],
  ["a $$b$$ c", "p(a {{b}} c)"],
  ["$$\n\na\n$$", "p($$) p(abr()\n$$)".replace("abr", "abr")],
  ["# One", "h2(One)"],
  ["a<br>b<br/>c", "p(abr()\nbbr()\nc)"],
  ["|a|\n|-|\n|x<br>y|", "div(table(thead(tr(th(a)))tbody(tr(td(xbr()\ny)))))"],
  ["H<sub>2</sub>O x<sup>**2**</sup> <KBD>Ctrl</KBD>", "p(Hsub(2)O xsup(strong(2)) kbd(Ctrl))"],
  ["<mark>a <u>b</u></mark> <s>c</s>", "p(mark(a u(b)) s(c))"],
  ["<sub>a **b</sub> c**", "p(<sub>a strong(b</sub> c))"],
  ["<sub>a and </u>", "p(<sub>a and </u>)"],
  ['<kbd class="x">a</kbd>', 'p(<kbd class="x">a</kbd>)'],
  ["a <!-- b --> c", "p(a  c)"],
  ["<!-- a\n\nb -->\nc", "p(c)"],
  ["<!-- a\n\nb", "p(<!-- a) p(b)"],
  ["<details>\n<summary>More</summary>\n\n- **a**\n\n</details>\n\nb", "details(summary(More)ul(li(strong(a)))) p(b)"],
  ["<details><summary>More</summary>a</details>", "details(summary(More)p(a))"],
  ["<details>\na\n\n<details>\nb\n</details>\n</details>\nc", "details(summary(Details)p(a)details(summary(Details)p(b))) p(c)"],
  ["<script>x</script>", "p(<script>x</script>)"],
  ["これは**「重要」**な点", "p(これはstrong(「重要」)な点)"],
  ["**注意：**正文", "p(strong(注意：)正文)"],
  ["**「A」**なので**「B」**", "p(strong(「A」)なのでstrong(「B」))"],
  ["이것은**'중요'**합니다", "p(이것은strong('중요')합니다)"],
  ["a**'b'**c", "p(a**'b'**c)"],
  ["- [x] done", "ul(li(input()done))"],
  ["[x](javascript:alert(1))", "p([x](javascript:alert(1)))"],
  ["[x](/here)", "p([x](/here))"],
  ["[x](data:image/png;base64,AAAA)", "p(x)"],
  ["![x](data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=)", "p(img())"],
  ["![x](data:image/gif;base64,R0lGODlhUMNQwwAAACwAAAAAAQABAAACAkQBADs=)", "p([Image: x — 50000 × 50000 pixels, too large to show])"],
  ["![](data:image/png;base64,AAAAA)", "p([Image: untitled — not a picture that can be shown])"],
  ["![x](data:image/svg+xml;base64,AAAA)", "p(![x](data:image/svg+xml;base64,AAAA))"],
  ["![x](https://e.org/p)", "p(a(Image: x — e.org))"],
  ["run main.py at example.org", "p(run main.py at example.org)"],
  ["<b>x</b> &amp; &lt;", "p(<b>x</b> & <)"],
  ["a[^n]\n\n[^n]: b", "p(asup(button(1))) section(ol(li(p(b)button(↩))))"],
  ["a[^n]", "p(a[^n])"],
  ["[^n]: unused", ""],
]) {
  test(`${JSON.stringify(text)} is ${expected}`, () => assert.equal(shown(text ?? ""), expected));
}

test("a flood of syntax within one paragraph is shown as it stands, and the next one is not", () => {
  for (const [flood, count] of /** @type {const} */ ([["![", 600], ["[a](", 600], ["*a _b ", 2100], ["`a ``b ", 1400]])) {
    const words = flood.repeat(count).trim();
    assert.equal(shown(`${words}\n\n**b**`), `p(${words}) p(strong(b))`);
  }
});

test("an ordered list keeps where it begins", () => {
  const [list] = createBlocks().read("7. seven", false);
  assert.deepEqual(typeof list === "object" && "attributes" in list && list.attributes, { start: "7" });
});

test("a language has a grammar by all its names, and nothing else has", () => {
  const files = readdirSync(new URL("../../../static/vendor/highlightjs/languages/", import.meta.url));
  const languages = files.map((name) => name.replace(".js", ""));
  for (const language of languages) assert.equal(languageOf(language), language);
  for (const language of languages) for (const each of grammarsOf(language)) assert.ok(languages.includes(each), each);
  assert.equal(languageOf("PY"), "python");
  for (const odd of ["", "constructor", "__proto__", "../main"]) assert.equal(languageOf(odd), null);
});
