/** The line to the one answer that is being written. */

import { listen } from "./generation.js";

/** @typedef {import("./api.js").Api} Api */
/** @typedef {import("./api.js").Question} Question */
/** @typedef {import("./api.js").Positioned} Positioned */
/** @typedef {import("./state.js").PageEvent} PageEvent */

/**
 * @param {object} parts
 * @param {Pick<Api, "ask" | "follow">} parts.api
 * @param {(event: PageEvent) => void} parts.dispatch gets the stream's events, and `waited` once a second
 * @param {() => void} parts.onEnd
 */
export function createConnection({ api, dispatch, onEnd }) {
  /** @type {AbortController | null} */
  let open = null;

  /**
   * @param {(signal: AbortSignal) => AsyncGenerator<Positioned, void, void>} begin
   * @param {string} [generationId]
   */
  async function hear(begin, generationId) {
    const own = new AbortController();
    open = own;
    const { signal } = own;
    const since = performance.now();
    const clock = setInterval(() => {
      dispatch({ type: "waited", seconds: Math.floor((performance.now() - since) / 1000) });
    }, 1000);
    const follow = (/** @type {string} */ id, /** @type {string} */ position) => api.follow(id, position, signal);
    try {
      for await (const event of listen({ first: begin(signal), follow, signal, generationId })) dispatch(event);
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
    ask: (question) => hear((signal) => api.ask(question, signal)),

    /** @param {string} generationId from its start on */
    follow: (generationId) => hear((signal) => api.follow(generationId, "", signal), generationId),

    /** Lets go without Stop: the answer is written on, and can be followed again. */
    close: () => open?.abort(),
  };
}
