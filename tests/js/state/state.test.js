import assert from "node:assert/strict";
import { test } from "node:test";

import { initial, leaf, reduce } from "../../../static/chat/state/state.js";
import { turn } from "../../../static/chat/state/turn.js";

/** @typedef {import("../../../static/chat/state/state.js").State} State */
/** @typedef {import("../../../static/chat/state/events.js").PageEvent} PageEvent */

const SEND = { type: /** @type {const} */ ("send"), key: "k", message: "Why is the sky blue?", parentId: null, requestId: "r", model: "gpt-4o" };
const START = {
  type: /** @type {const} */ ("start"),
  conversation_id: "c",
  message_id: "a",
  user_message_id: "q",
  generation_id: "g",
  model: "gpt-4o-2024",
};
const DONE = { type: /** @type {const} */ ("done"), finish_reason: "stop", elapsed_seconds: 2, tokens_per_second: 30 };

/**
 * @param {PageEvent[]} events
 * @param {State} [from]
 */
const after = (events, from = initial()) => events.reduce(reduce, from);

/** @param {State} state */
function answer(state) {
  const last = state.turns.at(-1);
  assert.ok(last);
  return last;
}

test("sending shows the question and an empty answer at once", () => {
  const state = after([SEND]);
  assert.equal(state.phase, "sending");
  assert.deepEqual(
    state.turns.map(({ role, content, status }) => ({ role, content, status })),
    [
      { role: "user", content: "Why is the sky blue?", status: "complete" },
      { role: "assistant", content: "", status: "queued" },
    ],
  );
});

test("a new conversation is called by the first words of its message", () => {
  const title = (/** @type {string} */ message) => after([{ ...SEND, message }]).title;
  assert.equal(title("  one two\nthree "), "one two three");
  assert.equal(title("word ".repeat(30)), `${"word ".repeat(11)}word…`);
  assert.equal(title("x".repeat(99)), `${"x".repeat(59)}…`);
});

test("a known title is not replaced by what is asked next", () => {
  assert.equal(after([SEND], initial({ title: "Skies" })).title, "Skies");
});

test("nothing can be sent while an answer is being written", () => {
  const state = after([SEND, START]);
  assert.equal(reduce(state, { ...SEND, key: "other" }), state);
});

test("start gives names to both messages and to the conversation", () => {
  const state = after([SEND, START]);
  assert.equal(state.phase, "streaming");
  assert.equal(state.conversationId, "c");
  assert.equal(state.generationId, "g");
  assert.deepEqual(state.turns.map(({ id, parentId }) => ({ id, parentId })), [
    { id: "q", parentId: null },
    { id: "a", parentId: "q" },
  ]);
  assert.equal(answer(state).model, "gpt-4o-2024");
});

test("a start that comes again after a lost connection keeps the text", () => {
  const state = after([SEND, START, { type: "token", content: "Because " }, START, { type: "token", content: "of" }]);
  assert.equal(answer(state).content, "Because of");
});

test("tokens and reasoning grow apart from each other", () => {
  const state = after([
    SEND,
    START,
    { type: "reasoning", content: "Think" },
    { type: "reasoning", content: "ing" },
    { type: "token", content: "Light" },
    { type: "token", content: " scatters." },
  ]);
  assert.equal(answer(state).reasoning, "Thinking");
  assert.equal(answer(state).content, "Light scatters.");
});

test("a reducer never changes the state it was given", () => {
  const before = after([SEND, START]);
  const copy = structuredClone(before);
  after([{ type: "token", content: "x" }, { type: "tool_call", index: 0, id: "1", name: "f", arguments: "{" }, DONE], before);
  assert.deepEqual(before, copy);
});

test("fragments of tool calls are joined by their index", () => {
  const state = after([
    SEND,
    START,
    { type: "tool_call", index: 1, id: "two", name: "g", arguments: "" },
    { type: "tool_call", index: 0, id: "one", name: "wea", arguments: "" },
    { type: "tool_call", index: 0, id: "other", name: "ther", arguments: '{"a"' },
    { type: "tool_call", index: 0, id: "", name: "", arguments: ":1}" },
  ]);
  assert.deepEqual(answer(state).toolCalls, [
    { index: 0, id: "one", name: "weather", arguments: '{"a":1}' },
    { index: 1, id: "two", name: "g", arguments: "" },
  ]);
});

test("fields of a structured answer are kept by name", () => {
  const state = after([SEND, START, { type: "field", name: "city", value: "Rome" }, { type: "field", name: "n", value: [1] }]);
  assert.deepEqual(answer(state).fields, { city: "Rome", n: [1] });
});

test("news is shown until the next word", () => {
  const told = after([SEND, START, { type: "status", message: "The model is busy. Trying again in 3 s.", attempt: 1 }]);
  assert.equal(answer(told).notice, "The model is busy. Trying again in 3 s.");
  assert.equal(answer(reduce(told, { type: "token", content: "x" })).notice, "");
});

