/** What stands where an answer will be: how long it has been waited for, how long the model has been thinking. Pure. */

import { isThinking } from "../state/thinking.js";
import { wholeDuration } from "./usage-line.js";

/** @typedef {import("../state/turn.js").Turn} Turn */

/** From so many seconds on the reader is told why it may take that long. */
const LONG_SECONDS = 10;

/**
 * @param {Turn} turn
 * @returns {string} `waiting for llama… 4 s`; empty in the first second, and once the answer has begun
 */
export function waitLine({ content, reasoning, toolCalls, model, waitedSeconds }) {
  if (content || reasoning || toolCalls.length > 0 || waitedSeconds < 1) return "";
  const line = `waiting for ${model}… ${wholeDuration(waitedSeconds)}`;
  return waitedSeconds < LONG_SECONDS ? line : `${line}. A local model may be loading, or busy with other answers.`;
}

/**
 * @param {Turn} turn
 * @param {boolean} live whether more may come
 * @returns {string} `Thinking… 4 s`, `Thought for 4 s`; without the time where it is not known
 */
export function thoughtLine(turn, live) {
  const time = turn.thoughtSeconds === null ? "" : wholeDuration(turn.thoughtSeconds);
  if (live && isThinking(turn)) return time ? `Thinking… ${time}` : "Thinking…";
  return time ? `Thought for ${time}` : "Thought";
}
