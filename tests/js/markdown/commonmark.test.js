/** What is added for other scripts takes nothing from CommonMark: all examples of its specification. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import MarkdownIt from "../../../static/vendor/markdown-it/markdown-it.mjs";
import addCjkEmphasis from "../../../static/vendor/markdown-it-cjk-friendly/markdown-it-cjk-friendly.js";

/** @type {{ tests: { markdown: string, html: string, number: number }[] }} */
const { tests } = createRequire(import.meta.url)("commonmark-spec");

test("every example of CommonMark is read as its specification says", () => {
  const parser = new MarkdownIt("commonmark");
  addCjkEmphasis(parser);
  assert.ok(tests.length > 600);
  for (const { markdown, html, number } of tests) {
    // Their own program writes a line end into what is empty.
    const rendered = parser.render(markdown.replaceAll("→", "\t")).replaceAll("<blockquote></blockquote>", "<blockquote>\n</blockquote>");
    assert.equal(rendered, html.replaceAll("→", "\t"), `example ${number}`);
  }
});
