/** What can be done about an answer that did not come to its end. Pure. */

/** @typedef {import("./turn.js").Turn} Turn */
/** @typedef {"retry" | "continue" | "choose" | "reconnect"} Remedy */

/** The question that Continue asks: an ordinary message, which then stands in the thread. */
export const CONTINUE = "Continue exactly where you left off.";

const CUT = new Set(["length", "disconnected"]);

/**
 * @param {Turn} turn
 * @returns {Remedy[]} the first is the nearest at hand; empty where nothing needs mending
 */
export function remedies({ role, status, content, id, finishReason, trouble }) {
  if (role !== "assistant" || status === "queued" || status === "streaming") return [];
  if (trouble?.lost) return ["reconnect"];
  /** @type {Remedy[]} */
  const further = content && id ? ["continue"] : [];
  if (trouble) return [...further, trouble.retryable ? "retry" : "choose"];
  if (status === "interrupted" || status === "failed") return [...further, "retry"];
  if (!CUT.has(finishReason)) return [];
  return further.length > 0 ? further : ["retry"];
}
