import assert from "node:assert/strict";
import { test } from "node:test";

import { createApi } from "../../../static/chat/api/api.js";
import { createQuery } from "../../../static/chat/search/query.js";
import { serve } from "../upstream.js";

/** @param {string} origin */
function finder(origin) {
  /** @type {string[]} */
  const told = [];
  const { conversations } = createApi("csrf", origin);
  const made = createQuery({
    request: (q, signal, cursor) => conversations({ q, ...(cursor ? { cursor } : {}) }, signal),
    onFound: (found, query) => told.push(`${query}: ${found.length}`),
    onMore: (found) => told.push(`more: ${found.length}`),
    onFailed: (message) => told.push(message),
    wait: 20,
  });
  return { told, ...made };
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

test("what was found goes on page by page, each asked for once, until there is no more", async () => {
  await using server = await serve(({ url = "" }, response) => {
    const next = { "/api/conversations?q=b": '"1"', "/api/conversations?q=b&cursor=1": '"2"' }[url] ?? "null";
    response.end(`{"conversations": [{}], "next_cursor": ${next}}`);
  });
  const { told, find, more } = finder(server.origin);
  await more();
  find("b");
  await until(() => told.length > 0);
  await Promise.all([more(), more()]);
  await more();
  await more();
  assert.deepEqual(told, ["b: 1", "more: 1", "more: 1"]);
  assert.deepEqual(server.seen.map(({ url }) => url?.slice(18)), ["?q=b", "?q=b&cursor=1", "?q=b&cursor=2"]);
});
