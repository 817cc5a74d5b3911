/** A block of Markdown that is shown as code, and holds blocks of code itself: one block, where its fences balance. */

/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").MarkdownIt} MarkdownIt */
/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").StateBlock} StateBlock */

const OPENING = /^(`{3,}|~{3,})[ \t]*(?:markdown|md|mdx)[ \t]*$/i;

/**
 * @param {string} line without its indentation
 * @param {string} fence of the block
 * @returns {number} 1 where another block begins, -1 where one ends, else 0
 */
export function step(line, fence) {
  if (!line.startsWith(fence)) return 0;
  const rest = line.slice(fence.length).replace(/^[`~]+/, "").trim();
  if (rest === "") return -1;
  return /^[^`]+$/.test(rest) ? 1 : 0;
}

/**
 * @param {string} line without its indentation
 * @returns {string} the fence, where such a block begins; else ""
 */
export const openingFence = (line) => OPENING.exec(line)?.[1] ?? "";

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
function nestedFence(state, startLine, endLine, silent) {
  const textOf = (/** @type {number} */ line) => state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
  const indent = state.sCount[startLine] ?? 0;
  const fence = openingFence(textOf(startLine));
  if (!fence || indent - state.blkIndent >= 4) return false;
  let depth = 1;
  let line = startLine;
  while (depth > 0 && ++line < endLine) {
    if (!state.isEmpty(line) && (state.sCount[line] ?? 0) < state.blkIndent) break;
    depth += step(textOf(line), fence);
  }
  // While it grows, what is open may still be closed.
  if (depth > 0 && !state.env.growing) return false;
  if (silent) return true;
  const token = state.push("fence", "code", 0);
  token.info = textOf(startLine).slice(fence.length);
  token.content = state.getLines(startLine + 1, line, indent, true);
  token.markup = fence;
  token.map = [startLine, Math.min(line + 1, endLine)];
  state.line = Math.min(line + (depth === 0 ? 1 : 0), endLine);
  return true;
}

/** @param {MarkdownIt} parser */
export function addNestedFences(parser) {
  parser.block.ruler.before("fence", "nested_fence", nestedFence, { alt: ["paragraph", "reference", "blockquote", "list"] });
}
