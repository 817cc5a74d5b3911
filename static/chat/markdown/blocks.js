/** The blocks of a growing text. What is finished is not parsed again. Pure. */

import { parse } from "./parser.js";
import { decided } from "./line-start.js";
import { footnotes } from "./notes.js";
import { build } from "./tree.js";

/** @typedef {import("./parser.js").Token} Token */
/** @typedef {import("./node.js").Node} Node */

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

// What people write has far fewer signs that may mean something.
const SIGN = /[\n*_`[\]<&!|$\\~>#]/g;
// The page that comes from the server begins without such a text, too (message.html).
const MOST_CHARS = 12_000;
const MOST_SIGNS = 1500;
// Of one block that grows. Code is read in no time.
const TIMES_GROWING = 3;
const CODE = /^\s*(?:`{3,}|~{3,})/;

/**
 * @param {string} text
 * @param {boolean} growing
 * @returns {boolean} whether reading it could hold the page up
 */
export function isHeavy(text, growing) {
  if (growing && CODE.test(text)) return false;
  const times = growing ? TIMES_GROWING : 1;
  return text.length > MOST_CHARS * times || (text.length > MOST_SIGNS && (text.match(SIGN)?.length ?? 0) > MOST_SIGNS * times);
}

export function createBlocks() {
  /** @type {Node[]} */
  let finished = [];
  let cut = 0;
  let undivided = false;
  // Where such a block begins.
  let stuck = -1;
  let held = false;

  return {
    /** @returns {boolean} whether some of what was read last is not shown yet, as it may become syntax */
    isHolding: () => held,

    /** @returns {Node[]} what stays as it is, whatever comes next */
    finished: () => finished,

    /** @returns {boolean} whether a block without an end has become too long to be read with each word that comes */
    isStuck: () => stuck === cut && !undivided,

    /**
     * @param {string} source begins with what was read before
     * @returns {string} what is still to be read of it
     */
    rest: (source) => source.slice(cut),

    /**
     * @param {string} source begins with what was read before
     * @param {boolean} growing whether there will be more
     * @param {number} [waited] how much of it has waited long enough to be shown, whatever it may become
     * @returns {Node[]} what to show; the very same objects where nothing has changed for good
     */
    read(source, growing, waited = 0) {
      const rest = source.slice(cut);
      const known = growing ? decided(rest, waited - cut) : { text: rest, held: false, provisional: false, added: 0 };
      const { text } = known;
      const fresh = (known.held ? text : rest).slice(Math.max(0, waited - cut));
      const parsed = parse(text, growing ? { fresh, added: known.added } : null);
      held = known.held || parsed.held;
      // A link or a footnote may be defined after it was used, so nothing is finished before everything is said.
      if (parsed.defines && !undivided) {
        undivided = true;
        finished = [];
        cut = 0;
        return this.read(source, growing, waited);
      }
      if (undivided) return whole(parsed.tokens);
      const { tokens } = parsed;
      const last = lastBlock(tokens);
      // Once the first line of the last block is complete, nothing can become part of the blocks before it.
      const begins = lineStart(text, tokens[last]?.map?.[0] ?? 0);
      if (last > 0 && begins > 0 && !parsed.open && !known.provisional) {
        finished = [...finished, ...whole(tokens.splice(0, last))];
        cut += begins;
      }
      if (growing && isHeavy(source.slice(cut), true)) stuck = cut;
      return [...finished, ...whole(tokens)];
    },
  };
}
