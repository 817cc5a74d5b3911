/** What can be done about an answer that did not come to its end. Pure. */

/** @typedef {import("../state/turn.js").Turn} Turn */
/** @typedef {"retry" | "continue" | "choose"} Remedy */

/** The question that Continue asks: an ordinary message, which then stands in the thread. */
export const CONTINUE = "Continue exactly where you left off.";

const CUT = new Set(["length", "disconnected", "other"]);
const UNASKED = new Set(["content_filter", "tool_calls", "stopped", "disconnected"]);

/**
 * @param {Turn} turn
 * @returns {string} why nothing is to be read where an answer ended as it should; empty where there is something
 */
export function emptiness({ role, status, content, reasoning, toolCalls, finishReason }) {
  if (role !== "assistant" || status !== "complete" || content || toolCalls.length > 0) return "";
  if (UNASKED.has(finishReason)) return "";
  return reasoning ? "The model thought, but gave no answer." : "The model answered with nothing that can be shown.";
}

/**
 * @param {Turn} turn
 * @returns {Remedy[]} the first is the nearest at hand; empty where nothing needs mending
 */
export function recoveries(turn) {
  const { role, status, content, id, finishReason, trouble } = turn;
  if (role !== "assistant" || status === "queued" || status === "streaming") return [];
  /** @type {Remedy[]} */
  const further = content && id ? ["continue"] : [];
  if (trouble) return [...further, trouble.retryable ? "retry" : "choose"];
  if (status === "interrupted" || status === "failed") return [...further, "retry"];
  if (emptiness(turn)) return ["retry"];
  if (!CUT.has(finishReason)) return [];
  return further.length > 0 ? further : ["retry"];
}
