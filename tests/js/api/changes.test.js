import assert from "node:assert/strict";
import { test } from "node:test";

import { createApi } from "../../../static/chat/api/api.js";
import { createChangeFeed } from "../../../static/chat/api/changes.js";
import { serve } from "../upstream.js";

/**
 * @param {string} origin
 * @param {(heard: string[]) => boolean} enough when the feed is stopped
 */
async function listen(origin, enough) {
  /** @type {string[]} */
  const heard = [];
  /** @type {number[]} */
  const pauses = [];
  await new Promise((resolve) => {
    const note = (/** @type {string} */ what) => {
      heard.push(what);
      if (!enough(heard)) return;
      feed.stop();
      resolve(null);
    };
    const feed = createChangeFeed({
      open: createApi("csrf", origin).changes,
      onEvent: (event) => note(event.type === "removed" ? event.id : ""),
      onOpen: () => note("open"),
      pause: async (milliseconds) => pauses.push(milliseconds),
    });
    feed.start();
    feed.start();
  });
  return { heard, pauses };
}

test("a line that ends is opened again, and says so", async () => {
  let count = 0;
  await using server = await serve((_, response) => response.end(`: hello\n\ndata: {"type": "removed", "id": "${(count += 1)}"}\n\n`));
  const { heard } = await listen(server.origin, (all) => all.length === 4);
  assert.deepEqual(heard, ["open", "1", "open", "2"]);
});

test("a line that says that access was withdrawn tells the page nothing, and is opened again", async () => {
  let count = 0;
  await using server = await serve((_, response) => {
    count += 1;
    const withdrawn = 'data: {"type": "error", "error_type": "interrupted", "message": "withdrawn", "retryable": false}';
    response.end(`${count === 1 ? withdrawn : 'data: {"type": "removed", "id": "1"}'}\n\n`);
  });
  const { heard } = await listen(server.origin, (all) => all.length === 3);
  assert.deepEqual(heard, ["open", "open", "1"]);
});

test("a server that is away is asked less and less often", async () => {
  let count = 0;
  await using server = await serve((_, response) => {
    count += 1;
    if (count < 8) response.statusCode = 503;
    response.end(count < 8 ? "" : 'data: {"type": "removed", "id": "back"}\n\n');
  });
  const { heard, pauses } = await listen(server.origin, (all) => all.includes("back"));
  assert.deepEqual(heard, ["open", "back"]);
  assert.equal(pauses.length, 7);
  assert.ok((pauses[6] ?? 0) > 4 * (pauses[0] ?? Infinity));
  assert.ok(Math.max(...pauses) <= 37_500);
});

test("who is signed out is not let in by asking again", async () => {
  let count = 0;
  await using server = await serve((_, response) => {
    count += 1;
    response.statusCode = count === 1 ? 500 : 401;
    response.end();
  });
  /** @type {number[]} */
  const pauses = [];
  const feed = createChangeFeed({
    open: createApi("csrf", server.origin).changes,
    onEvent() {},
    onOpen() {},
    pause: async (milliseconds) => pauses.push(milliseconds),
  });
  feed.start();
  for (let tries = 0; server.seen.length < 2 && tries < 400; tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  // A third would have come at once: nothing pauses here.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(server.seen.length, 2);
  assert.equal(pauses.length, 1);
});
