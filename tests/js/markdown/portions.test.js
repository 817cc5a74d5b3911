import assert from "node:assert/strict";
import { test } from "node:test";

import { createBlocks } from "../../../static/chat/markdown/blocks.js";
import { portions } from "../../../static/chat/markdown/portions.js";
import { documents } from "../documents.js";

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const MOST_NODES = 300;
const DEEPEST = 60;

/** @typedef {import("../../../static/chat/markdown/node.js").Node} Node */

/** @param {string} text */
const read = (text) => createBlocks().read(text, false);

/**
 * @param {Node} node
 * @returns {number}
 */
const size = (node) => (typeof node === "object" && "children" in node ? node.children.reduce((sum, child) => sum + size(child), 1) : 1);

/**
 * @param {Node} node
 * @returns {string} what can be read in it
 */
const words = (node) => (typeof node === "string" ? node : "children" in node ? node.children.map(words).join("") : JSON.stringify(node));

/**
 * @param {Node[]} nodes
 * @param {string} tag
 * @returns {import("../../../static/chat/markdown/node.js").ElementNode[]} those of a tag that do not go on from one before
 */
function begun(nodes, tag) {
  return nodes.flatMap((node) => {
    if (typeof node === "string" || !("children" in node)) return [];
    const own = node.tag === tag && node.attributes["data-continued"] === undefined ? [node] : [];
    return [...own, ...begun(node.children, tag)];
  });
}

for (const [what, text] of Object.entries({
  items: "- a\n".repeat(3000),
  "items in a quote": "> - a\n".repeat(3000),
  "one item of items": `- a\n${"  - b\n".repeat(3000)}`,
  "numbered items of two paragraphs": "1. a\n\n   b\n\n".repeat(2000),
  rows: `|a|b|\n|-|-|\n${"|a|b|\n".repeat(3000)}`,
  lines: "a\n".repeat(3000),
  paragraphs: "a\n\n".repeat(3000),
})) {
  test(`${what} come in portions that lack nothing`, () => {
    const nodes = read(text);
    const parts = [...portions(nodes)];
    assert.ok(parts.length > 5);
    for (const part of parts) assert.ok(size(part) <= MOST_NODES + DEEPEST);
    assert.equal(parts.map(words).join(""), nodes.map(words).join(""));
    for (const tag of ["li", "p", "tr", "blockquote", "ul", "ol"]) {
      assert.equal(begun(parts, tag).length, begun(nodes, tag).length, tag);
    }
  });
}

test("a list goes on counting", () => {
  const text = "7. a\n8. b\n\n   c\n".repeat(500);
  const lists = [...portions(read(text))].map((part) => part.children[0]);
  let next = 7;
  for (const list of lists) {
    assert.ok(typeof list === "object" && "tag" in list && list.tag === "ol");
    const first = list.children[0];
    const goesOn = typeof first === "object" && "tag" in first && first.attributes["data-continued"] !== undefined;
    assert.equal(Number(list.attributes.start), goesOn ? next - 1 : next);
    next += list.children.length - (goesOn ? 1 : 0);
  }
  assert.equal(next, 1007);
});

test(`what is short is one portion, as it is (SEED=${SEED})`, () => {
  for (const text of documents(SEED, 60)) {
    const nodes = read(text);
    const parts = [...portions(nodes)];
    assert.equal(parts.map(words).join(""), nodes.map(words).join(""));
    if (nodes.length > 0 && nodes.reduce((sum, node) => sum + size(node), 0) < MOST_NODES / 10) assert.deepEqual(parts[0]?.children, nodes);
  }
});
