/** Reads the turns that the server rendered. */

import { turn } from "./turn.js";

/** @typedef {import("./turn.js").Turn} Turn */

/**
 * @param {HTMLElement} log
 * @returns {Turn[]} in order; empty for a new conversation
 */
export function readTurns(log) {
  return [...log.querySelectorAll("article")].map((article) => {
    const known = JSON.parse(article.dataset.turn ?? "{}");
    return turn({
      ...known,
      key: known.id,
      content: article.querySelector(".text")?.textContent ?? "",
      reasoning: article.querySelector(".thinking-text")?.textContent ?? "",
    });
  });
}

/**
 * @param {HTMLElement} log
 * @returns {string | null} the generation that is still writing the last message
 */
export function runningGeneration(log) {
  const last = log.querySelector("article:last-of-type");
  if (!(last instanceof HTMLElement) || !["queued", "streaming"].includes(last.dataset.status ?? "")) return null;
  return last.dataset.generationId || null;
}
