import assert from "node:assert/strict";
import { test } from "node:test";

import { initial, reduce } from "../../../static/chat/state/state.js";
import { thoughtLine, waitLine } from "../../../static/chat/thread/thinking.js";
import { turn } from "../../../static/chat/state/turn.js";

/** @typedef {import("../../../static/chat/state/events.js").PageEvent} PageEvent */

const SEND = { type: /** @type {const} */ ("send"), key: "k", message: "Hi", parentId: null, requestId: "r", model: "m" };
const START = { type: /** @type {const} */ ("start"), conversation_id: "c", message_id: "a", user_message_id: "q", generation_id: "g", model: "m" };

/** @param {PageEvent[]} events */
function line(...events) {
  const state = [SEND, START, ...events].reduce(reduce, initial());
  return thoughtLine(state.turns.at(-1) ?? turn({ key: "", role: "assistant" }), state.phase !== "idle");
}

test("thinking counts its seconds from the first thought", () => {
  const first = { type: /** @type {const} */ ("reasoning"), content: "Hm", at: 2.5 };
  assert.equal(line(first), "Thinking…");
  assert.equal(line(first, { type: "waited", seconds: 3 }), "Thinking…");
  assert.equal(line(first, { type: "waited", seconds: 6 }), "Thinking… 3 s");
  assert.equal(line(first, { type: "waited", seconds: 70 }), "Thinking… 1 min 7 s");
});

for (const spoken of [
  { type: /** @type {const} */ ("token"), content: "So", at: 6.4 },
  { type: /** @type {const} */ ("tool_call"), index: 0, id: "1", name: "f", arguments: "", at: 6.4 },
]) {
  test(`thinking ends with the first ${spoken.type}`, () => {
    const ended = line({ type: "reasoning", content: "Hm", at: 2.5 }, spoken, { ...spoken, at: 20 }, { type: "waited", seconds: 21 });
    assert.equal(ended, "Thought for 4 s");
  });
}

test("less than a second of thought is a second", () => {
  assert.equal(line({ type: "reasoning", content: "Hm", at: 1 }, { type: "token", content: "So", at: 1.1 }), "Thought for 1 s");
});

test("where nobody watched the clock no time is told", () => {
  assert.equal(line({ type: "reasoning", content: "Hm" }, { type: "waited", seconds: 9 }), "Thinking…");
  assert.equal(line({ type: "reasoning", content: "Hm" }, { type: "token", content: "So" }), "Thought");
  assert.equal(thoughtLine(turn({ key: "k", role: "assistant", reasoning: "Hm", content: "So" }), false), "Thought");
});

/** @param {Partial<import("../../../static/chat/state/turn.js").Turn>} given */
const waits = (given) => waitLine(turn({ key: "a", role: "assistant", model: "llama", ...given }));

test("it says whom it waits for, from the first second on", () => {
  assert.equal(waits({ waitedSeconds: 0 }), "");
  assert.equal(waits({ waitedSeconds: 1 }), "waiting for llama… 1 s");
  assert.equal(waits({ waitedSeconds: 9 }), "waiting for llama… 9 s");
});

test("a long wait says what it may be for", () => {
  assert.match(waits({ waitedSeconds: 10 }), /^waiting for llama… 10 s\. A local model may be loading/);
  assert.match(waits({ waitedSeconds: 75 }), /^waiting for llama… 1 min 15 s\. A local model may be loading/);
});

for (const begun of [{ content: "So" }, { reasoning: "Hm" }, { toolCalls: [{ index: 0, id: "1", name: "f", arguments: "" }] }]) {
  test(`nothing is waited for once there is ${Object.keys(begun)[0]}`, () => {
    assert.equal(waits({ waitedSeconds: 30, ...begun }), "");
  });
}
