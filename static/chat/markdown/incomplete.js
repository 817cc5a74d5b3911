/** Growing text without flicker: what may yet become syntax waits, what has begun is shown as if it were closed. Pure. */

import { formulaAt } from "./math-syntax.js";

/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").MarkdownIt} MarkdownIt */
/** @typedef {{ run: string, at: number }} Opened */

const MARKERS = /^[-=*_+#>|:.~`\d()[\]\sxX\\$]*$|^[\s>]*(?:`{3,}|~{3,})/;
const HALF = /(?:&#?\w{0,31}|\\|!|<[a-z/!][^\s<>]*)$/i;
const ROW = /^\s*\|/;
const RULE_OF_TABLE = /^[\s|:-]*$/;
// Who writes longer than this in a bracket or after a dollar meant neither a link nor a formula.
const PATIENCE = 160;

/**
 * @param {string} text
 * @returns {string} without its last line while that line could become anything
 */
export function decided(text) {
  const start = text.lastIndexOf("\n") + 1;
  return MARKERS.test(text.slice(start)) ? text.slice(0, start) : text;
}

/**
 * @param {string} text
 * @param {Opened[]} opened
 * @returns {string} with everything closed that is open at its end
 */
function closed(text, opened) {
  let shown = text.trimEnd();
  for (const { run, at } of opened.toReversed()) {
    if (at >= shown.length) continue;
    if (at + run.length >= shown.length) shown = shown.slice(0, at).trimEnd();
    else shown += run;
  }
  return shown;
}

/**
 * @param {string} text
 * @param {number} at where a run of `*`, `_` or `~` begins
 * @param {string} run
 * @param {Opened[]} opened is changed
 */
function meet(text, at, run, opened) {
  const before = text[at - 1] ?? " ";
  const after = text[at + run.length] ?? " ";
  let left = run;
  if (/\S/.test(before)) {
    for (let top = opened.at(-1); top && left.startsWith(top.run); top = opened.at(-1)) {
      left = left.slice(top.run.length);
      opened.pop();
    }
  }
  const inWord = run.startsWith("_") && /\w/.test(before);
  if (left && (/\S/.test(after) || at + run.length === text.length) && !inWord && left !== "~") {
    opened.push({ run: left, at: at + run.length - left.length });
  }
}

/**
 * @param {string} text
 * @param {number} from behind `](`
 * @returns {number} behind the `)`; -1 when there is none
 */
function destinationEnd(text, from) {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at + 1;
  }
  return -1;
}

/**
 * @param {string} content of the paragraph, cell or heading at the end of a growing text
 * @returns {string} what is shown of it
 */
export function calm(content) {
  const text = content.replace(HALF, "");
  /** @type {Opened[]} */
  const opened = [];
  /** @type {number[]} */
  const brackets = [];
  let at = 0;
  while (at < text.length) {
    const run = /`+|\*+|_+|~+|[\s\S]/y;
    run.lastIndex = at;
    const found = run.exec(text)?.[0] ?? "";
    const formula = formulaAt(text, at);
    if (formula) {
      if (formula.valid) at = formula.end + formula.delimiter.close.length;
      else if (formula.end < 0 && waits(text, formula)) return closed(text.slice(0, at), opened);
      else at = formula.from;
    } else if (found.startsWith("`")) {
      const end = closingRun(text, found, at + found.length);
      if (end < 0) return closed(text, [...opened, { run: found, at }]);
      at = end;
    } else if (/^[*_~]/.test(found)) {
      meet(text, at, found, opened);
      at += found.length;
    } else if (found === "]" && brackets.length > 0) {
      const start = brackets.pop() ?? 0;
      const image = text[start - 1] === "!";
      const end = text[at + 1] === "(" ? destinationEnd(text, at + 2) : at + 1;
      if (end < 0) return closed(text.slice(0, image ? start - 1 : start) + (image ? "" : text.slice(start + 1, at)), opened);
      if (end === text.length && text[at + 1] !== "(" && !/^\^|^.?$/.test(text.slice(start + 1, at))) brackets.push(start);
      at = end;
    } else {
      if (found === "[") brackets.push(at);
      at += found === "\\" ? 2 : 1;
    }
  }
  const start = brackets[0] ?? text.length;
  const cut = start - (text[start - 1] === "!" ? 1 : 0);
  return closed(text.length - start < PATIENCE ? text.slice(0, cut) : text, opened);
}

/**
 * @param {string} text
 * @param {string} run of backticks
 * @param {number} from
 * @returns {number} behind the next run of the same length; -1 when there is none
 */
function closingRun(text, run, from) {
  for (let at = text.indexOf(run, from); at >= 0; at = text.indexOf(run, at)) {
    const start = at;
    while (text[at] === "`") at++;
    if (at - start === run.length) return at;
  }
  return -1;
}

/**
 * @param {string} text
 * @param {import("./math-syntax.js").Found} formula that nothing closes yet
 * @returns {boolean} whether one may have begun here, rather than a sum of money
 */
const waits = (text, { delimiter, from }) =>
  delimiter.open !== "$" || (text.length - from < PATIENCE && !/[\s\d]/.test(text[from] ?? ""));

/**
 * @param {string} content of a paragraph
 * @returns {string} without the head of a table whose second line is still to come
 */
function withoutHead(content) {
  const lines = content.split("\n");
  const first = lines.findLastIndex((line) => !ROW.test(line)) + 1;
  const rows = lines.slice(first);
  const waiting = rows.length === 1 || (rows.length === 2 && RULE_OF_TABLE.test(rows[1] ?? ""));
  return waiting ? lines.slice(0, first).join("\n") : content;
}

/** @param {MarkdownIt} parser */
export function addCalm(parser) {
  parser.core.ruler.before("inline", "calm", ({ env, tokens }) => {
    if (!env.growing) return;
    const last = tokens.findLastIndex((token) => token.nesting !== -1);
    const token = tokens[last];
    if (token?.type !== "inline") return;
    const paragraph = tokens[last - 1]?.type === "paragraph_open";
    token.content = calm(paragraph ? withoutHead(token.content) : token.content);
    if (paragraph && token.content === "") tokens.splice(last - 1, 3);
  });
}
