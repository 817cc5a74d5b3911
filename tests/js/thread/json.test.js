import assert from "node:assert/strict";
import { test } from "node:test";

import { pretty } from "../../../static/chat/thread/json.js";

test("JSON is laid out as everybody lays it out", () => {
  const value = { city: "Rome, [a] {b}: \"c\"", days: [1, 2.5, -3e7], empty: {}, none: [], deep: { yes: true, no: null } };
  assert.equal(pretty(JSON.stringify(value)), JSON.stringify(value, null, 2));
  assert.equal(pretty(JSON.stringify(value, null, 7)), JSON.stringify(value, null, 2));
  for (const bare of ["1", '"x"', "null", "[]", "{}", " { } "]) assert.equal(pretty(bare), bare.replaceAll(" ", ""));
});

test("no number is rounded and no repeated name dropped", () => {
  assert.equal(pretty('{"id":12345678901234567890,"id":1.0}'), '{\n  "id": 12345678901234567890,\n  "id": 1.0\n}');
});

test("what is no JSON, or not yet, stays as it is", () => {
  for (const text of ["", "plain words", '{"city": "Ro', "{'a': 1}"]) assert.equal(pretty(text), text);
});
