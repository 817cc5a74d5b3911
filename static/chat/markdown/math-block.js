/** Formulas on lines of their own: `$$…$$`, `\[…\]` and bare `\begin{align}…\end{align}`. Makes tokens `math`. Pure. */

/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").StateBlock} StateBlock */
/** @typedef {{ open: string, close: string, bare: boolean }} Delimiter bare ones are part of the formula */

const MOST_LINES = 100;
const ENVIRONMENT = /^\\begin\{((?:align|alignat|aligned|equation|gather|gathered|split|cases|array|multline|CD|[pbBvV]?matrix)\*?)\}/;
// What a formula does not hold: one that nothing closes takes no code with it.
const NEVER = /^(?:`{3}|~{3})/;

/**
 * @param {string} text
 * @returns {Delimiter | null}
 */
function opening(text) {
  if (text.startsWith("$$")) return { open: "$$", close: "$$", bare: false };
  if (text.startsWith("\\[")) return { open: "\\[", close: "\\]", bare: false };
  const environment = ENVIRONMENT.exec(text)?.[1];
  return environment ? { open: `\\begin{${environment}}`, close: `\\end{${environment}}`, bare: true } : null;
}

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
export function blockMath(state, startLine, endLine, silent) {
  const start = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
  const first = state.src.slice(start, state.eMarks[startLine]);
  const delimiter = opening(first);
  if (!delimiter || (state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  const { open, close, bare } = delimiter;
  // Where it begins a line of its own, blank lines are within it.
  const isAlone = bare || first.trim() === open;
  const end = Math.min(endLine, startLine + MOST_LINES);
  const push = (/** @type {number} */ last, /** @type {boolean} */ growing) => {
    const source = state.getLines(startLine, last, state.blkIndent, false).trim();
    const token = state.push("math", "", 0);
    token.block = true;
    token.content = bare || growing ? source : source.slice(open.length, -close.length);
    token.meta = growing ? { display: true, source, growing } : { display: true, source };
    token.map = [startLine, last];
    state.line = last;
    return true;
  };
  for (let line = startLine; line < end; line++) {
    if (state.isEmpty(line) ? !isAlone : (state.sCount[line] ?? 0) < state.blkIndent) return false;
    const from = line === startLine ? start + open.length : (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
    const text = state.src.slice(from, state.eMarks[line]);
    if (line > startLine && NEVER.test(text)) return false;
    const at = text.indexOf(close);
    if (at < 0) continue;
    if (text.slice(at + close.length).trim() || (line === startLine && !text.slice(0, at).trim())) return false;
    // It may become part of a paragraph by what comes next on its last line.
    if ((state.eMarks[line] ?? 0) >= state.src.length) state.env.open = true;
    return silent || push(line + 1, false);
  }
  if (end !== endLine) return false;
  // It may be closed by what comes next, and then takes in what follows it.
  state.env.open = true;
  return Boolean(state.env.growing) && isAlone && (silent || push(end, true));
}
