import assert from "node:assert/strict";
import { test } from "node:test";

import { initial, reduce } from "../../../static/chat/state/state.js";
import { turn } from "../../../static/chat/state/turn.js";

/** @typedef {import("../../../static/chat/state/rendered.js").Known} Known */

const ONLY = { index: 1, count: 1, previous: null, next: null };
const SECOND = { index: 2, count: 2, previous: "a1", next: null };

/**
 * @param {string} id
 * @param {string | null} parentId
 * @returns {Known} a question if its id begins with q, otherwise an answer
 */
const known = (id, parentId) => ({ id, parentId, role: id.startsWith("q") ? "user" : "assistant", content: id, siblings: ONLY });

/** @param {Known[]} all */
const talk = (all, more = false) =>
  initial({ conversationId: "c", more, turns: all.map((each) => turn({ ...each, key: `key-${each.id}` })) });

const FOUR = [known("q1", null), known("a1", "q1"), known("q2", "a1"), known("a2", "q2")];

/** @param {import("../../../static/chat/state/state.js").State} state */
const ids = (state) => state.turns.map(({ id }) => id);

test("another answer takes the place of the old one and of what followed it, under the same question", () => {
  const asked = { type: /** @type {const} */ ("regenerate"), key: "k", question: "q1", model: "m", requestId: "r", createdAt: "" };
  const state = reduce(talk(FOUR), asked);
  assert.deepEqual(ids(state), ["q1", null]);
  assert.equal(state.phase, "sending");
  const start = { type: /** @type {const} */ ("start"), conversation_id: "c", message_id: "a3", user_message_id: "q1", generation_id: "g", model: "m" };
  const begun = reduce(state, start);
  assert.deepEqual(ids(begun), ["q1", "a3"]);
  assert.equal(begun.turns[1]?.parentId, "q1");
  assert.equal(begun.turns[1]?.siblings, null);
  assert.equal(reduce(begun, { ...asked, key: "other" }), begun);
  const unknown = talk(FOUR);
  assert.equal(reduce(unknown, { ...asked, question: "nowhere" }), unknown);
});

test("an edited question does not know its versions until the server has told them", () => {
  const edit = { type: /** @type {const} */ ("send"), key: "k", message: "q2, better", parentId: "a1", requestId: "r", model: "m", replaces: "key-q2", createdAt: "" };
  const state = reduce(talk(FOUR), edit);
  assert.deepEqual(ids(state), ["q1", "a1", null, null]);
  assert.equal(state.turns[2]?.siblings, null);
  const first = reduce(talk(FOUR), { ...edit, replaces: undefined });
  assert.deepEqual(first.turns[4]?.siblings, ONLY);
});

test("what the server tells of versions lands on the turns it names", () => {
  const state = reduce(talk(FOUR), { type: "versions", messages: [{ ...known("a2", "q2"), siblings: SECOND }] });
  assert.deepEqual(state.turns[3]?.siblings, SECOND);
  assert.deepEqual(state.turns[2]?.siblings, ONLY);
});

test("a branch is joined where it leaves the one that is shown, and turns keep their place in the page", () => {
  const messages = [known("q2", "a1"), { ...known("b2", "q2"), siblings: SECOND }];
  const state = reduce(talk(FOUR, true), { type: "branch", messages, more: false });
  assert.deepEqual(ids(state), ["q1", "a1", "q2", "b2"]);
  assert.deepEqual(state.turns.map(({ key }) => key), ["key-q1", "key-a1", "key-q2", "b2"]);
  assert.equal(state.more, true);
});

test("a branch that meets nothing shown takes the place of all", () => {
  const root = reduce(talk(FOUR, true), { type: "branch", messages: [known("q9", null), known("a9", "q9")], more: false });
  assert.deepEqual(ids(root), ["q9", "a9"]);
  assert.equal(root.more, false);
  const far = reduce(talk(FOUR), { type: "branch", messages: [known("q9", "a8"), known("a9", "q9")], more: true });
  assert.deepEqual(ids(far), ["q9", "a9"]);
  assert.equal(far.more, true);
  assert.deepEqual(ids(reduce(talk(FOUR), { type: "branch", messages: [], more: false })), []);
});

test("no branch takes an answer away that is being written", () => {
  const live = { ...talk(FOUR), phase: /** @type {const} */ ("streaming") };
  assert.equal(reduce(live, { type: "branch", messages: [], more: false }), live);
});

const UNSENT = { requestId: "r1", message: "unsent", parentId: "a2", model: "m", createdAt: "" };

test("what was not sent stands where it was asked, also when more is said, until it is discarded", () => {
  const state = reduce(talk(FOUR), { type: "unsent", questions: [UNSENT, { ...UNSENT, requestId: "r2", message: "too" }] });
  assert.deepEqual(state.turns.slice(4).map(({ content, status }) => [content, status]), [
    ["unsent", "complete"],
    ["", "failed"],
    ["too", "complete"],
    ["", "failed"],
  ]);
  const more = reduce(state, { type: "branch", messages: [known("q3", "a2"), known("a3", "q3")], more: false });
  assert.deepEqual(ids(more), ["q1", "a1", "q2", "a2", null, null, null, null, "q3", "a3"]);
  const again = reduce(more, { type: "branch", messages: [known("q4", "a3"), known("a4", "q4")], more: false });
  assert.equal(again.turns.length, 12);
  const other = reduce(more, { type: "branch", messages: [known("b1", "q1")], more: false });
  assert.deepEqual(ids(other), ["q1", "b1", null, null, null, null]);
  const less = reduce(more, { type: "discard", key: "r1" });
  assert.deepEqual(less.turns.slice(4, 6).map(({ key }) => key), ["r2", "r2-answer"]);
  assert.equal(reduce(less, { type: "discard", key: "key-q1" }), less);
});

