import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { batches } from "../../../static/chat/api/batched-reader.js";

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

/** A body that says what it is told to. */
function spoken() {
  /** @type {ReadableStreamDefaultController<Uint8Array>} */
  let controller;
  let cancelled = false;
  const body = new ReadableStream({
    start: (own) => void (controller = own),
    cancel: () => void (cancelled = true),
  });
  return {
    body,
    say: (/** @type {string} */ text) => controller.enqueue(bytes(text)),
    end: () => controller.close(),
    fail: (/** @type {Error} */ error) => controller.error(error),
    cancelled: () => cancelled,
  };
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {string[][]} [heard] what was taken together
 */
async function all(body, heard = []) {
  for await (const chunks of batches(body, () => {})) heard.push(chunks.map((chunk) => new TextDecoder().decode(chunk)));
  return heard;
}

test("what comes slowly is taken as it comes, what comes fast together", async () => {
  const { body, say, end } = spoken();
  /** @type {string[][]} */
  const heard = [];
  const done = all(body, heard);
  say("a");
  await pause(5);
  assert.deepEqual(heard, [["a"]]);
  await pause(60);
  say("b");
  await pause(5);
  assert.deepEqual(heard, [["a"], ["b"]]);
  for (const letter of "cdefgh") {
    say(letter);
    await pause(2);
  }
  end();
  await done;
  assert.equal(heard.flat().join(""), "abcdefgh");
  assert.ok(heard.length < 8, JSON.stringify(heard));
});

test("what came before a failure is told before it", async () => {
  const { body, say, fail } = spoken();
  /** @type {string[][]} */
  const heard = [];
  const done = all(body, heard);
  say("a");
  await pause(5);
  say("b");
  await pause(5);
  fail(new Error("lost"));
  await assert.rejects(done, /lost/);
  assert.deepEqual(heard.flat(), ["a", "b"]);
});

test("whoever stops listening lets go of the body", async () => {
  const { body, say, cancelled } = spoken();
  say("a");
  for await (const chunks of batches(body, () => {})) {
    assert.equal(chunks.length, 1);
    break;
  }
  await pause(5);
  assert.ok(cancelled());
});
