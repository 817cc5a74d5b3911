/** Reads turns from the server: from the HTML it rendered, and from its JSON. */

import { wholeSeconds } from "./thinking.js";
import { turn } from "./turn.js";

/** @typedef {import("./turn.js").Turn} Turn */
/** @typedef {import("../state/events.js").Message} Message */
/** @typedef {Partial<Turn> & { id: string, role: Turn["role"] }} Known what the server knows about a turn */

/**
 * @param {HTMLElement} log
 * @returns {Turn[]} in order; empty for a new conversation
 */
export function readTurns(log) {
  return [...log.querySelectorAll("article")].map((article) => {
    const known = JSON.parse(article.dataset.turn ?? "{}");
    return turn({
      ...known,
      thoughtSeconds: wholeSeconds(known.thinkingSeconds),
      key: known.id,
      content: article.querySelector(".text")?.textContent ?? "",
      reasoning: article.querySelector(".thinking-text")?.textContent ?? "",
      createdAt: article.querySelector("time")?.dateTime ?? "",
    });
  });
}

/**
 * @param {Message} message
 * @returns {Known}
 */
export function knownOf(message) {
  return {
    id: message.id,
    parentId: message.parent_id,
    role: message.role,
    content: message.content,
    reasoning: message.reasoning,
    toolCalls: message.tool_calls,
    status: message.status,
    finishReason: message.finish_reason ?? "",
    finishDetail: message.finish_detail ?? "",
    model: message.model ?? "",
    usage: message.usage,
    thoughtSeconds: wholeSeconds(message.thinking_seconds),
    timing: { elapsed_seconds: message.elapsed_seconds, tokens_per_second: message.tokens_per_second },
    trouble: message.error,
    notes: message.notes,
    siblings: message.siblings,
    createdAt: message.created_at,
  };
}

/**
 * @param {import("../state/events.js").OpenConversation} conversation
 * @returns {Partial<import("./state.js").State>}
 */
export function knownState({ id, title, temporary, more, messages }) {
  const turns = messages.map((message) => turn({ ...knownOf(message), key: message.id }));
  return { conversationId: id, title, temporary, more, turns };
}

/**
 * @param {Message | undefined} last
 * @returns {string | null} the generation that is still writing the last message
 */
export const writing = (last) => (last && ["queued", "streaming"].includes(last.status) ? last.generation_id : null);

/**
 * @param {HTMLElement} log
 * @returns {string | null} the generation that is still writing the last message
 */
export function runningGeneration(log) {
  const last = log.querySelector("article:last-of-type");
  if (!(last instanceof HTMLElement) || !["queued", "streaming"].includes(last.dataset.status ?? "")) return null;
  return last.dataset.generationId || null;
}
