/** A small scripted server: each test says what every request gets, over real HTTP. */

import { once } from "node:events";
import { createServer } from "node:http";

/** @typedef {{ method: string, url: string, headers: import("node:http").IncomingHttpHeaders, body: string }} Seen */

/**
 * @param {(request: Seen, response: import("node:http").ServerResponse) => void} script
 */
export async function serve(script) {
  /** @type {Seen[]} */
  const seen = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const told = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
    seen.push(told);
    script(told, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (!address || typeof address === "string") throw new TypeError("The server has no port.");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * @param {Record<string, unknown>[]} events
 * @param {number} [first] the position of the first one
 */
export function framed(events, first = 0) {
  return events.map((event, at) => `id: ${first + at}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}
