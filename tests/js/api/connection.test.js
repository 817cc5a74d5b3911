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

/** A page whose server cuts every line until `mend` is called, or then keeps it open and silent. */
async function broken({ silent = false } = {}) {
  let whole = false;
  const server = await serve(({ method }, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    if (method === "POST") response.write(framed([START, HALF], 3), () => silent || response.destroy());
    else if (whole) response.end(framed([START, REST, DONE], 4));
    else response.destroy();
  });
  /** @type {PageEvent[]} */
  const told = [];
  const connection = createConnection({
    api: createApi("csrf", server.origin),
    onEnd: () => {},
    dispatch: (event) => event.type !== "waited" && told.push(event),
  });
  const types = () => told.map(({ type }) => type);
  const mend = () => (whole = true);
  /** @param {() => boolean} what */
  async function until(what) {
    while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    ...{ server, connection, told, types, mend, until },
    async [Symbol.asyncDispose]() {
      connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const tries = (/** @type {string[]} */ types) => types.filter((type) => type === "reconnecting").length;

test("a line is tried again until it is back, however long that takes, and goes on where it broke", async () => {
  await using page = await broken();
  const { server, connection, types, mend, until } = page;
  const heard = connection.ask({ message: "Hi" });
  for (const count of [1, 2, 3, 4, 5, 6]) {
    await until(() => tries(types()) === count);
    if (count === 6) mend();
    // Somebody looks at the page again: no try has to wait.
    setTimeout(() => connection.wake());
  }
  await heard;
  assert.deepEqual(types().slice(-3), ["start", "token", "done"]);
  assert.equal(types().includes("error"), false);
  assert.equal(server.seen.at(-1)?.headers["last-event-id"], "4");
});

test("with the network back, a line that is silent since is left for a new one at once", async () => {
  await using page = await broken({ silent: true });
  const { server, connection, types, mend, until } = page;
  const heard = connection.ask({ message: "Hi" });
  await until(() => types().includes("token"));
  mend();
  connection.online();
  await heard;
  assert.deepEqual(types(), ["start", "token", "reconnecting", "start", "token", "done"]);
  assert.equal(server.seen.at(-1)?.headers["last-event-id"], "4");
});

test("what has not begun is not asked twice because the network is back", async () => {
  /** @type {() => void} */
  let answer = () => {};
  await using server = await serve((_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(": wait\n\n");
    answer = () => response.end(framed([START, HALF, DONE], 3));
  });
  /** @type {string[]} */
  const types = [];
  const connection = createConnection({ api: createApi("csrf", server.origin), onEnd: () => {}, dispatch: ({ type }) => types.push(type) });
  const heard = connection.ask({ message: "Hi" });
  while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  connection.online();
  answer();
  await heard;
  assert.deepEqual(types, ["start", "token", "done"]);
  assert.equal(server.seen.length, 1);
});

test("when all is well, waking asks for nothing", async () => {
  await using page = await broken();
  const { server, connection, mend } = page;
  mend();
  await connection.ask({ message: "Hi" });
  const requests = server.seen.length;
  connection.wake();
  connection.online();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(server.seen.length, requests);
});
