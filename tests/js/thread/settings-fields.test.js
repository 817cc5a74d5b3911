import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldOf, problemsOf, valuesOf } from "../../../static/chat/thread/settings-fields.js";

const NONE = { system_prompt: "", temperature: "", max_tokens: "" };

test("a decimal comma is a decimal point", () => {
  for (const temperature of ["0.7", "0,7", " ,7 ", ".7", "+0.7"]) assert.equal(valuesOf({ ...NONE, temperature }).temperature, 0.7);
  assert.equal(valuesOf(NONE).temperature, null);
});

test("what cannot be taken is told of its own field", () => {
  assert.deepEqual(problemsOf({ ...NONE, temperature: "2", max_tokens: "1" }), {});
  for (const temperature of ["2.1", "-1", "warm", "1,2,3"]) assert.deepEqual(Object.keys(problemsOf({ ...NONE, temperature })), ["temperature"]);
  for (const max_tokens of ["0", "1.5", "many"]) assert.deepEqual(Object.keys(problemsOf({ ...NONE, max_tokens })), ["max_tokens"]);
});

test("the server names the field that it will not take", () => {
  assert.equal(fieldOf("The `system_prompt` is longer than 5 characters."), "system_prompt");
  assert.equal(fieldOf("Something else."), undefined);
});
