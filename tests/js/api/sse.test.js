import assert from "node:assert/strict";
import { test } from "node:test";

import { Decoder } from "../../../static/chat/api/sse.js";

const HOSTILE = [
  "\uFEFF: a comment\r\n",
  'id: 7\r\ndata: {"content":"naïve 👩‍🚀 漢字"}\r\n\r\n',
  "data: one\rdata:two\rdata:  three\r\r",
  "\n\n:\n\nevent: named\nid\ndata\n\n",
  "unknown: field\nid: 8\nretry: 10\n\n",
  "data: after an id alone\n\n",
  "data: never finished",
].join("");

const EXPECTED = [
  { id: "7", event: "message", data: '{"content":"naïve 👩‍🚀 漢字"}' },
  { id: "7", event: "message", data: "one\ntwo\n three" },
  { id: "", event: "named", data: "" },
  { id: "8", event: "message", data: "after an id alone" },
];

/**
 * @param {Uint8Array} bytes
 * @param {number} size
 */
function decoded(bytes, size) {
  const decoder = new Decoder();
  const events = [];
  for (let at = 0; at < bytes.length; at += size) events.push(...decoder.feed(bytes.subarray(at, at + size)));
  return events;
}

for (const size of [1, 2, 3, 7, Infinity]) {
  test(`the same bytes in pieces of ${size} give the same events`, () => {
    assert.deepEqual(decoded(new TextEncoder().encode(HOSTILE), Math.min(size, 1e6)), EXPECTED);
  });
}

test("text may be fed instead of bytes", () => {
  const decoder = new Decoder();
  assert.deepEqual([...HOSTILE].flatMap((character) => decoder.feed(character)), EXPECTED);
});

test("a return and a line feed in two chunks are one line end", () => {
  const decoder = new Decoder();
  assert.deepEqual(decoder.feed("data: one\r"), []);
  assert.deepEqual(decoder.feed("\ndata: two\r"), []);
  assert.deepEqual(decoder.feed("\n\r").map(({ data }) => data), ["one\ntwo"]);
  assert.deepEqual(decoder.feed("\ndata: three\n\n").map(({ data }) => data), ["three"]);
});

test("an empty chunk between a return and a line feed changes nothing", () => {
  const decoder = new Decoder();
  decoder.feed("data: one\r");
  decoder.feed("");
  assert.deepEqual(decoder.feed("\n\n").map(({ data }) => data), ["one"]);
});

test("an id that holds a NUL is ignored", () => {
  assert.equal(new Decoder().feed("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n").at(-1)?.id, "1");
});

test("a line of a megabyte comes out whole", () => {
  const line = "x".repeat(1_000_000);
  const events = decoded(new TextEncoder().encode(`data: ${line}\n\n`), 1000);
  assert.equal(events.length, 1);
  assert.equal(events[0]?.data, line);
});
