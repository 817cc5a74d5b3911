import assert from "node:assert/strict";
import { test } from "node:test";

import { createApi } from "../../../static/chat/api/api.js";
import { listen } from "../../../static/chat/api/reconnect.js";
import { framed, serve } from "../upstream.js";

const START = { type: /** @type {const} */ ("start"), conversation_id: "c", message_id: "a", user_message_id: "q", generation_id: "g", model: "m" };
const DONE = { type: /** @type {const} */ ("done"), finish_reason: "stop" };
const SSE = { "Content-Type": "text/event-stream" };

/** @param {string} content */
const token = (content) => ({ type: /** @type {const} */ ("token"), content });

/**
 * @param {string} origin
 * @param {AbortController} [abort]
 * @param {number[]} [pauses] takes how long each pause would have been, in milliseconds
 */
async function heard(origin, abort = new AbortController(), pauses = []) {
  const api = createApi("csrf", origin);
  const { signal } = abort;
  /** @type {any[]} of whatever kind each test expects */
  const events = [];
  const first = api.ask({ message: "Hi" }, signal);
  const follow = (/** @type {import("../../../static/chat/api/api.js").Place} */ place) => api.follow(place, signal);
  for await (const event of listen({ first, follow, signal, pause: async (wait) => pauses.push(wait) })) events.push(event);
  return events;
}

test("a whole stream is heard to its end over one connection", async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, SSE).end(`: keep-alive\n\n${framed([START, token("Hel"), token("lo"), DONE])}`);
  });
  assert.deepEqual(await heard(server.origin), [START, token("Hello"), DONE]);
  assert.equal(server.seen.length, 1);
  assert.equal(server.seen[0]?.headers["x-csrftoken"], "csrf");
  assert.deepEqual(JSON.parse(server.seen[0]?.body ?? ""), { message: "Hi" });
});

test("a cut stream is followed again from the last id", async () => {
  await using server = await serve(({ method }, response) => {
    response.writeHead(200, SSE);
    if (method === "POST") response.write(framed([START, token("Hel")], 3), () => response.destroy());
    else response.end(framed([START, token("lo"), DONE], 5));
  });
  assert.deepEqual(await heard(server.origin), [
    START,
    token("Hel"),
    { type: "reconnecting", attempt: 1 },
    START,
    token("lo"),
    DONE,
  ]);
  assert.equal(server.seen[1]?.url, "/api/generations/g/stream");
  assert.equal(server.seen[1]?.headers["last-event-id"], "4");
});

test("a stream that ends without done or error is never a success", async () => {
  let tries = 0;
  await using server = await serve((_, response) => {
    tries += 1;
    response.writeHead(200, SSE).end(framed(tries < 8 ? [START] : [START, DONE]));
  });
  /** @type {number[]} */
  const pauses = [];
  const events = await heard(server.origin, new AbortController(), pauses);
  assert.equal(events.filter(({ type }) => type === "reconnecting").length, 7);
  assert.equal(events.at(-1)?.type, "done");
  // However long it was away: what is back is found within three seconds.
  assert.deepEqual(pauses, [500, 1000, 2000, 2000, 2000, 2000, 2000]);
});

test("half an event is no place to follow from", async () => {
  await using server = await serve(({ method }, response) => {
    response.writeHead(200, SSE);
    const half = `${framed([START, token("Hel")], 3)}id: 9\ndata: {"type":"tok`;
    if (method === "POST") response.write(half, () => response.destroy());
    else response.end(framed([DONE], 9));
  });
  await heard(server.origin);
  assert.equal(server.seen[1]?.headers["last-event-id"], "4");
});

test("what a killed server had said but not stored is told anew, as it is stored", async () => {
  const error = { type: /** @type {const} */ ("error"), error_type: "interrupted", message: "It was restarted.", retryable: true };
  await using server = await serve(({ method, headers }, response) => {
    response.writeHead(200, SSE);
    if (method === "POST") response.write(framed([START, token("Hello there")], 11), () => response.destroy());
    else if (headers["last-event-id"]) response.end(framed([START], 12) + framed([error], 5));
    else response.end(framed([START], 0) + framed([token("Hello")], 5) + framed([error], 5));
  });
  assert.deepEqual(await heard(server.origin), [
    START,
    token("Hello there"),
    { type: "reconnecting", attempt: 1 },
    START,
    { type: "follow", generation_id: "g" },
    START,
    token("Hello"),
    error,
  ]);
});

