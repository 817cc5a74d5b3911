import assert from "node:assert/strict";
import { test } from "node:test";

import { sliced, slicedColours } from "../../../static/chat/markdown/code-slices.js";
import { ownNodes } from "../../../static/chat/markdown/own-text.js";

const source = (/** @type {string} */ text) => ({ tag: "span", attributes: { class: "source", dir: "auto" }, children: [text] });

for (const [text, nodes] of /** @type {const} */ ([
  ["just **words**", []],
  ["```not closed\nx", []],
  ["Why?\n```py\nx = 1\n```\nTell me.", [source("Why?"), { code: "x = 1\n", language: "py" }, source("Tell me.")]],
  ["````\n```\na\n```\n````", [{ code: "```\na\n```\n", language: "" }]],
])) {
  test(`of a person's ${JSON.stringify(text)} what is fenced is code`, () => assert.deepEqual(ownNodes(text), nodes));
}

test("colours are cut where the code is", () => {
  const code = "/* a\n" + "b\n".repeat(500) + "*/ c\nd";
  const spans = [{ scope: "comment", inner: [code.slice(0, -4)] }, code.slice(-4)];
  const told = (/** @type {any} */ each) => (typeof each === "string" ? each : each.inner.map(told).join(""));
  assert.deepEqual([...slicedColours(spans)].map((slice) => slice.map(told).join("")), sliced(code));
});
