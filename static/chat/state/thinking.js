/** Since when a model has been thinking or waited for, as far as somebody watched the clock. Pure. */

/** @typedef {import("./turn.js").Turn} Turn */

/**
 * @param {Turn} answer
 * @returns {boolean} whether it has thought, and not yet spoken
 */
export const isThinking = ({ reasoning, content, toolCalls }) => reasoning !== "" && content === "" && toolCalls.length === 0;

/**
 * @param {number | null | undefined} seconds
 * @returns {number | null} as it is told: whole, and at least one
 */
export const wholeSeconds = (seconds) => (typeof seconds === "number" ? Math.max(1, Math.round(seconds)) : null);

/**
 * @param {Turn} live
 * @param {number | undefined} now in seconds; undefined where nobody watched the clock from the beginning
 * @returns {Partial<Turn>} how long it had thought when it began to speak
 */
export function thought(live, now) {
  if (!isThinking(live) || live.thinkingSince === null || now === undefined) return {};
  return { thoughtSeconds: wholeSeconds(now - live.thinkingSince) };
}

/**
 * @param {Turn} live
 * @param {number} seconds since the question
 * @returns {Partial<Turn>} how long the first word, or the end of thinking, has been waited for; empty when there is none
 */
export function waited(live, seconds) {
  if (live.content || live.toolCalls.length > 0) return {};
  if (!live.reasoning) return { waitedSeconds: seconds };
  const since = live.thinkingSince;
  return since === null || seconds - since < 1 ? {} : { thoughtSeconds: Math.floor(seconds - since) };
}
