/** Requests search results: a little after the last key, only for the latest query; then its next pages. */

/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {import("../api/conversations.js").ConversationPage} ConversationPage */

const WAIT_MS = 120;

/**
 * @param {object} parts
 * @param {(query: string, signal: AbortSignal, cursor?: string) => Promise<ConversationPage>} parts.request
 * @param {(conversations: Conversation[], query: string, near: Conversation[]) => void} parts.onFound
 * @param {(conversations: Conversation[]) => void} parts.onMore
 * @param {(message: string) => void} parts.onFailed
 * @param {number} [parts.wait]
 */
export function createQuery({ request, onFound, onMore, onFailed, wait = WAIT_MS }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let open = new AbortController();
  /** @type {{ query: string, cursor: string } | null} where what was found goes on */
  let rest = null;

  /** Forgets what was asked. */
  function cancel() {
    clearTimeout(timer);
    open.abort();
    rest = null;
  }

  /**
   * @param {string} query
   * @param {AbortSignal} signal
   */
  async function ask(query, signal) {
    try {
      const { conversations, near = [], next_cursor: cursor } = await request(query, signal);
      if (signal.aborted) return;
      rest = cursor === null ? null : { query, cursor };
      onFound(conversations, query, near);
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

    /** Asks for the next page of what was found, if there is one; where that fails, it can be asked for again. */
    async more() {
      const [from, { signal }] = [rest, open];
      if (!from) return;
      rest = null;
      try {
        const { conversations, next_cursor: cursor } = await request(from.query, signal, from.cursor);
        if (signal.aborted) return;
        rest = cursor === null ? null : { ...from, cursor };
        onMore(conversations);
      } catch {
        if (!signal.aborted) rest = from;
      }
    },
  };
}
