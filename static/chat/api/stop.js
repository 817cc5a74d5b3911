/** Stops the answer that is being written, even before the server has told its id. */

/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/events.js").PageEvent} PageEvent */

const TRIES = 3;
const PAUSE_MS = 400;

/**
 * @param {object} parts
 * @param {(generationId: string) => Promise<void>} parts.request
 * @param {() => State} parts.current
 * @param {(event: PageEvent) => void} parts.dispatch
 */
export function createStopper({ request, current, dispatch }) {
  let wanted = false;

  async function demand() {
    const { generationId } = current();
    if (!wanted || !generationId) return;
    wanted = false;
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      try {
        return await request(generationId);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
      }
      if (current().generationId !== generationId) return;
    }
    dispatch({ type: "stop_failed", message: "Stop did not reach the server. The answer goes on." });
  }

  return {
    stop() {
      const { phase } = current();
      if (phase !== "sending" && phase !== "streaming") return;
      wanted = true;
      dispatch({ type: "stop" });
      demand();
    },

    /** The generation has got its name: a Stop that came before can be sent now. */
    begun: demand,

    ended() {
      wanted = false;
    },
  };
}
