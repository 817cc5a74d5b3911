/** Math in Markdown: `$…$` and `$$…$$` by pandoc's rules, `\(…\)` and `\[…\]`. Adds tokens `math`. Pure. */

import { blockMath } from "./math-block.js";

/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").MarkdownIt} MarkdownIt */
/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").StateInline} StateInline */
/** @typedef {{ open: string, close: string, display: boolean }} Delimiter */

/** @type {Delimiter[]} the longer before the shorter */
const DELIMITERS = [
  { open: "$$", close: "$$", display: true },
  { open: "$", close: "$", display: false },
  { open: "\\[", close: "\\]", display: true },
  { open: "\\(", close: "\\)", display: false },
];

/**
 * @param {string} text
 * @param {number} at
 * @returns {Delimiter | undefined} what begins here
 */
const opening = (text, at) => DELIMITERS.find(({ open }) => text.startsWith(open, at));

/**
 * @param {string} text
 * @param {number} at
 * @returns {boolean} whether the character is taken literally
 */
function escaped(text, at) {
  let before = at;
  while (text[before - 1] === "\\") before--;
  return (at - before) % 2 === 1;
}

/**
 * @param {string} text
 * @param {number} from
 * @param {string} close
 * @returns {number} where the formula that begins here could end; -1 when nothing closes it
 */
function closing(text, from, close) {
  let at = text.indexOf(close, from);
  while (at >= 0 && escaped(text, at)) at = text.indexOf(close, at + 1);
  return at;
}

// `$HOME/bin:$PATH`: a name of some letters, and another one behind the second dollar.
const VARIABLE = /^[A-Za-z_]\w+\W/;

/**
 * @param {string} formula with a blank at either end
 * @returns {boolean} whether it is one all the same, rather than two sums of money
 */
function isSpaced(formula) {
  const signs = formula.trim().replaceAll(/\\[a-zA-Z]+/g, "\\");
  if (!/^\s/.test(formula) || !/\s$/.test(formula) || /[a-zA-Z]{3}|[-+=*/<>]$|\n/.test(signs)) return false;
  return /^[a-zA-Z]$|[-+=*/<>^_\\]/.test(signs);
}

/**
 * A single `$` is math only where no sum of money is meant: no space inside at one end alone, no digit after it.
 *
 * @param {string} text
 * @param {number} from where the formula begins
 * @param {number} end where the next dollar stands
 * @returns {boolean}
 */
function isFormula(text, from, end) {
  if (end <= from || /\d/.test(text[end + 1] ?? "")) return false;
  const formula = text.slice(from, end);
  if (/[A-Za-z_{]/.test(text[end + 1] ?? "") && VARIABLE.test(formula)) return false;
  return /^\S/.test(formula) && /\S$/.test(formula) ? true : isSpaced(formula);
}

/**
 * @typedef {object} Found a delimiter and what it delimits
 * @property {Delimiter} delimiter
 * @property {number} from where the formula begins
 * @property {number} end where it ends; -1 when nothing closes it
 * @property {boolean} valid
 */

/**
 * @param {string} text
 * @param {number} at
 * @returns {Found | null} null when no delimiter stands here
 */
export function formulaAt(text, at) {
  const delimiter = opening(text, at);
  if (!delimiter) return null;
  const from = at + delimiter.open.length;
  const end = closing(text, from, delimiter.close);
  return { delimiter, from, end, valid: delimiter.open === "$" ? isFormula(text, from, end) : end > from };
}

/** @type {WeakMap<StateInline, Set<string>>} what nothing closes any more: else each opening would look to the end */
const hopeless = new WeakMap();

/**
 * @param {StateInline} state
 * @param {boolean} silent
 */
function inlineMath(state, silent) {
  const known = hopeless.get(state) ?? new Set();
  if (known.has(opening(state.src, state.pos)?.open ?? "")) return false;
  const found = formulaAt(state.src, state.pos);
  if (!found) return false;
  const { delimiter, from, end, valid } = found;
  if (end < 0) hopeless.set(state, known.add(delimiter.open));
  const after = end + delimiter.close.length;
  if (!valid || after > state.posMax) return false;
  if (!silent) {
    const token = state.push("math", "", 0);
    token.content = state.src.slice(from, end);
    token.meta = { display: delimiter.display, source: state.src.slice(state.pos, after) };
  }
  state.pos = after;
  return true;
}

/** @param {MarkdownIt} parser */
export function addMath(parser) {
  parser.inline.ruler.before("escape", "math", inlineMath);
  parser.block.ruler.before("fence", "math", blockMath, { alt: ["paragraph", "reference", "blockquote", "list"] });
}