test("usage, timing and the end land on the answer", () => {
  const usage = { type: /** @type {const} */ ("usage"), prompt_tokens: 3, completion_tokens: 5, total_tokens: 8, cost: 0.01, currency: "USD", source: "provider" };
  const state = after([SEND, START, { type: "token", content: "x" }, usage, DONE]);
  assert.equal(state.phase, "idle");
  assert.equal(state.generationId, null);
  assert.equal(answer(state).status, "complete");
  assert.equal(answer(state).usage?.total_tokens, 8);
  assert.deepEqual(answer(state).timing, { elapsed_seconds: 2, tokens_per_second: 30 });
});

test("a title names the conversation whenever it comes", () => {
  assert.equal(after([SEND, START, { type: "title", title: "Blue skies" }, DONE]).title, "Blue skies");
});

test("stop shows at once and ends as stopped", () => {
  const asked = after([SEND, START, { type: "token", content: "x" }, { type: "stop" }]);
  assert.equal(asked.phase, "stopping");
  const state = after([{ type: "token", content: "y" }, { ...DONE, finish_reason: "stopped" }], asked);
  assert.equal(answer(state).status, "stopped");
  assert.equal(answer(state).content, "xy");
});

test("stop before the answer has a name waits for the name and stays a stop", () => {
  const state = after([SEND, { type: "stop" }, START]);
  assert.equal(state.phase, "stopping");
  assert.equal(state.generationId, "g");
});

test("a stop that failed lets the answer go on and says so", () => {
  const state = after([SEND, START, { type: "stop" }, { type: "stop_failed", message: "It goes on." }]);
  assert.equal(state.phase, "streaming");
  assert.equal(answer(state).notice, "It goes on.");
});

test("length and content filter are ends of their own", () => {
  for (const finish_reason of ["length", "content_filter"]) {
    assert.equal(answer(after([SEND, START, { ...DONE, finish_reason }])).finishReason, finish_reason);
  }
});

test("an error keeps the partial text and says what happened", () => {
  const error = { type: /** @type {const} */ ("error"), error_type: "api_error", message: "The model broke off.", retryable: false };
  const state = after([SEND, START, { type: "token", content: "Half" }, error]);
  assert.equal(state.phase, "idle");
  assert.equal(answer(state).status, "interrupted");
  assert.equal(answer(state).content, "Half");
  assert.deepEqual(answer(state).trouble, { type: "api_error", message: "The model broke off.", retryable: false, retry_at: null });
});

test("an answer that said anything at all was interrupted, one that said nothing has failed", () => {
  const error = { type: /** @type {const} */ ("error"), error_type: "rate_limit", message: "Busy." };
  const status = (/** @type {PageEvent[]} */ ...said) => answer(after([SEND, START, ...said, error])).status;
  assert.equal(status(), "failed");
  assert.equal(status({ type: "status", message: "Trying again in 3 s.", attempt: 2 }), "failed");
  assert.equal(status({ type: "token", content: "x" }), "interrupted");
  assert.equal(status({ type: "reasoning", content: "x" }), "interrupted");
  assert.equal(status({ type: "tool_call", index: 0, id: "1", name: "f", arguments: "" }), "interrupted");
});

test("a line that is tried again and again leaves the answer under way", () => {
  const cut = after([SEND, START, { type: "token", content: "Half" }, ...Array(9).fill({ type: "reconnecting" })]);
  assert.equal(cut.phase, "streaming");
  assert.equal(answer(cut).status, "streaming");
  assert.equal(answer(cut).trouble, null);
  const whole = after([START, { type: "token", content: " and half" }, DONE], cut);
  assert.equal(answer(whole).content, "Half and half");
  assert.equal(answer(whole).status, "complete");
});

test("how long it thought is the server's to say, where it does", () => {
  const thoughts = [{ type: /** @type {const} */ ("reasoning"), content: "Hm" }, { type: /** @type {const} */ ("token"), content: "So" }];
  assert.equal(answer(after([SEND, START, ...thoughts, DONE])).thoughtSeconds, null);
  assert.equal(answer(after([SEND, START, ...thoughts, { ...DONE, thinking_seconds: 3.4 }])).thoughtSeconds, 3);
  assert.equal(answer(after([SEND, START, ...thoughts, { ...DONE, thinking_seconds: 0.01 }])).thoughtSeconds, 1);
});

test("another model may do what one will never do", () => {
  const error = { type: /** @type {const} */ ("error"), error_type: "authentication", message: "No key.", retryable: false };
  const state = after([SEND, START, error]);
  assert.equal(reduce(state, { type: "choose", model: "gpt-4o-2024" }), state);
  assert.equal(answer(reduce(state, { type: "choose", model: "other" })).trouble?.retryable, true);
  const done = after([SEND, START, DONE]);
  assert.equal(reduce(done, { type: "choose", model: "other" }), done);
});

