/** Answers where streaming does not work: asked for as a whole, or polled until they are finished. */

import { ApiError } from "./request.js";

/** @typedef {import("./event-stream.js").Positioned} Positioned */
/** @typedef {import("../state/events.js").PageEvent} PageEvent */
/** @typedef {import("./request.js").Request} Request */
/** @typedef {Record<string, unknown>} Question the body of POST /api/chat/stream */
/** @typedef {import("../state/events.js").Message} Message */
/** @typedef {Partial<Message> & { id: string, parent_id: string | null }} Said a message, or what is known of it */
/** @typedef {Partial<Message> & { conversation_id: string, message_id: string }} Answer of POST /api/chat */

const LOOK_MS = 2000;
// POST /api/chat tells less of what was used than the stored message does.
const UNKNOWN_SOURCE = { currency: "USD", source: "provider" };

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param {Message} message */
const isLive = ({ status }) => status === "queued" || status === "streaming";

/**
 * @param {string} conversationId
 * @param {Said} message
 * @returns {PageEvent}
 */
function start(conversationId, message) {
  const { id, parent_id, generation_id = null, model } = message;
  return { type: "start", conversation_id: conversationId, message_id: id, user_message_id: parent_id, generation_id, model: model ?? "" };
}

/**
 * @param {string} conversationId
 * @param {Said} message
 * @returns {Generator<Positioned, void, void>} the events that a stream of it would have had
 */
function* told(conversationId, message) {
  const { content, reasoning, tool_calls: calls = [], usage, cost, error } = message;
  const { elapsed_seconds, tokens_per_second, thinking_seconds, finish_reason, finish_detail } = message;
  /** @type {PageEvent[]} */
  const all = [start(conversationId, message)];
  for (const note of message.notes ?? []) all.push({ type: "status", message: note, attempt: 0 });
  if (reasoning) all.push({ type: "reasoning", content: reasoning });
  if (content) all.push({ type: "token", content });
  for (const call of calls) all.push({ ...call, type: "tool_call" });
  if (usage) all.push({ ...UNKNOWN_SOURCE, ...usage, cost: cost ?? null, type: "usage" });
  if (error) {
    const { type, ...rest } = error;
    all.push({ ...rest, type: "error", error_type: type });
  } else all.push({ type: "done", finish_reason: finish_reason ?? "", finish_detail, elapsed_seconds, tokens_per_second, thinking_seconds });
  for (const event of all) yield { position: "", event };
}

/** @param {Request} request */
export function createFallback(request) {
  /**
   * @param {string} id
   * @param {AbortSignal} signal
   * @returns {Promise<Message[]>} in the order in which they were said
   */
  async function messages(id, signal) {
    return (await (await request("GET", `/api/conversations/${id}`, { signal })).json()).messages;
  }

  /**
   * @param {Question} question
   * @param {AbortSignal} signal
   * @returns {Promise<Answer>} what POST /api/chat says, also when the answer broke off
   */
  async function post(question, signal) {
    try {
      return await (await request("POST", "/api/chat", { body: question, signal })).json();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.body.message_id) throw error;
      const answer = /** @type {Answer} */ (error.body);
      return { ...answer, error: { retryable: true, ...error.body.error } };
    }
  }

  /**
   * Looks for the answer that a question has just begun, so that Stop knows its name.
   *
   * @param {Question} question
   * @param {AbortSignal} signal aborted once there is nothing to look for
   * @returns {Promise<PageEvent | null>}
   */
  async function begun(question, signal) {
    while (!signal.aborted) {
      await sleep(LOOK_MS / 2);
      try {
        const newest = async () => (await (await request("GET", "/api/conversations", { signal })).json()).conversations[0]?.id;
        const id = question.conversation_id ?? (await newest());
        const all = await messages(id, signal);
        const said = all.filter(({ id, content }) => id === question.regenerate || content === question.message);
        const asked = new Set(said.map((each) => each.id));
        const answer = all.find((each) => isLive(each) && asked.has(each.parent_id ?? ""));
        if (answer) return start(id, answer);
      } catch {
        // It is only needed for Stop; the answer itself comes another way.
      }
    }
    return null;
  }

  return {
    /**
     * @param {Question} question
     * @param {AbortSignal} signal
     * @returns {AsyncGenerator<Positioned, void, void>}
     */
    async *ask(question, signal) {
      const looking = new AbortController();
      try {
        const posted = post(question, signal);
        const event = await Promise.race([posted.then(() => null), begun(question, looking.signal)]);
        if (event) yield { position: "", event };
        const answer = await posted;
        looking.abort();
        const { conversation_id: conversation, message_id: id } = answer;
        // The stored message tells more: thoughts, tool calls, who counted the tokens.
        const stored = await messages(conversation, signal).catch(() => []);
        yield* told(conversation, stored.find((each) => each.id === id) ?? { ...answer, id, parent_id: null });
      } finally {
        looking.abort();
      }
    },

    /**
     * Waits for the end of an answer that is under way, and tells it from its start on.
     *
     * @param {string} conversationId
     * @param {string} generationId
     * @param {AbortSignal} signal
     * @returns {AsyncGenerator<Positioned, void, void>}
     */
    async *follow(conversationId, generationId, signal) {
      for (;;) {
        const found = (await messages(conversationId, signal)).find((each) => each.generation_id === generationId);
        if (!found) throw new ApiError("not_found", "This answer is no longer here.", 404);
        if (!isLive(found)) {
          yield { position: "", event: { type: "follow", generation_id: generationId } };
          return yield* told(conversationId, found);
        }
        await sleep(LOOK_MS);
        if (signal.aborted) return;
      }
    },
  };
}
