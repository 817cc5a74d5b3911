/** The connection that streams the one answer that is being written. */

import { NOWHERE, listen } from "./reconnect.js";

/** @typedef {import("./api.js").Api} Api */
/** @typedef {import("./api.js").Place} Place */
/** @typedef {import("./fallback.js").Question} Question */
/** @typedef {import("./event-stream.js").Positioned} Positioned */
/** @typedef {import("../state/events.js").PageEvent} PageEvent */

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
 * @param {(event: PageEvent) => void} parts.dispatch gets the stream's events, and `waited` once a second
 * @param {() => void} parts.onEnd
 */
export function createConnection({ api, dispatch, onEnd }) {
  /** @type {AbortController | null} of the answer that is heard */
  let open = null;
  /** @type {AbortController | null} of the one request that hears it now */
  let line = null;
  let begun = false;
  let hurried = false;
  let nudge = () => {};

  /** @param {number} milliseconds cut short by `wake` */
  function pause(milliseconds) {
    if (hurried) {
      hurried = false;
      return Promise.resolve();
    }
    // Not all pages at the same moment, when a server comes back.
    const wait = milliseconds * (0.75 + Math.random() / 2);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      nudge = () => {
        clearTimeout(timer);
        resolve(null);
      };
    });
  }

  /**
   * @param {AbortSignal} signal
   * @returns {AbortSignal} of one request: it can be given up while the answer is heard on
   */
  function fresh(signal) {
    const own = new AbortController();
    line = own;
    if (signal.aborted) own.abort();
    signal.addEventListener("abort", () => own.abort(), { once: true });
    return own.signal;
  }

  /**
   * @param {(signal: AbortSignal) => AsyncGenerator<Positioned, void, void>} begin
   * @param {{ place?: Place, timed?: boolean }} [how] `timed`: heard from the first moment on
   */
  async function hear(begin, { place = NOWHERE, timed = false } = {}) {
    open?.abort();
    const own = new AbortController();
    open = own;
    begun = place !== NOWHERE;
    hurried = false;
    const { signal } = own;
    const since = performance.now();
    const seconds = () => (performance.now() - since) / 1000;
    const clock = setInterval(() => {
      if (!signal.aborted) dispatch({ type: "waited", seconds: Math.floor(seconds()) });
    }, 1000);
    const follow = (/** @type {Place} */ from) => api.follow(from, fresh(signal));
    try {
      for await (const event of listen({ first: begin(fresh(signal)), follow, signal, place, pause })) {
        if (signal.aborted) break;
        if (event.type === "start") begun = true;
        dispatch(timed ? clocked(event, seconds()) : event);
      }
    } finally {
      clearInterval(clock);
      if (open === own) {
        open = null;
        onEnd();
      }
    }
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

    /** The reader is back: tries at once what was waiting. */
    wake: () => nudge(),

    /** The network is back, perhaps another one: what was open on the old one may be silent for ever. */
    online() {
      nudge();
      if (!open || !begun) return;
      hurried = true;
      line?.abort();
    },

    /** Lets go without Stop: the answer is written on, and can be followed again. */
    close() {
      open?.abort();
    },
  };
}
