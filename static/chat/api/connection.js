/** The line to the one answer that is being written. */

import { NOWHERE, listen } from "./reconnect.js";

/** @typedef {import("./api.js").Api} Api */
/** @typedef {import("./api.js").Place} Place */
/** @typedef {import("./fallback.js").Question} Question */
/** @typedef {import("./event-stream.js").Positioned} Positioned */
/** @typedef {import("../state/events.js").PageEvent} PageEvent */

// After giving up, a look now and then: a server that took long to start again is found without a click.
const LOOK_AGAIN_MS = 15_000;

/**
 * @param {import("../state/events.js").PageEvent} event
 * @param {number} at seconds since the question
 * @returns {import("../state/events.js").PageEvent} with the time where it ends or begins a thought
 */
function clocked(event, at) {
  const isDelta = event.type === "reasoning" || event.type === "token" || event.type === "tool_call";
  return isDelta ? { ...event, at } : event;
}

/**
 * @param {object} parts
 * @param {Pick<Api, "ask" | "follow">} parts.api
 * @param {(event: PageEvent) => void} parts.dispatch gets the stream's events, `waited` once a second, and `resume`
 * @param {() => void} parts.onEnd
 */
export function createConnection({ api, dispatch, onEnd }) {
  /** @type {AbortController | null} */
  let open = null;
  /** @type {Place | null} where the line was given up */
  let lost = null;
  let nudge = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let look;

  /** @param {number} milliseconds cut short by `wake` */
  const pause = (milliseconds) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      nudge = () => {
        clearTimeout(timer);
        resolve(null);
      };
    });

  /**
   * @param {(signal: AbortSignal) => AsyncGenerator<Positioned, void, void>} begin
   * @param {{ place?: Place, timed?: boolean, once?: boolean }} [how] `timed`: heard from the first moment on; `once`:
   *   one quiet try at a line that was lost
   */
  async function hear(begin, { place = NOWHERE, timed = false, once = false } = {}) {
    open?.abort();
    const own = new AbortController();
    open = own;
    if (!once) lost = null;
    const { signal } = own;
    const since = performance.now();
    const seconds = () => (performance.now() - since) / 1000;
    let quiet = once;
    const clock = setInterval(() => {
      if (!quiet && !signal.aborted) dispatch({ type: "waited", seconds: Math.floor(seconds()) });
    }, 1000);
    const follow = (/** @type {Place} */ from) => api.follow(from, signal);
    try {
      for await (const event of listen({ first: begin(signal), follow, signal, place, pause, once })) {
        if (signal.aborted) break;
        lost = event.type === "error" ? (event.place ?? null) : null;
        if (quiet && lost) break;
        if (quiet) dispatch({ type: "resume", generation_id: place.generationId });
        quiet = false;
        dispatch(timed ? clocked(event, seconds()) : event);
      }
    } finally {
      clearInterval(clock);
      if (open === own) {
        open = null;
        clearTimeout(look);
        if (lost && !signal.aborted) look = setTimeout(lookAgain, LOOK_AGAIN_MS, lost);
        onEnd();
      }
    }
  }

  /** @param {{ once: boolean }} how */
  function resume({ once }) {
    const place = lost;
    if (place) hear((signal) => api.follow(place, signal), { place, once });
  }

  /** @param {Place} place */
  function lookAgain(place) {
    if (lost === place && !open && !globalThis.document?.hidden) resume({ once: true });
  }

  return {
    /** @param {Question} question */
    ask: (question) => hear((signal) => api.ask(question, signal), { timed: true }),

    /**
     * From its start on.
     *
     * @param {string} conversationId
     * @param {string} generationId
     */
    follow(conversationId, generationId) {
      const place = { conversationId, generationId, position: "" };
      return hear((signal) => api.follow(place, signal), { place });
    },

    /** Tries a line that was given up again, because somebody wants it. */
    reconnect() {
      if (!lost) return;
      dispatch({ type: "resume", generation_id: lost.generationId });
      resume({ once: false });
    },

    /** The network or the reader is back: tries at once what was waiting or given up. */
    wake() {
      nudge();
      if (!open) resume({ once: true });
    },

    /** Another conversation takes the page: this line is not taken up again. */
    leave() {
      this.close();
      lost = null;
    },

    /** Lets go without Stop: the answer is written on, and can be followed again. */
    close() {
      clearTimeout(look);
      open?.abort();
    },
  };
}