test("an interrupted answer is called so", () => {
  const error = { type: /** @type {const} */ ("error"), error_type: "interrupted", message: "The server stopped." };
  assert.equal(answer(after([SEND, START, error])).status, "interrupted");
});

test("a request that failed loses nothing of what the person wrote", () => {
  const state = after([SEND, { type: "error", error_type: "network_error", message: "The server cannot be reached." }]);
  assert.equal(state.turns[0]?.content, SEND.message);
  assert.equal(state.turns[0]?.id, null);
  assert.equal(leaf(state.turns), null);
});

test("retry takes the place of the failed pair and of nothing before it", () => {
  const error = { type: /** @type {const} */ ("error"), error_type: "api_error", message: "No." };
  const earlier = initial({ turns: [turn({ key: "1", role: "user", id: "1" }), turn({ key: "2", role: "assistant", id: "2" })] });
  const state = after([SEND, START, error, { ...SEND, key: "again", replaces: "k" }], earlier);
  assert.deepEqual(state.turns.map(({ key }) => key), ["1", "2", "again", "again-answer"]);
  assert.equal(answer(state).trouble, null);
});

test("the next question follows the last answer that the server knows", () => {
  const failure = { type: /** @type {const} */ ("error"), error_type: "unknown", message: "" };
  const state = after([SEND, START, DONE]);
  assert.equal(leaf(state.turns), "a");
  assert.equal(leaf(after([{ ...SEND, key: "2" }, failure], state).turns), "a");
  // Another answer was asked for, which never began.
  const again = { type: /** @type {const} */ ("regenerate"), key: "3", question: "q", model: "m", requestId: "r3", createdAt: "" };
  const twice = after([again, failure, { ...again, key: "4" }, failure], state);
  assert.equal(twice.turns.at(-1)?.id, null);
  assert.equal(leaf(twice.turns), "a");
});

test("following from the start tells the text again, not twice", () => {
  const found = initial({
    conversationId: "c",
    turns: [
      turn({ key: "q", id: "q", role: "user", content: "Why?" }),
      turn({ key: "a", id: "a", role: "assistant", content: "Bec", status: "streaming" }),
    ],
  });
  const state = after([{ type: "follow", generation_id: "g" }, START, { type: "token", content: "Because" }, DONE], found);
  assert.equal(answer(state).content, "Because");
  assert.equal(state.turns[0]?.id, "q");
});

test("waiting is counted until the first word only", () => {
  const waiting = after([SEND, { type: "waited", seconds: 2 }]);
  assert.equal(answer(waiting).waitedSeconds, 2);
  const begun = after([START, { type: "token", content: "x" }], waiting);
  assert.equal(reduce(begun, { type: "waited", seconds: 3 }), begun);
});

test("a lost connection is told quietly", () => {
  assert.match(answer(after([SEND, START, { type: "reconnecting", attempt: 1 }])).notice, /Reconnecting/);
});

test("events after the end, or of an unknown type, change nothing", () => {
  const ended = after([SEND, START, DONE]);
  assert.equal(reduce(ended, { type: "token", content: "late" }), ended);
  const live = after([SEND, START]);
  assert.equal(reduce(live, /** @type {any} */ ({ type: "from the future" })), live);
});

test("news of the request itself stays with the answer, news of an attempt does not", () => {
  const trimmed = after([SEND, START, { type: "status", message: "Older messages were not sent.", attempt: 0 }]);
  assert.equal(answer(trimmed).notice, "");
  const said = after([{ type: "token", content: "Because" }, DONE], trimmed);
  assert.deepEqual(answer(said).notes, ["Older messages were not sent."]);
  const retried = after([SEND, START, { type: "status", message: "Again.", attempt: 2, retry_in: 1 }, DONE]);
  assert.deepEqual(answer(retried).notes, []);
});

test("text that turns out to be thought moves there, also when that is told twice", () => {
  const said = after([SEND, START, { type: "token", content: "Hm. So" }, { type: "reclassified" }]);
  assert.deepEqual([answer(said).reasoning, answer(said).content], ["Hm. So", ""]);
  const whole = after([{ type: "reclassified" }, { type: "token", content: "Here." }, DONE], said);
  assert.deepEqual([answer(whole).reasoning, answer(whole).content], ["Hm. So", "Here."]);
});

test("an end by another word keeps the word", () => {
  const ended = after([SEND, START, { ...DONE, finish_reason: "other", finish_detail: "xyz" }]);
  assert.deepEqual([answer(ended).finishReason, answer(ended).finishDetail], ["other", "xyz"]);
});
