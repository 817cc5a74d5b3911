import assert from "node:assert/strict";
import { test } from "node:test";

import { createApi } from "../../static/chat/api.js";
import { createFinder } from "../../static/chat/finder.js";
import { serve } from "./upstream.js";

/** @param {string} origin */
function finder(origin) {
  /** @type {string[]} */
  const told = [];
  const { conversations } = createApi("csrf", origin);
  const made = createFinder({
    request: (q, signal) => conversations({ q }, signal),
    onFound: (found, query) => told.push(`${query}: ${found.length}`),
    onFailed: (message) => told.push(message),
    wait: 20,
  });
  return { told, find: made.find, cancel: made.cancel };
}

/** @param {() => boolean} done */
async function until(done) {
  for (let tries = 0; !done() && tries < 400; tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("while somebody types only the last words are asked for", async () => {
  await using server = await serve((_, response) => response.end('{"conversations": [], "next_cursor": null}'));
  const { told, find } = finder(server.origin);
  for (const query of ["b", "br", "bri"]) find(query);
  await until(() => told.length > 0);
  assert.deepEqual(told, ["bri: 0"]);
  assert.deepEqual(server.seen.map(({ url }) => url), ["/api/conversations?q=bri"]);
});

test("an answer that comes after the next question is not heard", async () => {
  /** @type {(() => void)[]} */
  const late = [];
  await using server = await serve(({ url }, response) => {
    const answer = () => response.end('{"conversations": [], "next_cursor": null}');
    if (url.endsWith("slow")) late.push(answer);
    else answer();
  });
  const { told, find } = finder(server.origin);
  find("slow");
  await until(() => late.length > 0);
  find("quick");
  await until(() => told.length > 0);
  for (const answer of late) answer();
  assert.deepEqual(told, ["quick: 0"]);
});

test("what was cancelled is not asked, and a refusal is said", async () => {
  await using server = await serve((_, response) => {
    response.statusCode = 400;
    response.end('{"error": {"type": "invalid_request", "message": "Not like this."}}');
  });
  const { told, find, cancel } = finder(server.origin);
  find("first");
  cancel();
  find("second");
  await until(() => told.length > 0);
  assert.deepEqual(told, ["Not like this."]);
  assert.equal(server.seen.length, 1);
});
