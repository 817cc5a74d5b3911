/** The blocks of a growing text. What is finished is not parsed again. Pure. */

import { parse } from "./parser.js";
import { decided } from "./incomplete.js";
import { build, footnotes } from "./tree.js";

/** @typedef {import("./parser.js").Token} Token */
/** @typedef {import("./tree.js").Node} Node */

/**
 * @param {Token[]} tokens
 * @returns {number} where the last block begins among them
 */
const lastBlock = (tokens) => tokens.findLastIndex((token) => token.level === 0 && token.nesting !== -1);

/**
 * @param {string} text
 * @param {number} lines
 * @returns {number} where the line after so many begins; -1 when it is not complete
 */
function lineStart(text, lines) {
  let start = 0;
  for (let line = 0; line < lines; line++) start = text.indexOf("\n", start) + 1;
  return text.indexOf("\n", start) < 0 ? -1 : start;
}

/**
 * @param {Token[]} tokens
 * @returns {Node[]}
 */
function whole(tokens) {
  const notes = { numbers: new Map(), words: new Map() };
  const nodes = build(tokens, notes);
  return notes.numbers.size > 0 ? [...nodes, footnotes(notes)] : nodes;
}

export function createBlocks() {
  /** @type {Node[]} */
  let finished = [];
  let cut = 0;
  let undivided = false;

  return {
    /**
     * @param {string} source begins with what was read before
     * @param {boolean} growing whether there will be more
     * @returns {Node[]} what to show; the very same objects where nothing has changed for good
     */
    read(source, growing) {
      const text = growing ? decided(source) : source;
      const parsed = parse(text.slice(cut), growing);
      // A link or a footnote may be defined after it was used, so nothing is finished before everything is said.
      if (parsed.defines && !undivided) {
        undivided = true;
        finished = [];
        cut = 0;
        return this.read(source, growing);
      }
      if (undivided) return whole(parsed.tokens);
      const { tokens } = parsed;
      const last = lastBlock(tokens);
      // Once the first line of the last block is complete, nothing can become part of the blocks before it.
      const begins = lineStart(text.slice(cut), tokens[last]?.map?.[0] ?? 0);
      if (last > 0 && begins > 0 && !parsed.open) {
        finished = [...finished, ...whole(tokens.splice(0, last))];
        cut += begins;
      }
      return [...finished, ...whole(tokens)];
    },
  };
}
