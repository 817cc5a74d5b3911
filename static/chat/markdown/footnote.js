/** Footnotes in Markdown: `[^label]`, and `[^label]: text` anywhere. Adds tokens `footnote_ref`, `footnote_open`, `_close`. */

/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").MarkdownIt} MarkdownIt */
/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").StateInline} StateInline */
/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").StateBlock} StateBlock */

const REFERENCE = /\[\^([^\s[\]^]+)\]/y;
const DEFINITION = /\[\^([^\s[\]^]+)\]:/y;

/**
 * @param {RegExp} pattern sticky
 * @param {string} text
 * @param {number} at
 * @returns {string | undefined} the label
 */
function labelAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[1];
}

/**
 * @param {import("../../vendor/markdown-it/markdown-it.mjs").Env} env
 * @returns {Set<string>} the labels that are defined
 */
function defined(env) {
  env.footnotes ??= new Set();
  return /** @type {Set<string>} */ (env.footnotes);
}

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
function definition(state, startLine, endLine, silent) {
  const start = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
  const label = labelAt(DEFINITION, state.src, start);
  if (!label || (state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  if (silent) return true;
  const before = { mark: state.bMarks[startLine], shift: state.tShift[startLine], count: state.sCount[startLine] };
  const { parentType } = state;
  defined(state.env).add(label);
  const open = state.push("footnote_open", "", 1);
  open.meta = { label };
  open.map = [startLine, startLine];

  // The text behind the colon is the first line of a block that is indented by four.
  const text = start + label.length + 4;
  state.blkIndent += 4;
  state.bMarks[startLine] = text;
  state.tShift[startLine] = state.skipSpaces(text) - text;
  state.sCount[startLine] = state.blkIndent;
  state.parentType = "footnote";
  state.md.block.tokenize(state, startLine, endLine);
  state.parentType = parentType;
  state.blkIndent -= 4;
  state.bMarks[startLine] = before.mark ?? 0;
  state.tShift[startLine] = before.shift ?? 0;
  state.sCount[startLine] = before.count ?? 0;

  if (state.line === startLine) state.line++;
  open.map[1] = state.line;
  state.push("footnote_close", "", -1);
  return true;
}

/**
 * @param {StateInline} state
 * @param {boolean} silent
 */
function reference(state, silent) {
  const label = labelAt(REFERENCE, state.src, state.pos);
  if (!label || !defined(state.env).has(label)) return false;
  const end = state.pos + label.length + 3;
  if (end > state.posMax) return false;
  if (!silent) state.push("footnote_ref", "", 0).meta = { label };
  state.pos = end;
  return true;
}

/** @param {MarkdownIt} parser */
export function addFootnotes(parser) {
  parser.block.ruler.before("reference", "footnote", definition, { alt: ["paragraph", "reference"] });
  parser.inline.ruler.before("link", "footnote", reference);
}
