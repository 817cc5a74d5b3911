/** Every request the page makes. */

import { lazy } from "../page/lazy.js";
import { PATIENCE, SilenceError, events } from "./event-stream.js";
import { createConversationRequests } from "./conversations.js";
import { createRequest } from "./request.js";

/** @typedef {import("./event-stream.js").Positioned} Positioned */
/** @typedef {import("./fallback.js").Question} Question */
/** @typedef {ReturnType<typeof import("./fallback.js").createFallback>} Whole */
/** @typedef {import("../state/events.js").OpenConversation} Conversation */
/** @typedef {ReturnType<typeof createApi>} Api */

/** @typedef {import("../state/events.js").Place} Place */

// One silent stream may be a hiccup of the network; two in a row are a proxy that keeps everything back.
const SILENCES_TO_BELIEVE = 2;

/** @returns {boolean} whether this browser can read an answer while it arrives */
const canStream = () => "ReadableStream" in globalThis && "body" in Response.prototype;

/**
 * @param {string} csrfToken
 * @param {string} [origin] empty in a page
 * @param {import("./event-stream.js").Patience} [patience]
 */
export function createApi(csrfToken, origin = "", patience = PATIENCE) {
  const request = createRequest(csrfToken, origin);
  const whole = lazy(async () => (await import("./fallback.js")).createFallback(request));
  let silences = 0;

  /**
   * @param {(signal: AbortSignal) => Promise<Response>} open
   * @param {AbortSignal} signal
   * @param {(whole: Whole) => AsyncGenerator<Positioned, void, void>} otherwise where nothing can stream
   * @returns {AsyncGenerator<Positioned, void, void>}
   */
  async function* streamed(open, signal, otherwise) {
    if (!canStream() || silences >= SILENCES_TO_BELIEVE) return yield* otherwise(await whole());
    try {
      for await (const each of events(open, signal, patience)) {
        silences = 0;
        yield each;
      }
    } catch (error) {
      if (!(error instanceof SilenceError) || error.begun) throw error;
      silences += 1;
      yield* otherwise(await whole());
    }
  }

  return {
    /**
     * @param {Question} question
     * @param {AbortSignal} signal
     * @returns {AsyncGenerator<Positioned, void, void>}
     */
    ask(question, signal) {
      const open = (/** @type {AbortSignal} */ own) => request("POST", "/api/chat/stream", { body: question, signal: own });
      // The same request_id: what was begun silently is not begun again.
      return streamed(open, signal, (whole) => whole.ask(question, signal));
    },

    /**
     * @param {Place} place
     * @param {AbortSignal} signal
     * @returns {AsyncGenerator<Positioned, void, void>}
     */
    follow({ generationId, conversationId, position }, signal) {
      /** @type {Record<string, string>} */
      const headers = position ? { "Last-Event-ID": position } : {};
      const path = `/api/generations/${generationId}/stream`;
      const open = (/** @type {AbortSignal} */ own) => request("GET", path, { headers, signal: own });
      return streamed(open, signal, (whole) => whole.follow(conversationId, generationId, signal));
    },

    /** @param {string} generationId */
    async stop(generationId) {
      await request("POST", `/api/generations/${generationId}/stop`);
    },

    /**
     * @param {string} name of a model
     * @param {boolean} favourite
     */
    async favourite(name, favourite) {
      await request("PATCH", "/api/models", { body: { name, favourite } });
    },

    ...createConversationRequests(request, patience),

    /**
     * @param {string} id
     * @param {{ last?: number, before?: string }} [part] the turns of the current branch; all of the tree without `last`
     * @returns {Promise<Conversation>}
     */
    async conversation(id, part = {}) {
      const query = new URLSearchParams(Object.entries(part).map(([name, value]) => [name, String(value)]));
      return (await request("GET", `/api/conversations/${id}?${query}`)).json();
    },

    /**
     * @param {string} id
     * @param {Record<string, unknown>} changes
     * @param {number} [last] how many turns of the then current branch to tell
     * @returns {Promise<Conversation>}
     */
    async change(id, changes, last = 1) {
      return (await request("PATCH", `/api/conversations/${id}?last=${last}`, { body: changes })).json();
    },

    /**
     * @param {string} id of the conversation
     * @param {string} message the id of a question or of an answer to it
     * @param {"turn" | "version"} what all of the turn, or this version alone with what followed it
     */
    async deleteMessage(id, message, what) {
      await request("DELETE", `/api/conversations/${id}/messages/${message}${what === "version" ? "?only=version" : ""}`);
    },

    /**
     * @param {string} id of the conversation
     * @param {string} message by which something was just deleted
     */
    async restoreMessage(id, message) {
      await request("POST", `/api/conversations/${id}/messages/${message}/restore`);
    },
  };
}
