/** One answer, followed from its first event to its last, over as many connections as that takes. */

import { ApiError } from "./api.js";

/** @typedef {import("./state.js").PageEvent} PageEvent */
/** @typedef {import("./api.js").Positioned} Positioned */

// One pause before each try: a blip costs half a second, a server that starts again is waited for.
const PAUSES_MS = [500, 2000, 5000];
const LOST = "The connection was lost. The server may still finish this answer: reload the page to look, or try again.";
const NEVER_BEGUN = "The connection was lost before an answer began.";

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * @param {unknown} error
 * @param {string} otherwise
 * @returns {PageEvent}
 */
function told(error, otherwise) {
  if (error instanceof ApiError) return { type: "error", error_type: error.type, message: error.message };
  return { type: "error", error_type: "network_error", message: otherwise };
}

/**
 * Yields the stream's events, and `reconnecting` before each new try. The last one is `done` or `error`, unless
 * the signal was aborted: then it ends without.
 *
 * @param {object} source
 * @param {AsyncGenerator<Positioned, void, void>} source.first the stream that the question opened
 * @param {(generationId: string, position: string) => AsyncGenerator<Positioned, void, void>} source.follow
 * @param {AbortSignal} source.signal
 * @param {string} [source.generationId] where it is known beforehand
 * @param {(milliseconds: number) => Promise<unknown>} [source.pause]
 * @returns {AsyncGenerator<PageEvent, void, void>}
 */
export async function* listen({ first, follow, signal, generationId = "", pause = sleep }) {
  let stream = first;
  let position = "";
  let failures = 0;
  for (;;) {
    /** @type {unknown} */
    let problem = null;
    try {
      for await (const { position: at, event } of stream) {
        position = at || position;
        if (event.type === "start") generationId = event.generation_id ?? "";
        else failures = 0;
        yield event;
        if (event.type === "done" || event.type === "error") return;
      }
    } catch (error) {
      problem = error;
    }
    if (signal.aborted) return;
    // An answer with a status is final: asking again would get the same one.
    if (problem instanceof ApiError && problem.status >= 400 && problem.status < 500) return yield told(problem, LOST);
    if (!generationId) return yield told(problem, NEVER_BEGUN);
    const wait = PAUSES_MS[failures];
    if (wait === undefined) return yield told(null, LOST);
    failures += 1;
    yield { type: "reconnecting", attempt: failures };
    await pause(wait);
    if (signal.aborted) return;
    stream = follow(generationId, position);
  }
}
