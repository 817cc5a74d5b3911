import assert from "node:assert/strict";
import { test } from "node:test";

import { emptiness, recoveries, sentence } from "../../../static/chat/thread/recovery.js";
import { turn } from "../../../static/chat/state/turn.js";

const TROUBLE = { type: "api_error", message: "No.", retryable: true };

/** @param {Partial<import("../../../static/chat/state/turn.js").Turn>} known */
const offered = (known) => recoveries(turn({ key: "k", id: "a", role: "assistant", content: "Half", ...known }));

test("a whole answer, a question and one still being written need nothing", () => {
  assert.deepEqual(offered({ finishReason: "stop" }), []);
  assert.deepEqual(offered({ role: "user" }), []);
  assert.deepEqual(offered({ status: "streaming" }), []);
  assert.deepEqual(offered({ status: "queued", content: "" }), []);
});

test("what the person stopped was stopped on purpose", () => {
  assert.deepEqual(offered({ status: "stopped", finishReason: "stopped" }), []);
});

test("an interrupted answer can be continued or tried again", () => {
  assert.deepEqual(offered({ status: "interrupted", trouble: TROUBLE }), ["continue", "retry"]);
  assert.deepEqual(offered({ status: "interrupted" }), ["continue", "retry"]);
});

test("without any text there is nothing to continue", () => {
  assert.deepEqual(offered({ status: "failed", content: "", trouble: TROUBLE }), ["retry"]);
  assert.deepEqual(offered({ status: "interrupted", content: "", trouble: TROUBLE }), ["retry"]);
  assert.deepEqual(offered({ status: "failed", id: null, content: "", trouble: TROUBLE }), ["retry"]);
});

test("an answer cut by length, or because nobody was reading, can be continued", () => {
  assert.deepEqual(offered({ finishReason: "length" }), ["continue"]);
  assert.deepEqual(offered({ status: "stopped", finishReason: "disconnected" }), ["continue"]);
  assert.deepEqual(offered({ status: "stopped", finishReason: "disconnected", content: "" }), ["retry"]);
});

test("an answer that ended without saying why can be continued", () => {
  assert.deepEqual(offered({ finishReason: "other", finishDetail: "none" }), ["continue"]);
});

test("an answer of which nothing is to be read says why, and can be asked for again", () => {
  const empty = turn({ key: "k", id: "a", role: "assistant", finishReason: "stop" });
  assert.match(emptiness(empty), /nothing that can be shown/);
  assert.match(emptiness({ ...empty, reasoning: "Hm." }), /thought, but gave no answer/);
  assert.deepEqual(recoveries(empty), ["retry"]);
  for (const change of [{ finishReason: "content_filter" }, { content: "Yes." }, { status: /** @type {const} */ ("stopped") }]) {
    assert.equal(emptiness({ ...empty, ...change }), "");
  }
});

test("what this model will never do is a case for another one", () => {
  const trouble = { ...TROUBLE, retryable: false };
  assert.deepEqual(offered({ status: "failed", content: "", trouble }), ["choose"]);
  assert.deepEqual(offered({ status: "interrupted", trouble }), ["continue", "choose"]);
});

for (const [type, remedy] of [["too_large", "rewrite"], ["invalid_request", "rewrite"], ["unauthenticated", "signin"], ["forbidden", "reload"]]) {
  test(`where ${type} is in the way, asking again in the same words is not offered but ${remedy}`, () => {
    const trouble = { ...TROUBLE, type: type ?? "", retryable: false };
    assert.deepEqual(offered({ id: null, status: "failed", content: "", trouble }), [remedy]);
  });
}

test("a used-up budget can be tried again once it is free, and not before", () => {
  const trouble = { ...TROUBLE, type: "budget", retryable: false, retry_at: "2026-12-01T00:00:00Z" };
  const answer = turn({ key: "k", id: "a", role: "assistant", status: "interrupted", content: "Half", trouble });
  assert.deepEqual(recoveries(answer, new Date("2026-11-30T23:59:59Z")), ["choose"]);
  assert.deepEqual(recoveries(answer, new Date("2026-12-01T00:00:00Z")), ["retry"]);
});

test("when a budget is free again is told in the reader's own time", () => {
  const at = new Date("2026-12-01T00:00:00Z");
  const now = new Date(at.getTime() - 3 * 86_400_000);
  const trouble = { ...TROUBLE, retryable: false, retry_at: "2026-12-01T00:00:00.400Z" };
  const month = { ...trouble, message: "It is used up. It is free again on 1 December at 00:00 UTC." };
  const own = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }).format(at);
  assert.equal(sentence(month, now, "en-GB"), `It is used up. It is free again on ${own}.`);
  const day = { ...trouble, message: "It is free again at 00:00 UTC." };
  const hour = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit" }).format(at);
  assert.equal(sentence(day, new Date(at.getTime() + 60_000), "en-GB"), `It is free again at ${hour}.`);
  assert.equal(sentence({ ...day, retry_at: null }, now), day.message);
});
