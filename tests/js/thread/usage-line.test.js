import assert from "node:assert/strict";
import { test } from "node:test";

import { duration, money, figuresOf } from "../../../static/chat/thread/usage-line.js";
import { turn } from "../../../static/chat/state/turn.js";

const USAGE = { prompt_tokens: 1000, completion_tokens: 234, total_tokens: 1234, cost: 0.00042, currency: "USD", source: "provider" };
const TIMING = { elapsed_seconds: 2.31, tokens_per_second: 45.2 };

/** @param {Partial<import("../../../static/chat/state/turn.js").Turn>} known */
const figures = (known) => figuresOf(turn({ key: "k", role: "assistant", model: "gpt-4o", usage: USAGE, timing: TIMING, ...known }));

/** @param {Partial<import("../../../static/chat/state/turn.js").Turn>} known */
const line = (known) => Object.values(figures(known)).filter(Boolean).join(" | ");

test("the line names model, tokens, cost, time and speed", () => {
  assert.equal(line({}), "gpt-4o · $0.00042 | 1,000 tokens in, 234 out · 2.3 s · 45 tokens/s");
});

test("a question and an unfinished answer have no line", () => {
  assert.equal(line({ role: "user" }), "");
  assert.equal(line({ status: "streaming" }), "");
  assert.equal(line({ status: "queued" }), "");
});

test("an unknown cost is said to be unknown, never zero", () => {
  assert.equal(line({ usage: { ...USAGE, cost: null }, timing: null }), "gpt-4o | 1,000 tokens in, 234 out · no price known");
});

test("exactly nothing is free", () => {
  for (const cost of [0, "0", "0.000000000000"]) {
    assert.equal(line({ usage: { ...USAGE, cost }, timing: null }), "gpt-4o · free | 1,000 tokens in, 234 out");
  }
});

test("estimates are called so", () => {
  assert.equal(line({ usage: { ...USAGE, source: "estimated" }, timing: null }), "gpt-4o · about $0.00042 | about 1,000 tokens in, 234 out");
});

test("what the provider's cache saved is said, and nothing where it saved nothing", () => {
  const usage = { ...USAGE, cache_saving: "0.012300000000" };
  assert.equal(line({ usage, timing: null }), "gpt-4o · $0.00042 | 1,000 tokens in, 234 out · cache saved $0.012");
  const estimated = { ...usage, source: "estimated" };
  assert.match(line({ usage: estimated, timing: null }), / · about \$0\.00042 \| .* · cache saved about \$0\.012$/);
  for (const saving of [0, "0E-12", "-0.00075", null, undefined]) {
    const none = { ...USAGE, cache_saving: saving };
    assert.equal(line({ usage: none, timing: null }), "gpt-4o · $0.00042 | 1,000 tokens in, 234 out");
  }
  assert.equal(line({ usage: { ...usage, cost: null }, timing: null }), "gpt-4o | 1,000 tokens in, 234 out · no price known");
});

test("unknown counts are left out", () => {
  assert.equal(line({ usage: { ...USAGE, prompt_tokens: null, total_tokens: null, cost: null }, timing: null }), "gpt-4o");
  assert.equal(line({ usage: null, timing: null }), "gpt-4o");
});

test("ends that are not plain are said in words", () => {
  const bare = { usage: null, timing: null };
  assert.equal(line({ ...bare, status: "stopped", finishReason: "stopped" }), "gpt-4o | Stopped");
  assert.equal(line({ ...bare, status: "interrupted" }), "gpt-4o | Interrupted");
  assert.equal(line({ ...bare, status: "failed" }), "gpt-4o | Failed");
  assert.equal(line({ ...bare, finishReason: "length" }), "gpt-4o | Cut off by the length limit");
  assert.equal(line({ ...bare, finishReason: "content_filter" }), "gpt-4o | Refused by the content filter");
  assert.equal(line({ ...bare, finishReason: "stop" }), "gpt-4o");
});

test("an answer that broke off has no pace, whether it was just heard or read from history", () => {
  const trouble = { type: "api_error", message: "No.", retryable: true };
  assert.equal(line({ status: "interrupted", trouble }), "gpt-4o · $0.00042 | Interrupted | 1,000 tokens in, 234 out");
});

for (const [cost, expected] of /** @type {[string | number, string][]} */ ([
  [1234.5, "$1,234.50"],
  [1, "$1.00"],
  ["0.5", "$0.50"],
  [0.0423, "$0.042"],
  ["0.000420000000", "$0.00042"],
  ["1.5E-7", "under $0.0001"],
  ["0.000099", "under $0.0001"],
])) {
  test(`a cost of ${cost} reads ${expected}`, () => assert.equal(money(cost, "USD"), expected));
}

test("other currencies carry their own sign", () => assert.equal(money(0.5, "EUR"), "€0.50"));

for (const [seconds, expected] of /** @type {[number, string][]} */ ([
  [0.04, "under 0.1 s"],
  [0.84, "0.8 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [59.6, "1 min 0 s"],
  [125, "2 min 5 s"],
])) {
  test(`${seconds} seconds read ${expected}`, () => assert.equal(duration(seconds), expected));
}

test("tokens in and out are told apart, and what the provider's cache held", () => {
  /** @param {Partial<import("../../../static/chat/state/turn.js").Usage>} known */
  const rest = (known) => figures({ usage: { ...USAGE, ...known }, timing: null }).rest;
  assert.equal(rest({}), "1,000 tokens in, 234 out");
  assert.equal(rest({ cached_tokens: 900, cache_write_tokens: 0 }), "1,000 tokens in, 234 out · cache: 900 read");
  assert.equal(rest({ cached_tokens: 900, cache_write_tokens: 50 }), "1,000 tokens in, 234 out · cache: 900 read, 50 written");
  assert.equal(rest({ prompt_tokens: null }), "1,234 tokens");
});

test("an end by another word is said, and that no reason was given", () => {
  const other = { usage: null, timing: null, finishReason: "other" };
  assert.equal(line({ ...other, finishDetail: "xyz" }), "gpt-4o | Ended with ‘xyz’");
  assert.equal(line({ ...other, finishDetail: "none" }), "gpt-4o | Ended without saying why");
});
