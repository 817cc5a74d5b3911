import assert from "node:assert/strict";
import { test } from "node:test";

import { createApi } from "../../../static/chat/api/api.js";
import { serve } from "../upstream.js";

/** @typedef {import("../../../static/chat/api/event-stream.js").Positioned} Positioned */

const PATIENCE = { first: 200, later: 300 };
const QUESTION = { message: "Hi", request_id: "r", conversation_id: "c" };
const PLACE = { generationId: "g", conversationId: "c", position: "" };
const ASKED = { id: "q", parent_id: null, role: "user", content: "Hi", status: "complete" };
const STORED = {
  id: "a",
  parent_id: "q",
  generation_id: "g",
  role: "assistant",
  content: "Hello",
  reasoning: "Hm",
  tool_calls: [{ index: 0, id: "1", name: "f", arguments: "{}" }],
  status: "complete",
  finish_reason: "stop",
  model: "m",
  usage: { total_tokens: 3, currency: "EUR", source: "estimated" },
  cost: 0.01,
  elapsed_seconds: 2,
  tokens_per_second: 30,
};
const ANSWER = { content: "Hello", model: "m", finish_reason: "stop", usage: { total_tokens: 3 }, cost: 0.01, conversation_id: "c", message_id: "a" };

/** @param {AsyncGenerator<Positioned, void, void>} stream */
async function all(stream) {
  /** @type {any[]} of whatever kind each test expects */
  const told = [];
  for await (const { event } of stream) told.push(event);
  return told;
}

/**
 * A server behind a proxy that keeps every stream back.
 *
 * @param {(response: import("node:http").ServerResponse) => void} answer to POST /api/chat
 * @param {() => object[]} [messages] of the conversation
 */
const buffered = (answer, messages = () => [ASKED, STORED]) =>
  serve(({ method, url }, response) => {
    if (url.endsWith("/stream")) response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
    else if (method === "POST") answer(response);
    else response.end(JSON.stringify({ messages: messages() }));
  });

test("a stream that stays silent is asked for as a whole, under the same name", async () => {
  await using server = await buffered((response) => response.end(JSON.stringify(ANSWER)));
  const api = createApi("csrf", server.origin, PATIENCE);
  const told = await all(api.ask(QUESTION, new AbortController().signal));
  assert.deepEqual(
    told.map(({ type }) => type),
    ["start", "reasoning", "token", "tool_call", "usage", "done"],
  );
  assert.deepEqual(told[0], { type: "start", conversation_id: "c", message_id: "a", user_message_id: "q", generation_id: "g", model: "m" });
  assert.deepEqual(told[4], { type: "usage", total_tokens: 3, currency: "EUR", source: "estimated", cost: 0.01 });
  assert.deepEqual(server.seen.slice(0, 2).map(({ url }) => url), ["/api/chat/stream", "/api/chat"]);
  assert.deepEqual(server.seen.slice(0, 2).map(({ body }) => JSON.parse(body)), [QUESTION, QUESTION]);
});

test("after two silent streams no more are tried", async () => {
  await using server = await buffered((response) => response.end(JSON.stringify(ANSWER)));
  const api = createApi("csrf", server.origin, PATIENCE);
  for (let time = 0; time < 3; time += 1) await all(api.ask(QUESTION, new AbortController().signal));
  assert.equal(server.seen.filter(({ url }) => url === "/api/chat/stream").length, 2);
  assert.equal(server.seen.filter(({ url }) => url === "/api/chat").length, 3);
});

test("where the stored message cannot be had, the answer's own words do", async () => {
  await using server = await buffered((response) => response.end(JSON.stringify(ANSWER)), () => []);
  const told = await all(createApi("csrf", server.origin, PATIENCE).ask(QUESTION, new AbortController().signal));
  assert.deepEqual(told.map(({ type }) => type), ["start", "token", "usage", "done"]);
  assert.equal(told[0]?.message_id, "a");
});

test("an answer that broke off keeps its part and says why", async () => {
  const error = { type: "api_error", message: "It broke." };
  const refused = JSON.stringify({ error, conversation_id: "c", message_id: "a", content: "Hel" });
  await using server = await buffered((response) => response.writeHead(502).end(refused), () => []);
  const told = await all(createApi("csrf", server.origin, PATIENCE).ask(QUESTION, new AbortController().signal));
  assert.deepEqual(told.slice(1), [
    { type: "token", content: "Hel" },
    { type: "error", error_type: "api_error", message: "It broke.", retryable: true },
  ]);
});

test("a long wait learns the answer's name, so that it can be stopped", async () => {
  let ended = false;
  const messages = () => [ASKED, ended ? STORED : { ...STORED, status: "streaming", content: "" }];
  await using server = await buffered((response) => {
    setTimeout(() => {
      ended = true;
      response.end(JSON.stringify(ANSWER));
    }, 1500);
  }, messages);
  const told = await all(createApi("csrf", server.origin, PATIENCE).ask(QUESTION, new AbortController().signal));
  assert.deepEqual(told.map(({ type }) => type).slice(0, 3), ["start", "start", "reasoning"]);
  assert.equal(told[0]?.generation_id, "g");
});

test("an answer under way that cannot be streamed is looked for until it is there", async () => {
  let looks = 0;
  const messages = () => {
    looks += 1;
    return [ASKED, looks < 2 ? { ...STORED, status: "streaming", content: "" } : STORED];
  };
  await using server = await buffered(() => {}, messages);
  const told = await all(createApi("csrf", server.origin, PATIENCE).follow(PLACE, new AbortController().signal));
  assert.deepEqual(told.slice(0, 2).map(({ type }) => type), ["follow", "start"]);
  assert.equal(told.at(-1)?.type, "done");
  assert.equal(server.seen.at(-1)?.url, "/api/conversations/c");
});

test("a line that falls silent later is dead, not buffered", async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": hello\n\n");
  });
  const asking = all(createApi("csrf", server.origin, PATIENCE).ask(QUESTION, new AbortController().signal));
  await assert.rejects(asking, { begun: true });
  assert.equal(server.seen.length, 1);
});

test("heartbeats keep a line alive", async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    let beats = 0;
    const heart = setInterval(() => {
      beats += 1;
      if (beats < 8) return response.write(": \n\n");
      clearInterval(heart);
      return response.end('data: {"type":"done"}\n\n');
    }, 80);
  });
  const told = await all(createApi("csrf", server.origin, PATIENCE).ask(QUESTION, new AbortController().signal));
  assert.deepEqual(told, [{ type: "done" }]);
});

test("a stored answer that failed tells from when on asking again helps", async () => {
  const error = { type: "budget", message: "It is used up.", retryable: false, retry_at: "2026-12-01T00:00:00Z" };
  const failed = { ...STORED, status: "failed", finish_reason: null, usage: null, error };
  await using server = await buffered(() => {}, () => [ASKED, failed]);
  const told = await all(createApi("csrf", server.origin, PATIENCE).follow(PLACE, new AbortController().signal));
  assert.deepEqual(told.at(-1), { type: "error", error_type: "budget", message: error.message, retryable: false, retry_at: error.retry_at });
});
