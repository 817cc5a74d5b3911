/** Every request about the list of conversations. */

import { events } from "./event-stream.js";

/** @typedef {import("./request.js").Request} Request */
/** @typedef {import("./event-stream.js").Patience} Patience */
/** @typedef {import("./event-stream.js").Positioned} Positioned */

/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {{ conversations: Conversation[], next_cursor: string | null, near?: Conversation[] }} ConversationPage */
/** @typedef {{ q?: string, cursor?: string, pinned?: boolean, archived?: boolean }} Filter */

/**
 * @param {Request} request
 * @param {Patience} patience
 */
export function createConversationRequests(request, patience) {
  return {
    /**
     * @param {Filter} filter
     * @param {AbortSignal} [signal]
     * @returns {Promise<ConversationPage>}
     */
    async conversations(filter, signal) {
      const given = Object.entries(filter).map(([name, value]) => [name, String(value)]);
      return (await request("GET", `/api/conversations?${new URLSearchParams(given)}`, { signal })).json();
    },

    /** @param {string} id */
    async deleteConversation(id) {
      await request("DELETE", `/api/conversations/${id}`);
    },

    /**
     * @param {string} id of a conversation that was just deleted
     * @returns {Promise<Conversation>}
     */
    async restoreConversation(id) {
      return (await request("POST", `/api/conversations/${id}/restore`)).json();
    },

    /**
     * What changes in the list from now on.
     *
     * @param {AbortSignal} signal
     * @param {() => void} onOpen nothing is missed after it
     * @returns {AsyncGenerator<Positioned, void, void>}
     */
    changes(signal, onOpen) {
      const open = async (/** @type {AbortSignal} */ own) => {
        const response = await request("GET", "/api/events", { signal: own });
        onOpen();
        return response;
      };
      return events(open, signal, patience);
    },
  };
}
