import assert from "node:assert/strict";
import { test } from "node:test";

import { turn } from "../../../static/chat/state/turn.js";
import { waitLine } from "../../../static/chat/thread/waiting.js";

/** @param {Partial<import("../../../static/chat/state/turn.js").Turn>} given */
const line = (given) => waitLine(turn({ key: "a", role: "assistant", model: "llama", ...given }));

test("it says whom it waits for, from the first second on", () => {
  assert.equal(line({ waitedSeconds: 0 }), "");
  assert.equal(line({ waitedSeconds: 1 }), "waiting for llama… 1 s");
  assert.equal(line({ waitedSeconds: 9 }), "waiting for llama… 9 s");
});

test("a long wait says what it may be for", () => {
  assert.match(line({ waitedSeconds: 10 }), /^waiting for llama… 10 s\. A local model may be loading/);
  assert.match(line({ waitedSeconds: 75 }), /^waiting for llama… 1 min 15 s\. A local model may be loading/);
});

for (const begun of [{ content: "So" }, { reasoning: "Hm" }, { toolCalls: [{ index: 0, id: "1", name: "f", arguments: "" }] }]) {
  test(`nothing is waited for once there is ${Object.keys(begun)[0]}`, () => {
    assert.equal(line({ waitedSeconds: 30, ...begun }), "");
  });
}
