/** What can be done about an answer that did not come to its end. Pure. */

import { clock } from "./timestamp.js";

/** @typedef {import("../state/turn.js").Turn} Turn */
/** @typedef {import("../state/turn.js").Trouble} Trouble */
/** @typedef {"retry" | "continue" | "choose" | "rewrite" | "signin" | "reload"} Remedy */

/** The question that Continue asks: an ordinary message, which then stands in the thread. */
export const CONTINUE = "Continue exactly where you left off.";

const CUT = new Set(["length", "disconnected", "other"]);
const UNASKED = new Set(["content_filter", "tool_calls", "stopped", "disconnected"]);
// How the server names the end of a budget's period, for programs.
const IN_UTC = /(?:on \d+ \w+ )?at 00:00 UTC/;

/** @type {Record<string, Remedy>} what helps where asking again in the same words does not */
const OTHERWISE = { invalid_request: "rewrite", too_large: "rewrite", unauthenticated: "signin", forbidden: "reload" };

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
 * @param {Trouble} trouble
 * @param {Date} now
 * @param {string} [locale] the browser's own unless named
 * @returns {string} what went wrong, with times in the reader's own zone
 */
export function sentence({ message, retry_at: retryAt }, now, locale) {
  if (!retryAt) return message;
  // A header counts whole seconds from when it was sent.
  const at = new Date(Math.round(Date.parse(retryAt) / 60_000) * 60_000);
  const time = clock(at, now, locale);
  return message.replace(IN_UTC, at.toDateString() === now.toDateString() ? `at ${time}` : `on ${time}`);
}

/**
 * @param {Trouble} trouble
 * @param {Date} now
 * @returns {Remedy}
 */
function remedy({ type, retryable, retry_at: retryAt }, now) {
  if (retryable || (retryAt && Date.parse(retryAt) <= now.getTime())) return "retry";
  return OTHERWISE[type] ?? "choose";
}

/**
 * @param {Turn} turn
 * @param {Date} [now]
 * @returns {Remedy[]} the first is the nearest at hand; empty where nothing needs mending
 */
export function recoveries(turn, now = new Date()) {
  const { role, status, content, id, finishReason, trouble } = turn;
  if (role !== "assistant" || status === "queued" || status === "streaming") return [];
  /** @type {Remedy[]} */
  const further = content && id ? ["continue"] : [];
  // To go on would cost, too.
  if (trouble?.type === "budget" && !trouble.retryable) return [remedy(trouble, now)];
  if (trouble) return [...further, remedy(trouble, now)];
  if (status === "interrupted" || status === "failed") return [...further, "retry"];
  if (emptiness(turn)) return ["retry"];
  if (!CUT.has(finishReason)) return [];
  return further.length > 0 ? further : ["retry"];
}
