import assert from "node:assert/strict";
import { test } from "node:test";

import { createApi } from "../../../static/chat/api/api.js";
import { createLoadMore } from "../../../static/chat/sidebar/load-more.js";
import { serve } from "../upstream.js";

/**
 * @param {string} origin
 * @param {string | null} cursor
 */
function list(origin, cursor) {
  /** @type {[string[], boolean][]} */
  const pages = [];
  const { conversations } = createApi("csrf", origin);
  const older = createLoadMore({
    request: (from) => conversations({ cursor: from }),
    cursor,
    onPage: (page, more) => pages.push([page.map(({ id }) => id), more]),
  });
  return { older, pages };
}

test("the first request goes on where the server's own list ended", async () => {
  await using server = await serve(({ url }, response) => {
    const first = url.includes("2026-01-01");
    const page = { conversations: [{ id: first ? "a" : "b", title: "" }], next_cursor: first ? "next" : null };
    response.end(JSON.stringify(page));
  });
  const { older, pages } = list(server.origin, "2026-01-01T00:00:00+00:00~id");
  await older.more();
  await older.more();
  await older.more();
  assert.deepEqual(pages, [
    [["a"], true],
    [["b"], false],
  ]);
  assert.equal(new URLSearchParams(server.seen[0]?.url.split("?")[1]).get("cursor"), "2026-01-01T00:00:00+00:00~id");
  assert.equal(server.seen.length, 2);
});

test("a list that is complete asks for nothing", async () => {
  await using server = await serve((_, response) => response.end("{}"));
  const { older } = list(server.origin, null);
  await older.more();
  assert.equal(server.seen.length, 0);
});
