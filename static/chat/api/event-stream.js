/** Reads an answer's event stream, and gives it up when nothing has come for too long. */

import { batches } from "./batched-reader.js";
import { Decoder } from "./sse.js";

/** @typedef {import("../state/events.js").PageEvent} PageEvent */
/** @typedef {{ position: string, event: PageEvent }} Positioned an event, and the id to follow again from */

/**
 * @typedef {object} Patience how long nothing at all may arrive, in milliseconds
 * @property {number} first before the first byte of the body: the server sends one at once, so a proxy keeps it back
 * @property {number} later after it: the server sends a comment every 15 s, so the line is dead
 */

/** @type {Patience} */
export const PATIENCE = { first: 10_000, later: 45_000 };

/** Nothing arrived for longer than is likely. `begun` tells whether anything had before. */
export class SilenceError extends Error {
  /** @param {boolean} begun */
  constructor(begun) {
    super("The line is silent.");
    this.begun = begun;
  }
}

/**
 * @param {string} data
 * @returns {PageEvent | null}
 */
function parsed(data) {
  try {
    const event = JSON.parse(data);
    return typeof event?.type === "string" ? event : null;
  } catch {
    return null;
  }
}

/**
 * @param {Decoder} decoder
 * @param {Uint8Array[]} chunks
 * @returns {Positioned[]} what was said in one go is one event, at the position of its end
 */
function decoded(decoder, chunks) {
  /** @type {Positioned[]} */
  const all = [];
  for (const { id, data } of chunks.flatMap((chunk) => decoder.feed(chunk))) {
    const event = parsed(data);
    if (!event) continue;
    const last = all.at(-1);
    const before = last?.event;
    if ((event.type === "token" || event.type === "reasoning") && last && before?.type === event.type) {
      all[all.length - 1] = { position: id, event: { ...event, content: before.content + event.content } };
    } else all.push({ position: id, event });
  }
  return all;
}

/**
 * Yields whole events only, so that the position of the last one is always a place to follow again from.
 *
 * @param {(signal: AbortSignal) => Promise<Response>} open
 * @param {AbortSignal} signal
 * @param {Patience} patience
 * @returns {AsyncGenerator<Positioned, void, void>} throws SilenceError
 */
export async function* events(open, signal, patience) {
  const own = new AbortController();
  const abort = () => own.abort();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  // The time of day, looked at again and again: a single long timer would sleep along with the machine.
  let heardAt = Date.now();
  let begun = false;
  let silent = false;
  const watch = setInterval(() => {
    silent = Date.now() - heardAt >= (begun ? patience.later : patience.first);
    if (silent) abort();
  }, patience.first / 20);
  try {
    const response = await open(own.signal);
    if (!response.body) return;
    const decoder = new Decoder();
    const hear = () => {
      heardAt = Date.now();
      begun = true;
    };
    for await (const chunks of batches(response.body, hear)) yield* decoded(decoder, chunks);
  } catch (error) {
    throw silent && !signal.aborted ? new SilenceError(begun) : error;
  } finally {
    clearInterval(watch);
    signal.removeEventListener("abort", abort);
  }
}
