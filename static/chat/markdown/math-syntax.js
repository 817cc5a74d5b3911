/** Math in Markdown: `$…$` and `$$…$$` by pandoc's rules, `\(…\)` and `\[…\]`. Adds tokens `math`. Pure. */

/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").MarkdownIt} MarkdownIt */
/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").StateInline} StateInline */
/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").StateBlock} StateBlock */
/** @typedef {{ open: string, close: string, display: boolean }} Delimiter */

const MOST_LINES = 100;

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

/**
 * A single `$` is math only where no sum of money is meant: no space inside at either end, no digit after it.
 *
 * @param {string} text
 * @param {number} from where the formula begins
 * @param {number} end where the next dollar stands
 * @returns {boolean}
 */
const isFormula = (text, from, end) =>
  end > from && /\S/.test(text[from] ?? "") && /\S/.test(text[end - 1] ?? "") && !/\d/.test(text[end + 1] ?? "");

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

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
function blockMath(state, startLine, endLine, silent) {
  const start = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
  const delimiter = opening(state.src, start);
  if (!delimiter?.display || (state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  const end = Math.min(endLine, startLine + MOST_LINES);
  for (let line = startLine; line < end; line++) {
    if (state.isEmpty(line) || (state.sCount[line] ?? 0) < state.blkIndent) return false;
    const from = line === startLine ? start + delimiter.open.length : (state.bMarks[line] ?? 0);
    const text = state.src.slice(from, state.eMarks[line]);
    const at = text.indexOf(delimiter.close);
    if (at < 0) continue;
    if (text.slice(at + delimiter.close.length).trim() || (line === startLine && !text.slice(0, at).trim())) return false;
    // It may become part of a paragraph by what comes next on its last line.
    if ((state.eMarks[line] ?? 0) >= state.src.length) state.env.open = true;
    if (silent) return true;
    const source = state.getLines(startLine, line + 1, state.blkIndent, false).trim();
    const token = state.push("math", "", 0);
    token.block = true;
    token.content = source.slice(delimiter.open.length, -delimiter.close.length);
    token.meta = { display: true, source };
    token.map = [startLine, line + 1];
    state.line = line + 1;
    return true;
  }
  // It may be closed by what comes next, and then takes in what follows it.
  if (end === endLine) state.env.open = true;
  return false;
}

/** @param {MarkdownIt} parser */
export function addMath(parser) {
  parser.inline.ruler.before("escape", "math", inlineMath);
  parser.block.ruler.before("fence", "math", blockMath, { alt: ["paragraph", "reference", "blockquote", "list"] });
}
