import assert from "node:assert/strict";
import { test } from "node:test";

import { spent } from "../../static/chat/spending.js";

const USAGE = { prompt_tokens: 1000, completion_tokens: 234, total_tokens: 1234, cost: 0.25, currency: "USD", source: "provider" };

test("tokens and costs of all answers are added, questions count nothing", () => {
  assert.equal(spent([null, USAGE, null, { ...USAGE, cost: "0.5" }]), "2,468 tokens · $0.75");
});

test("where nothing was counted nothing is said", () => assert.equal(spent([null, null]), ""));

test("currencies are not mixed, and what has no price is not free", () => {
  assert.equal(spent([USAGE, { ...USAGE, currency: "EUR" }]), "2,468 tokens · $0.25 · €0.25");
  assert.equal(spent([USAGE, { ...USAGE, cost: null }]), "2,468 tokens · $0.25 · some without a known price");
});

test("estimates are called so", () => assert.equal(spent([{ ...USAGE, source: "estimated" }]), "about 1,234 tokens · $0.25"));
