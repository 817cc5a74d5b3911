/** The feed of changes to the list of conversations: connected while the page is looked at, and again when it breaks. */

import { ApiError } from "./request.js";

/** @typedef {import("./event-stream.js").Positioned} Positioned */
/** @typedef {import("../state/events.js").PageEvent} PageEvent */

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
// Who is signed out, or barred, will not be let in by asking again.
const FINAL = new Set([401, 403, 404]);

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * @param {object} parts
 * @param {(signal: AbortSignal, onOpen: () => void) => AsyncGenerator<Positioned, void, void>} parts.open
 * @param {(event: PageEvent) => void} parts.onEvent
 * @param {() => void} parts.onOpen what changed before is not told: it has to be asked for
 * @param {(milliseconds: number) => Promise<unknown>} [parts.pause]
 */
export function createChangeFeed({ open, onEvent, onOpen, pause = sleep }) {
  /** @type {AbortController | null} */
  let held = null;

  /** @param {AbortSignal} signal */
  async function hold(signal) {
    let wait = FIRST_PAUSE_MS;
    const opened = () => {
      wait = FIRST_PAUSE_MS;
      if (!signal.aborted) onOpen();
    };
    while (!signal.aborted) {
      try {
        for await (const { event } of open(signal, opened)) {
          // Access was withdrawn: asking again tells whether for good.
          if (event.type === "error") break;
          if (!signal.aborted) onEvent(event);
        }
      } catch (error) {
        if (error instanceof ApiError && FINAL.has(error.status)) return;
      }
      if (signal.aborted) return;
      // Not all pages at the same moment, when a server comes back.
      await pause(wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
    }
  }

  return {
    start() {
      if (held) return;
      held = new AbortController();
      hold(held.signal);
    },

    stop() {
      held?.abort();
      held = null;
    },
  };
}
