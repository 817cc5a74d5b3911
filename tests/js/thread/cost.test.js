import assert from "node:assert/strict";
import { test } from "node:test";

import { spent } from "../../../static/chat/thread/cost.js";

const SPENDING = { total_tokens: 1234, costs: { USD: "0.25" }, unpriced: 0, estimated: false };

test("tokens and costs are told", () => assert.equal(spent(SPENDING), "1,234 tokens · $0.25"));

test("where nothing was counted nothing is said", () => assert.equal(spent({ ...SPENDING, total_tokens: 0, costs: {} }), ""));

test("currencies are not mixed, and what has no price is not free", () => {
  assert.equal(spent({ ...SPENDING, costs: { EUR: 0.5, USD: "0.25" } }), "1,234 tokens · €0.50 · $0.25");
  assert.equal(spent({ ...SPENDING, unpriced: 1 }), "1,234 tokens · $0.25 · some without a known price");
});

test("estimates are called so", () => assert.equal(spent({ ...SPENDING, estimated: true }), "about 1,234 tokens · $0.25"));
