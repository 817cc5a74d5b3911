import assert from "node:assert/strict";
import { test } from "node:test";

import { createApi } from "../../../static/chat/api/api.js";
import { initial, reduce } from "../../../static/chat/state/state.js";
import { createStopper } from "../../../static/chat/api/stop.js";
import { serve } from "../upstream.js";

const SEND = { type: /** @type {const} */ ("send"), key: "k", message: "Hi", parentId: null, requestId: "r", model: "m" };
const START = { type: /** @type {const} */ ("start"), conversation_id: "c", message_id: "a", user_message_id: "q", generation_id: "g", model: "m" };

/** @param {string} origin */
function page(origin) {
  let state = initial();
  const dispatch = (/** @type {import("../../../static/chat/state/events.js").PageEvent} */ event) => {
    state = reduce(state, event);
  };
  const stopper = createStopper({ request: createApi("csrf", origin).stop, current: () => state, dispatch });
  return { dispatch, stopper, phase: () => state.phase };
}

test("stop shows in the same moment and reaches the server", async () => {
  await using server = await serve((_, response) => response.writeHead(202).end("{}"));
  const { dispatch, stopper, phase } = page(server.origin);
  dispatch(SEND);
  dispatch(START);
  stopper.stop();
  assert.equal(phase(), "stopping");
  while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(`${server.seen[0]?.method} ${server.seen[0]?.url}`, "POST /api/generations/g/stop");
});

test("stop before the generation has a name is sent as soon as it has one", async () => {
  await using server = await serve((_, response) => response.writeHead(202).end("{}"));
  const { dispatch, stopper, phase } = page(server.origin);
  dispatch(SEND);
  stopper.stop();
  assert.equal(phase(), "stopping");
  assert.equal(server.seen.length, 0);
  dispatch(START);
  await stopper.begun();
  assert.deepEqual(server.seen.map(({ url }) => url), ["/api/generations/g/stop"]);
});

test("a stop that cannot reach the server is said, and the answer goes on", async () => {
  await using server = await serve((_, response) => response.writeHead(502).end());
  const { dispatch, stopper, phase } = page(server.origin);
  dispatch(SEND);
  stopper.stop();
  dispatch(START);
  await stopper.begun();
  assert.equal(server.seen.length, 3);
  assert.equal(phase(), "streaming");
});

test("stop without an answer does nothing", async () => {
  await using server = await serve((_, response) => response.writeHead(202).end("{}"));
  const { stopper, phase } = page(server.origin);
  stopper.stop();
  await stopper.begun();
  assert.equal(phase(), "idle");
  assert.equal(server.seen.length, 0);
});
