import assert from "node:assert/strict";
import { test } from "node:test";

import { charactersDue } from "../../../static/chat/page/typing-pace.js";

/** @param {string} text */
function frames(text) {
  const pieces = [];
  for (let shown = 0; shown < text.length; ) {
    const next = charactersDue(text, shown, 50);
    pieces.push(text.slice(shown, next));
    shown = next;
  }
  return pieces;
}

test("every frame shows more, and all of it within a second of them", () => {
  const pieces = frames("word ".repeat(2000));
  assert.equal(pieces.join(""), "word ".repeat(2000));
  assert.ok(pieces.every((piece) => piece.length > 0));
  assert.ok(pieces.length < 20);
});

test("a burst is spread over several frames", () => assert.ok(frames("x".repeat(200)).length > 5));

test("a surrogate pair is never cut", () => {
  for (const piece of frames(`a${"👩‍🚀😀".repeat(50)}`)) assert.equal(piece, piece.toWellFormed());
});

test("nothing waiting means nothing to show", () => assert.equal(charactersDue("abc", 3, 50), 3));

test("after a long pause between frames everything is shown", () => assert.equal(charactersDue("x".repeat(500), 0, 100), 500));
