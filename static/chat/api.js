/** Every request the page makes. */

import { Decoder } from "./sse.js";

/** @typedef {import("./state.js").PageEvent} PageEvent */
/** @typedef {{ position: string, event: PageEvent }} Positioned an event, and the id to follow again from */
/** @typedef {{ id: string, title: string }} ConversationEntry */
/** @typedef {{ conversations: ConversationEntry[], next_cursor: string | null }} ConversationPage */
/** @typedef {Record<string, unknown>} Question the body of POST /api/chat/stream */
/** @typedef {ReturnType<typeof createApi>} Api */

/** A request that did not succeed. `message` is a sentence for a person; `status` is 0 when no answer came. */
export class ApiError extends Error {
  /**
   * @param {string} type
   * @param {string} message
   * @param {number} status
   */
  constructor(type, message, status) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

const UNREACHABLE = "The server cannot be reached. Check your connection.";

/** @type {Record<number, string>} */
const SENTENCES = {
  401: "You are signed out. Reload the page to sign in again.",
  403: "This page is out of date. Reload it, then try again.",
  404: "This is no longer here.",
  413: "This message is too long.",
  429: "Too many requests at once. Wait a moment, then try again.",
};

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function refusal(response) {
  const sentence = SENTENCES[response.status] ?? `The server answered with an error (${response.status}).`;
  try {
    const { error } = await response.json();
    // Programs are told about API keys; a person has to sign in.
    if (response.status === 401) return new ApiError(error.type, SENTENCES[401] ?? sentence, 401);
    return new ApiError(error.type, error.message || sentence, response.status);
  } catch {
    // A proxy's or Django's own page; the status alone has to do.
    return new ApiError(response.status === 413 ? "too_large" : "unknown", sentence, response.status);
  }
}

/**
 * @param {Response} response
 * @returns {AsyncGenerator<Positioned, void, void>}
 */
async function* events(response) {
  if (!response.body) return;
  const decoder = new Decoder();
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const { id, data } of decoder.feed(value)) {
        const event = parsed(data);
        if (event) yield { position: id, event };
      }
    }
  } finally {
    // Lets go of the connection when the caller stops listening first.
    reader.cancel().catch(() => {});
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
 * @param {string} csrfToken
 * @param {string} [origin] empty in a page
 */
export function createApi(csrfToken, origin = "") {
  /**
   * @param {string} method
   * @param {string} path
   * @param {{ body?: unknown, headers?: Record<string, string>, signal?: AbortSignal }} [options]
   * @returns {Promise<Response>}
   */
  async function request(method, path, { body, headers = {}, signal } = {}) {
    const sent = {
      ...(method === "GET" ? {} : { "X-CSRFToken": csrfToken }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    };
    const text = body === undefined ? undefined : JSON.stringify(body);
    let response;
    try {
      response = await fetch(origin + path, { method, headers: sent, body: text, signal, credentials: "same-origin" });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError("network_error", UNREACHABLE, 0);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  /**
   * For a browser without streams: the whole answer at once, told as the same events.
   *
   * @param {Question} question
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<Positioned, void, void>}
   */
  async function* complete(question, signal) {
    const answer = await (await request("POST", "/api/chat", { body: question, signal })).json();
    const usage = { currency: "USD", source: "provider", ...answer.usage, cost: answer.cost };
    /** @type {PageEvent[]} */
    const told = [
      { type: "start", user_message_id: null, generation_id: null, ...answer },
      { type: "token", content: answer.content },
      { type: "usage", ...usage },
      { type: "done", finish_reason: answer.finish_reason },
    ];
    for (const event of told) yield { position: "", event };
  }

  return {
    /**
     * @param {Question} question
     * @param {AbortSignal} signal
     * @returns {AsyncGenerator<Positioned, void, void>}
     */
    async *ask(question, signal) {
      if (!("body" in Response.prototype)) return yield* complete(question, signal);
      return yield* events(await request("POST", "/api/chat/stream", { body: question, signal }));
    },

    /**
     * @param {string} generationId
     * @param {string} position follows after this id; empty for from the start
     * @param {AbortSignal} signal
     * @returns {AsyncGenerator<Positioned, void, void>}
     */
    async *follow(generationId, position, signal) {
      /** @type {Record<string, string>} */
      const headers = position ? { "Last-Event-ID": position } : {};
      yield* events(await request("GET", `/api/generations/${generationId}/stream`, { headers, signal }));
    },

    /** @param {string} generationId */
    async stop(generationId) {
      await request("POST", `/api/generations/${generationId}/stop`);
    },

    /**
     * @param {string} cursor
     * @returns {Promise<ConversationPage>}
     */
    async conversations(cursor) {
      const query = cursor ? `?${new URLSearchParams({ cursor })}` : "";
      return (await request("GET", `/api/conversations${query}`)).json();
    },

    /** @param {string} id */
    async deleteConversation(id) {
      await request("DELETE", `/api/conversations/${id}`);
    },

    /**
     * @param {string} id
     * @param {string} model
     */
    async chooseModel(id, model) {
      await request("PATCH", `/api/conversations/${id}`, { body: { model } });
    },
  };
}
