/** Asks for what is typed: a little after the last key, and only for what was typed last. */

/** @typedef {import("./listing.js").Conversation} Conversation */
/** @typedef {import("./listing.js").ConversationPage} ConversationPage */

const WAIT_MS = 120;

/**
 * @param {object} parts
 * @param {(query: string, signal: AbortSignal) => Promise<ConversationPage>} parts.request
 * @param {(conversations: Conversation[], query: string) => void} parts.onFound
 * @param {(message: string) => void} parts.onFailed
 * @param {number} [parts.wait]
 */
export function createFinder({ request, onFound, onFailed, wait = WAIT_MS }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let open = new AbortController();

  /** Forgets what was asked. */
  function cancel() {
    clearTimeout(timer);
    open.abort();
  }

  /**
   * @param {string} query
   * @param {AbortSignal} signal
   */
  async function ask(query, signal) {
    try {
      const { conversations } = await request(query, signal);
      if (!signal.aborted) onFound(conversations, query);
    } catch (error) {
      if (!signal.aborted) onFailed(error instanceof Error ? error.message : "");
    }
  }

  return {
    cancel,

    /** @param {string} query not empty */
    find(query) {
      cancel();
      open = new AbortController();
      timer = setTimeout(ask, wait, query, open.signal);
    },
  };
}