test("after progress the next try comes soon again", async () => {
  let position = 1;
  await using server = await serve((_, response) => {
    position += 1;
    response.writeHead(200, SSE).end(framed([START, position < 8 ? token("x") : DONE], position));
  });
  const events = await heard(server.origin);
  assert.deepEqual(events.at(-1), DONE);
  assert.ok(events.every(({ type, attempt }) => type !== "reconnecting" || attempt === 1));
});

test("a stream cut before its start is an error, not an endless wait", async () => {
  await using server = await serve((_, response) => response.writeHead(200, SSE).end(": nothing\n\n"));
  const [error, ...more] = await heard(server.origin);
  assert.equal(error?.type, "error");
  assert.deepEqual(more, []);
  assert.equal(server.seen.length, 1);
});

for (const [status, type] of /** @type {[number, string][]} */ ([
  [400, "invalid_request"],
  [409, "conflict"],
  [413, "too_large"],
  [429, "rate_limit"],
  [500, "unknown"],
])) {
  test(`a refusal with status ${status} is told in the server's words and not asked again`, async () => {
    await using server = await serve((_, response) => {
      response.writeHead(status).end(JSON.stringify({ error: { type, message: "In words." } }));
    });
    const [{ retryable = true, retry_at: at, ...error }, ...more] = await heard(server.origin);
    assert.deepEqual([error, ...more], [{ type: "error", error_type: type, message: "In words." }]);
    // Only what may be taken later is offered to be asked again.
    assert.equal(retryable, status !== 400 && status !== 413);
    assert.equal(at ?? null, null);
    assert.equal(server.seen.length, 1);
  });
}

test("somebody who is signed out is asked to sign in, not for an API key", async () => {
  await using server = await serve((_, response) => {
    response.writeHead(401).end(JSON.stringify({ error: { type: "unauthenticated", message: "Send a key." } }));
  });
  const [error] = await heard(server.origin);
  assert.equal(error?.error_type, "unauthenticated");
  assert.match(error?.message, /sign in/);
});

test("a used-up budget tells when it is free again", async () => {
  const before = Date.now();
  await using server = await serve((_, response) => {
    const error = { error: { type: "budget", message: "It is used up." } };
    response.writeHead(429, { "Retry-After": "3600" }).end(JSON.stringify(error));
  });
  const [error] = await heard(server.origin);
  assert.equal(error?.retryable, false);
  assert.ok(Math.abs(Date.parse(error?.retry_at) - before - 3_600_000) < 60_000);
});

test("a refusal that is no JSON still becomes a sentence", async () => {
  await using server = await serve((_, response) => response.writeHead(403).end("<html>CSRF</html>"));
  const [error] = await heard(server.origin);
  assert.match(error?.message, /out of date/);
});

test("a server that is not there is a network error", async () => {
  const server = await serve(() => {});
  await server[Symbol.asyncDispose]();
  const [error] = await heard(server.origin);
  assert.equal(error?.error_type, "network_error");
});

test("a generation that is gone when followed again is an error at once", async () => {
  await using server = await serve(({ method }, response) => {
    if (method === "POST") response.writeHead(200, SSE).end(framed([START]));
    else response.writeHead(404).end(JSON.stringify({ error: { type: "not_found", message: "Gone." } }));
  });
  assert.deepEqual((await heard(server.origin)).at(-1), { type: "error", error_type: "not_found", message: "Gone." });
  assert.equal(server.seen.length, 2);
});

test("malformed events are skipped", async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, SSE).end(`data: {broken\n\ndata: 7\n\n${framed([START, DONE])}`);
  });
  assert.deepEqual(await heard(server.origin), [START, DONE]);
});

test("leaving the page ends the stream without a word", async () => {
  await using server = await serve((_, response) => response.writeHead(200, SSE).write(framed([START])));
  const abort = new AbortController();
  const hearing = heard(server.origin, abort);
  while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  abort.abort();
  assert.deepEqual(await hearing, [START]);
});
