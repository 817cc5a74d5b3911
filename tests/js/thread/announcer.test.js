import assert from "node:assert/strict";
import { test } from "node:test";

import { announcement } from "../../../static/chat/thread/announcer.js";
import { initial } from "../../../static/chat/state/state.js";
import { turn } from "../../../static/chat/state/turn.js";

/**
 * @param {import("../../../static/chat/state/state.js").Phase} phase
 * @param {Partial<import("../../../static/chat/state/turn.js").Turn>} [answer]
 */
const state = (phase, answer = {}) => initial({ phase, turns: [turn({ key: "a", role: "assistant", ...answer })] });

test("the beginning and the end of an answer are told, once", () => {
  assert.equal(announcement("sending", state("streaming")), "Answer started");
  assert.equal(announcement("streaming", state("streaming")), "");
  assert.equal(announcement("streaming", state("idle")), "Answer finished");
  assert.equal(announcement("idle", state("idle")), "");
});

test("a stop that failed is no new answer", () => assert.equal(announcement("stopping", state("streaming")), ""));

test("how it ended is told, too", () => {
  assert.equal(announcement("stopping", state("idle", { status: "stopped" })), "Answer stopped");
  const trouble = { type: "api_error", message: "The model broke off.", retryable: true };
  assert.equal(announcement("streaming", state("idle", { trouble, status: "interrupted" })), "The model broke off.");
});
