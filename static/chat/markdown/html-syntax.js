/**
 * The few HTML tags that models write every day, without attributes: `<br>`, `<sub>` and the like, `<details>`, comments. All else
 * is text. Adds tokens `html_open`, `html_close`, `html_break`, `details_open`, `summary_open` and their ends.
 */

/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").MarkdownIt} MarkdownIt */
/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").StateInline} StateInline */
/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").StateBlock} StateBlock */
/** @typedef {import("./parser.js").Token} Token */

const TAG = /<(\/?)(sub|sup|kbd|mark|u|s)>|<br\s*\/?>|<!--(?!-?>)[\s\S]{0,2000}?-->/iy;
const DETAILS = /^<details(?:\s+open)?>\s*(?:<summary>([\s\S]{0,500}?)(?:<\/summary>|$))?[ \t]*/i;
const OPENS = /^\s*<details(?:\s+open)?>/i;
const CLOSES = /<\/details>\s*$/i;
const SUMMARY_CHARS = 700;

/**
 * @param {StateInline} state
 * @param {boolean} silent
 */
function inlineTag(state, silent) {
  if (state.src[state.pos] !== "<") return false;
  TAG.lastIndex = state.pos;
  const found = TAG.exec(state.src);
  if (!found || TAG.lastIndex > state.posMax) return false;
  if (!silent && !found[0].startsWith("<!--")) {
    const tag = found[2]?.toLowerCase();
    const token = state.push(tag ? "html_tag" : "html_break", "", 0);
    token.content = tag ? found[0] : "";
    token.meta = { tag, closes: found[1] === "/" };
  }
  state.pos += found[0].length;
  return true;
}

/**
 * Tags that have no partner are text.
 *
 * @param {Token[]} tokens of a paragraph
 * @param {(type: string, tag: string) => Token} make
 * @param {boolean} growing whether what is open at its end may be closed by what comes
 */
function pair(tokens, make, growing) {
  /** @type {Token[]} */
  const open = [];
  const asText = (/** @type {Token} */ token) => Object.assign(token, { type: "text", nesting: 0 });
  for (const token of tokens) {
    const { tag, closes } = token.type === "html_tag" ? token.meta ?? {} : {};
    if (tag && !closes) {
      Object.assign(token, { type: "html_open", nesting: 1 });
      open.push(token);
    } else if (tag) {
      if (open.at(-1)?.meta?.tag === tag && open.at(-1)?.type === "html_open") {
        open.pop();
        Object.assign(token, { type: "html_close", nesting: -1, content: "" });
      } else asText(token);
    } else if (token.nesting === 1) open.push(token);
    else if (token.nesting === -1) {
      for (let top = open.pop(); top?.type === "html_open"; top = open.pop()) asText(top);
    }
  }
  for (const token of open.reverse()) {
    if (token.type !== "html_open") continue;
    if (growing) tokens.push(make("html_close", String(token.meta?.tag)));
    else asText(token);
  }
}

/**
 * @param {StateBlock} state
 * @param {number} line
 * @returns {string} without its indentation
 */
const lineAt = (state, line) => state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @returns {number} the line on which these details end; `endLine` where they do not
 */
function closingLine(state, startLine, endLine) {
  let depth = 0;
  for (let line = startLine; line < endLine; line++) {
    if (!state.isEmpty(line) && (state.sCount[line] ?? 0) < state.blkIndent) return line;
    const text = lineAt(state, line);
    if (OPENS.test(text)) depth++;
    if (CLOSES.test(text) && --depth === 0) return line;
  }
  return endLine;
}

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
function details(state, startLine, endLine, silent) {
  const start = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
  const found = state.src[start] === "<" ? DETAILS.exec(state.src.slice(start, start + SUMMARY_CHARS)) : null;
  if (!found || (state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  if (silent) return true;
  const last = closingLine(state, startLine, endLine);
  const first = startLine + found[0].split("\n").length - 1;
  const open = state.push("details_open", "details", 1);
  open.map = [startLine, Math.min(last + 1, endLine)];
  state.push("summary_open", "summary", 1).map = [startLine, first + 1];
  const words = state.push("inline", "", 0);
  words.content = (found[1] ?? "").trim() || "Details";
  words.map = [startLine, first + 1];
  words.children = [];
  state.push("summary_close", "summary", -1);

  const { bMarks, tShift, sCount, eMarks, lineMax, parentType } = state;
  const before = { mark: bMarks[first] ?? 0, shift: tShift[first] ?? 0, count: sCount[first] ?? 0, end: eMarks[last] ?? 0 };
  bMarks[first] = start + found[0].length;
  tShift[first] = 0;
  sCount[first] = state.blkIndent;
  const end = last < endLine ? state.src.lastIndexOf("</", eMarks[last]) : -1;
  if (end >= 0 && end >= (bMarks[last] ?? 0) && CLOSES.test(lineAt(state, last))) eMarks[last] = end;
  const until = last < endLine && state.isEmpty(last) ? last : Math.min(last + 1, endLine);
  state.lineMax = until;
  state.parentType = "blockquote";
  if (first < until) state.md.block.tokenize(state, first, until);
  state.parentType = parentType;
  state.lineMax = lineMax;
  bMarks[first] = before.mark;
  tShift[first] = before.shift;
  sCount[first] = before.count;
  if (last < endLine) eMarks[last] = before.end;
  state.push("details_close", "details", -1);
  state.line = Math.min(last + 1, endLine);
  return true;
}

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
function comment(state, startLine, endLine, silent) {
  if (!lineAt(state, startLine).startsWith("<!--") || (state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  for (let line = startLine; line < endLine; line++) {
    const text = lineAt(state, line);
    const at = text.indexOf("-->", line === startLine ? 4 : 0);
    if (at < 0) continue;
    if (text.slice(at + 3).trim()) return false;
    // What comes next on its last line would make it a part of a paragraph.
    if ((state.eMarks[line] ?? 0) >= state.src.length) state.env.open = true;
    if (!silent) state.line = line + 1;
    return true;
  }
  state.env.open = true;
  return false;
}

/** @param {MarkdownIt} parser */
export function addHtml(parser) {
  const alt = ["paragraph", "reference", "blockquote", "list"];
  parser.inline.ruler.before("autolink", "html_tag", inlineTag);
  parser.block.ruler.before("fence", "details", details, { alt });
  parser.block.ruler.before("fence", "comment", comment, { alt });
  parser.core.ruler.after("inline", "html_pairs", (state) => {
    const make = (/** @type {string} */ type, /** @type {string} */ tag) => Object.assign(new state.Token(type, "", -1), { meta: { tag, closes: true } });
    for (const { children, meta } of state.tokens) {
      if (children?.some(({ type }) => type === "html_tag")) pair(children, make, meta?.last === true);
    }
  });
}
