/** Follows one answer to its last event: reconnects, and resumes after the last event that came. */

import { ApiError } from "./request.js";

/** @typedef {import("../state/events.js").PageEvent} PageEvent */
/** @typedef {import("./event-stream.js").Positioned} Positioned */
/** @typedef {import("./api.js").Place} Place */

// One pause before each try: a blip costs half a second. The last one comes again and again: a network or a server that is
// back is found within three seconds, however long it was away.
const PAUSES_MS = [500, 1000, 2000];
// Asked again in the same words, as the same person, it would be refused again; or before a certain time.
const VAIN = new Set(["invalid_request", "too_large", "unauthenticated", "forbidden", "budget"]);
const NEVER_BEGUN = "The connection was lost before an answer began.";

/** @type {Place} */
export const NOWHERE = { generationId: "", conversationId: "", position: "" };

/**
 * @param {unknown} error
 * @returns {PageEvent}
 */
function told(error) {
  if (error instanceof ApiError) {
    const { type, message, retryAt } = error;
    const known = VAIN.has(type) ? { retryable: false, retry_at: retryAt } : {};
    return { type: "error", error_type: type, message, ...known };
  }
  return { type: "error", error_type: "network_error", message: NEVER_BEGUN };
}

/**
 * Yields the stream's events, and `reconnecting` before each new try. The last one is `done` or `error`, unless
 * the signal was aborted: then it ends without. A line to an answer that has begun is never given up.
 *
 * @param {object} source
 * @param {AsyncGenerator<Positioned, void, void>} source.first the stream to begin with
 * @param {(place: Place) => AsyncGenerator<Positioned, void, void>} source.follow
 * @param {AbortSignal} source.signal
 * @param {Place} [source.place] where `first` begins
 * @param {(milliseconds: number) => Promise<unknown>} source.pause
 * @returns {AsyncGenerator<PageEvent, void, void>}
 */
export async function* listen({ first, follow, signal, place = NOWHERE, pause }) {
  let stream = first;
  let failures = 0;
  let mayTellAgain = true;
  for (;;) {
    /** @type {unknown} */
    let problem = null;
    let shrunk = false;
    try {
      for await (const { position, event } of stream) {
        const ended = event.type === "done" || event.type === "error";
        // A server that was killed knows less than it had said: the page shall show what is stored, not more.
        shrunk = ended && mayTellAgain && position !== "" && Number(position) < Number(place.position);
        if (shrunk) break;
        place = { ...place, position: position || place.position };
        if (event.type === "start") {
          place = { ...place, generationId: event.generation_id ?? "", conversationId: event.conversation_id };
        } else failures = 0;
        yield event;
        if (ended) return;
      }
    } catch (error) {
      problem = error;
    }
    if (signal.aborted) return;
    if (shrunk) {
      mayTellAgain = false;
      place = { ...place, position: "" };
      yield { type: "follow", generation_id: place.generationId };
    } else {
      // An answer with a status is final: asking again would get the same one.
      if (problem instanceof ApiError && problem.status >= 400 && problem.status < 500) return yield told(problem);
      if (!place.generationId) return yield told(problem);
      const wait = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0;
      failures += 1;
      yield { type: "reconnecting", attempt: failures };
      await pause(wait);
      if (signal.aborted) return;
    }
    stream = follow(place);
  }
}
