import assert from "node:assert/strict";
import { test } from "node:test";

import { createBlocks } from "../../../static/chat/markdown/blocks.js";
import { documents, pieces, random } from "../documents.js";

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** @param {string} text */
const atOnce = (text) => createBlocks().read(text.replaceAll(/\r\n?/g, "\n"), false);

test(`a text that grows ends as the same text shown at once (SEED=${SEED})`, () => {
  const next = random(SEED);
  for (const text of documents(SEED, 120)) {
    const blocks = createBlocks();
    let grown = "";
    for (const piece of pieces(text, next, 16)) {
      grown += piece;
      blocks.read(grown.replaceAll(/\r\n?/g, "\n"), true);
    }
    assert.deepEqual(blocks.read(grown.replaceAll(/\r\n?/g, "\n"), false), atOnce(text), JSON.stringify(text));
  }
});

test("a formula on lines of its own is none of them once something follows it on its last", () => {
  const blocks = createBlocks();
  blocks.read("d\n\\[\ny\\]", true);
  assert.deepEqual(blocks.read("d\n\\[\ny\\])", false), atOnce("d\n\\[\ny\\])"));
});

test("what is finished is not parsed again", () => {
  const blocks = createBlocks();
  const before = blocks.read("# One\n\ntwo\n\n- three\n", true);
  const after = blocks.read("# One\n\ntwo\n\n- three\n- four\n", true);
  assert.equal(after[0], before[0]);
  assert.equal(after[1], before[1]);
  assert.notEqual(after[2], before[2]);
});
