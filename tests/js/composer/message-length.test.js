import assert from "node:assert/strict";
import { test } from "node:test";

import { lengthOf } from "../../../static/chat/composer/message-length.js";

test("a length is told once it comes near the limit, and how much is too much beyond it", () => {
  assert.deepEqual(lengthOf("x".repeat(899), 1000), { over: false, text: "" });
  assert.deepEqual(lengthOf("x".repeat(900), 1000), { over: false, text: "900 of 1,000 characters" });
  assert.deepEqual(lengthOf("x".repeat(1000), 1000), { over: false, text: "1,000 of 1,000 characters" });
  assert.deepEqual(lengthOf("x".repeat(1234), 1000), { over: true, text: "234 characters too long: at most 1,000 can be sent." });
});

test("a character beyond the basic plane is one, as for the server", () => {
  const face = String.fromCodePoint(0x1f600);
  assert.deepEqual(lengthOf(face.repeat(1000), 1000), { over: false, text: "1,000 of 1,000 characters" });
  assert.deepEqual(lengthOf(face.repeat(600), 1000), { over: false, text: "" });
});
