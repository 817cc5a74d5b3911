import assert from "node:assert/strict";
import { test } from "node:test";

import { resultsOf } from "../../../static/chat/search/results.js";

/** @typedef {import("../../../static/chat/state/events.js").Hit} Hit */

/**
 * @param {string} id
 * @param {Hit[]} [hits]
 */
const found = (id, hits) => {
  return { id, title: `Talk ${id}`, pinned: false, archived: false, unread: false, updated_at: "2026-01-01T00:00:00Z", streaming: null, hits };
};

/**
 * @param {string | null} message_id
 * @param {string} text
 * @returns {Hit}
 */
const hit = (message_id, text) => ({ message_id, snippet: [["before ", false], [text, true]] });

test("what has the words in its title stands first, otherwise the order stays", () => {
  const all = resultsOf([found("a", [hit("1", "x")]), found("b", [hit(null, "x")]), found("c", [hit("2", "x")]), found("d", [hit(null, "x")])]);
  assert.deepEqual(all.map(({ id }) => id), ["b", "d", "a", "c"]);
});

test("each place leads to its message, and only the first names the conversation", () => {
  const [first, second] = resultsOf([found("a", [hit(null, "Talk"), hit("1", "x"), hit("2", "y")])]);
  assert.deepEqual(first, { id: "a", href: "/c/a?at=1", title: hit(null, "Talk").snippet, snippet: hit("1", "x").snippet });
  assert.deepEqual(second, { id: "a", href: "/c/a?at=2", title: [], snippet: hit("2", "y").snippet });
});

test("a conversation without places leads to its end, one without a title has a name", () => {
  assert.deepEqual(resultsOf([found("a")]), [{ id: "a", href: "/c/a", title: [["Talk a", false]], snippet: [] }]);
  assert.deepEqual(resultsOf([{ ...found("a"), title: "" }])[0]?.title, [["New chat", false]]);
});
