import assert from "node:assert/strict";
import { test } from "node:test";

import { createApi } from "../../../static/chat/api/api.js";
import { createConnection } from "../../../static/chat/api/connection.js";
import { framed, serve } from "../upstream.js";

/** @typedef {import("../../../static/chat/state/events.js").PageEvent} PageEvent */

const START = { type: /** @type {const} */ ("start"), conversation_id: "c", message_id: "a", user_message_id: "q", generation_id: "g", model: "m" };
const HALF = { type: /** @type {const} */ ("token"), content: "Half" };
const REST = { type: /** @type {const} */ ("token"), content: " and half" };
const DONE = { type: /** @type {const} */ ("done"), finish_reason: "stop" };

/** A page whose server cuts every line until `mend` is called. */
async function broken() {
  let whole = false;
  const server = await serve(({ method }, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    if (method === "POST") response.write(framed([START, HALF], 3), () => response.destroy());
    else if (whole) response.end(framed([START, REST, DONE], 4));
    else response.destroy();
  });
  /** @type {PageEvent[]} */
  const told = [];
  let wakes = 0;
  const connection = createConnection({
    api: createApi("csrf", server.origin),
    onEnd: () => {},
    dispatch(event) {
      if (event.type !== "waited") told.push(event);
      // Somebody looks at the page again and again: no try has to wait.
      if (event.type === "reconnecting") setTimeout(() => (wakes += 1, connection.wake()));
    },
  });
  const types = () => told.map(({ type }) => type);
  const mend = () => (whole = true);
  return {
    ...{ server, connection, told, types, mend },
    wakes: () => wakes,
    async [Symbol.asyncDispose]() {
      connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const LOST = ["start", "token", "reconnecting", "reconnecting", "reconnecting", "error"];

test("what waits to be tried again is tried at once when the reader is back", async () => {
  await using page = await broken();
  const { connection, types, wakes } = page;
  const began = Date.now();
  await connection.ask({ message: "Hi" });
  assert.deepEqual(types(), LOST);
  assert.equal(wakes(), 3);
  // Left alone, the three pauses would take more than seven seconds.
  assert.ok(Date.now() - began < 5000);
});

test("a line that was given up comes back with the network, from where it broke", async () => {
  await using page = await broken();
  const { server, connection, told, types, mend } = page;
  await connection.ask({ message: "Hi" });
  const tries = server.seen.length;
  mend();
  connection.wake();
  while (told.at(-1)?.type !== "done") await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(types().slice(LOST.length), ["resume", "start", "token", "done"]);
  assert.equal(server.seen.length, tries + 1);
  assert.equal(server.seen.at(-1)?.headers["last-event-id"], "4");
});

test("a look that finds nothing changes nothing on the page", async () => {
  await using page = await broken();
  const { server, connection, types } = page;
  await connection.ask({ message: "Hi" });
  const tries = server.seen.length;
  connection.wake();
  while (server.seen.length === tries) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(types(), LOST);
});

test("somebody who wants the line back sees that it is tried", async () => {
  await using page = await broken();
  const { connection, told, types, mend } = page;
  await connection.ask({ message: "Hi" });
  mend();
  connection.reconnect();
  assert.equal(types().at(-1), "resume");
  while (told.at(-1)?.type !== "done") await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(types().slice(LOST.length), ["resume", "start", "token", "done"]);
});

test("when all is well, waking asks for nothing", async () => {
  await using page = await broken();
  const { server, connection, mend } = page;
  mend();
  await connection.ask({ message: "Hi" });
  const requests = server.seen.length;
  connection.wake();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(server.seen.length, requests);
});