test("what was not sent stands above what is being written", () => {
  const live = talk([...FOUR.slice(0, 3), { ...known("a2", "q2"), status: "streaming" }]);
  const state = reduce(live, { type: "unsent", questions: [UNSENT] });
  assert.deepEqual(ids(state), ["q1", "a1", null, null, "q2", "a2"]);
});

test("what came to the server after all is not unsent", () => {
  const asked = { ...UNSENT, message: "q2", parentId: "a1" };
  assert.deepEqual(ids(reduce(talk(FOUR), { type: "unsent", questions: [asked] })), ids(talk(FOUR)));
  const state = reduce(talk(FOUR.slice(0, 2)), { type: "unsent", questions: [asked] });
  assert.deepEqual(ids(reduce(state, { type: "branch", messages: FOUR, more: false })), ids(talk(FOUR)));
});

test("what was said earlier goes before, also while an answer is being written", () => {
  const live = { ...talk(FOUR.slice(2), true), phase: /** @type {const} */ ("streaming") };
  const state = reduce(live, { type: "earlier", messages: FOUR.slice(0, 2), more: false });
  assert.deepEqual(ids(state), ["q1", "a1", "q2", "a2"]);
  assert.equal(state.more, false);
});

test("what was said earlier on another branch is left out", () => {
  const shown = talk(FOUR.slice(2), true);
  assert.equal(reduce(shown, { type: "earlier", messages: [known("q0", null), known("a0", "q0")], more: false }), shown);
});

test("a conversation is temporary from its beginning or never", () => {
  assert.equal(reduce(initial(), { type: "temporary", temporary: true }).temporary, true);
  assert.equal(reduce(talk(FOUR), { type: "temporary", temporary: true }).temporary, false);
});

/** @param {number} count */
const pairs = (count) =>
  Array.from({ length: count }, (_, at) => [known(`q${at}`, at ? `a${at - 1}` : null), known(`a${at}`, `q${at}`)]).flat();

test("a question below a very long thread lets go of what is far above, which can be looked for again", () => {
  const ask = { type: /** @type {const} */ ("send"), key: "k", message: "more", parentId: "a99", requestId: "r", model: "m", createdAt: "" };
  const asked = reduce(talk(pairs(100)), ask);
  assert.equal(asked.turns.length, 62);
  assert.equal(asked.turns[0]?.id, "q70");
  assert.equal(asked.more, true);
  const messages = pairs(100).slice(100, 140);
  assert.equal(reduce(asked, { type: "earlier", messages, more: true }).turns[0]?.id, "q50");

  const again = { type: /** @type {const} */ ("regenerate"), key: "k", question: "q99", model: "m", requestId: "r", createdAt: "" };
  assert.deepEqual(ids(reduce(talk(pairs(100)), again)).slice(-2), ["q99", null]);
  assert.equal(reduce(talk(pairs(100)), again).turns.length, 61);
});

test("a thread that is not so long stays whole, and so does one in which a question waits to be sent", () => {
  const ask = { type: /** @type {const} */ ("send"), key: "k", message: "more", parentId: "a", requestId: "r", model: "m", createdAt: "" };
  const short = reduce(talk(pairs(60)), ask);
  assert.equal(short.turns.length, 122);
  assert.equal(short.more, false);
  const questions = [{ requestId: "u", message: "never sent", parentId: "a3", model: "m", createdAt: "" }];
  const waiting = reduce(reduce(talk(pairs(100)), { type: "unsent", questions }), ask);
  assert.equal(waiting.turns.length, 204);
});

test("what another model may do, it may still when the server tells of the failure again", () => {
  const trouble = { type: "authentication", message: "No.", retryable: false };
  const failed = { ...known("a2", "q2"), model: "m", status: /** @type {const} */ ("failed"), trouble };
  const chosen = reduce(talk([...FOUR.slice(0, 3), failed]), { type: "choose", model: "other" });
  const told = reduce(chosen, { type: "branch", messages: [known("q2", "a1"), failed], more: false });
  assert.equal(told.turns.at(-1)?.trouble?.retryable, true);
  const worse = { ...failed, trouble: { ...trouble, type: "context_length" } };
  const changed = reduce(chosen, { type: "branch", messages: [known("q2", "a1"), worse], more: false });
  assert.equal(changed.turns.at(-1)?.trouble?.retryable, false);
});

test("a conversation is called by its first words as the server will call it", () => {
  /** @type {[string, string][]} */
  const called = [
    [" Why \n is  it? ", "Why is it?"],
    ["x".repeat(60), "x".repeat(60)],
    ["x".repeat(61), `${"x".repeat(59)}…`],
    [`${"x".repeat(59)} y`, `${"x".repeat(59)}…`],
    [`a ${"x".repeat(57)} y`, `a ${"x".repeat(57)}…`],
    [`a ${"x".repeat(58)} y`, "a…"],
    ["🦓".repeat(60), "🦓".repeat(60)],
    ["🦓".repeat(61), `${"🦓".repeat(59)}…`],
  ];
  for (const [message, title] of called) {
    const sent = { type: /** @type {const} */ ("send"), key: "k", message, parentId: null, model: "m", requestId: "r", createdAt: "" };
    assert.equal(reduce(talk([]), sent).title, title);
  }
});
