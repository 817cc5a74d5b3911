/** Growing text without flicker: what may yet become syntax waits, what has begun is shown as if it were closed. Pure. */

import { formulaAt } from "./math-syntax.js";
import { isAddressBegun } from "./safe-url.js";

/** @typedef {{ run: string, at: number }} Opened */

const HALF = /(?:&#?\w{0,31}|\\|!|<[a-z/!][^\s<>]*)$/i;
// Who writes longer than this in a bracket or after a dollar meant neither a link nor a formula.
const PATIENCE = 160;

/**
 * @param {string} text
 * @param {Opened[]} opened
 * @param {number} waited
 * @returns {string} with everything closed that is open at its end
 */
function closed(text, opened, waited) {
  let shown = text.trimEnd();
  for (const { run, at } of opened.toReversed()) {
    if (at >= shown.length) continue;
    if (at + run.length < shown.length) shown += run;
    else if (at >= waited) shown = shown.slice(0, at).trimEnd();
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
 * @param {string} text
 * @param {number} from behind `](`
 * @returns {boolean} whether an address that may be followed could have begun here
 */
const mayBeAddress = (text, from) => /^\s*(?:<[^<>\n]*|[^\s<>]*)(?:\s+(?:["'(][^"]*)?)?$/.test(text.slice(from)) && isAddressBegun(text.slice(from).trimStart().replace("<", ""));

/**
 * @param {string} content of the paragraph, cell or heading at the end of a growing text
 * @param {number} [waited] how much of it has waited long enough to be shown in any case
 * @returns {{ text: string, held: boolean, formula: boolean }} what is shown of it; whether some is held back; whether it
 *   ends in a formula that is still being written
 */
export function calm(content, waited = 0) {
  const half = content.search(HALF);
  const text = half < 0 || half < waited ? content : content.slice(0, half);
  /** @type {Opened[]} */
  const opened = [];
  /** @type {number[]} */
  const brackets = [];
  const end = (/** @type {string} */ shown, formula = false) => {
    const found = closed(shown, opened, waited);
    return { text: found, held: found.length < content.trimEnd().length, formula };
  };
  let at = 0;
  while (at < text.length) {
    const run = /`+|\*+|_+|~+|[\s\S]/y;
    run.lastIndex = at;
    const found = run.exec(text)?.[0] ?? "";
    const formula = formulaAt(text, at);
    if (formula) {
      if (formula.valid) at = formula.end + formula.delimiter.close.length;
      else if (formula.end < 0 && waits(text, formula)) {
        if (at >= waited) return end(text.slice(0, at));
        if (formula.delimiter.open !== "$") return { ...end(text), text: text + (text.endsWith("\\") ? " " : "") + formula.delimiter.close, formula: true };
        at = formula.from;
      } else at = formula.from;
    } else if (found.startsWith("`")) {
      const close = closingRun(text, found, at + found.length);
      if (close < 0) {
        opened.push({ run: found, at });
        return end(text);
      }
      at = close;
    } else if (/^[*_~]/.test(found)) {
      meet(text, at, found, opened);
      at += found.length;
    } else if (found === "]" && brackets.length > 0) {
      const start = brackets.pop() ?? 0;
      const image = text[start - 1] === "!";
      const isLink = text[at + 1] === "(";
      const close = isLink ? destinationEnd(text, at + 2) : at + 1;
      if (close < 0 && mayBeAddress(text, at + 2)) {
        const hidden = image && start > waited;
        return end(text.slice(0, image ? start - 1 : start) + (hidden ? "" : text.slice(start + 1, at)));
      }
      if (close === text.length && !isLink && !/^\^|^.?$/.test(text.slice(start + 1, at))) brackets.push(start);
      at = close < 0 ? at + 1 : close;
    } else {
      if (found === "[") brackets.push(at);
      at += found === "\\" ? 2 : 1;
    }
  }
  const start = brackets.find((each) => each >= waited) ?? text.length;
  const cut = start - (text[start - 1] === "!" && start > waited ? 1 : 0);
  return end(text.length - start < PATIENCE ? text.slice(0, cut) : text);
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
