/** The last line of a growing text, while it is only what may yet begin a block: a list, a heading, a table. Pure. */

import { openingFence, step } from "./nested-fence.js";

/**
 * @typedef {object} Decided
 * @property {string} text what is to be shown
 * @property {boolean} held whether some is kept back
 * @property {boolean} provisional whether its end is a guess
 * @property {number} added how many lines of it are
 */

// Where a block stands in lists and quotes, it begins behind their marks.
const CONTAINERS = /^[ \t]*(?:(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]*)*/;
const BLANK = /^\s*$/;
const LEAF = /^(?:#{1,6}[ \t]*|\d{1,9}[.)]?|\+|([-*_])(?:[ \t]*\1)*[ \t]*|`{3,}[^`]*|~{3,}.*)$/;
const TASK = /^\[(?:[ xX]\]?[ \t]*)?$/;
const UNDERLINE = /^[=-]+[ \t]*$/;
const RULE = /^[ \t]*[|:-][\s|:-]*$/;
const FENCE = /^(?:`{3,}|~{3,})/;
const FENCED = /^[ \t]*(?:(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])[ \t]*)*(`{3,}(?=[^`]*$)|~{3,})/;
const ROW = /^([ \t>]*)\|[ \t]/;
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
// So long a line of marks nobody writes to be a rule, and its entities would be many.
const MOST_MARKS = 400;

/**
 * @param {string} lines before the last one
 * @returns {string} the marks that opened what is still open before the last line: of a fence, or `$$`, or `\[`; else ""
 */
function openAt(lines) {
  let open = "";
  let depth = 0;
  // Blank lines end a formula that began beside other words.
  let isAlone = false;
  for (const line of lines.split("\n")) {
    const bare = line.replace(/^[\s>]+/, "");
    if (depth > 0) {
      depth += step(bare, open);
      if (depth === 0) open = "";
    } else if (FENCE.test(open)) {
      if (bare.startsWith(open) && bare.trimEnd().replaceAll(open[0] ?? "", "") === "") open = "";
    } else if (open) {
      if (bare.trimEnd().endsWith(open === "\\[" ? "\\]" : open)) open = "";
    } else {
      open = FENCED.exec(line)?.[1] ?? "";
      depth = openingFence(bare) ? 1 : 0;
      const formula = /^(?:\$\$|\\\[)/.exec(bare)?.[0] ?? "";
      isAlone = bare.trim() === formula;
      if (!open && formula && !bare.slice(2).includes(formula === "$$" ? "$$" : "\\]")) open = formula;
    }
    if (open && !FENCE.test(open) && bare === "" && !isAlone) open = "";
  }
  return open;
}

/**
 * @param {string} row
 * @returns {string} the second line of a table of so many columns
 */
function ruleFor(row) {
  const cells = row.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/).length;
  return `|${"-|".repeat(cells)}`;
}

/**
 * @param {string[]} lines
 * @returns {Decided | null} with the second line of the table whose head has just begun; null where none has
 */
function asTable(lines) {
  const last = lines.at(-1) ?? "";
  const before = lines.at(-2) ?? "";
  const inRule = RULE.test(last.replace(/^[ \t>]+/, "")) && ROW.test(before);
  const head = inRule ? before : last;
  const above = (inRule ? lines.at(-3) : before) ?? "";
  const prefix = ROW.exec(head)?.[1];
  if (prefix === undefined || above.replace(/^[ \t>]+/, "").startsWith("|")) return null;
  const kept = inRule ? lines.slice(0, -1) : lines;
  const text = [...kept, prefix + ruleFor(head.slice(prefix.length))].join("\n");
  return { text, held: false, provisional: true, added: inRule ? 0 : 1 };
}

/**
 * @param {string} line
 * @param {string} before the line before it
 * @param {string} open as `openAt` says
 * @returns {boolean} whether the line could still become anything
 */
function isUndecided(line, before, open) {
  if (FENCE.test(open)) return new RegExp(`^[\\s>]*${open[0]}+[ \\t]*$`).test(line);
  if (open) return false;
  const rest = line.replace(CONTAINERS, "");
  if (rest === "") return true;
  if (LEAF.test(rest) || (TASK.test(rest) && /[-+*.)]/.test(line.slice(0, -rest.length)))) return true;
  const above = before.replace(/^[ \t>]+/, "");
  return (above !== "" && UNDERLINE.test(rest)) || (above.includes("|") && RULE.test(rest));
}

/**
 * @param {string} line that has waited long enough
 * @returns {string} shows all of it, whatever it may become
 */
function literal(line) {
  const [containers] = CONTAINERS.exec(line) ?? [""];
  const rest = line.slice(containers.length);
  if (FENCE.test(rest) || /^(?: {4}|\t)/.test(line) || line.length > MOST_MARKS) return line;
  const kept = rest ? containers : "";
  return kept + line.slice(kept.length).replace(PUNCTUATION, (mark) => `&#${mark.charCodeAt(0)};`);
}

/**
 * @param {string} text
 * @param {number} waited how much of it has waited long enough to be shown in any case
 * @returns {Decided}
 */
export function decided(text, waited) {
  const start = text.lastIndexOf("\n") + 1;
  const line = text.slice(start);
  const open = openAt(text.slice(0, Math.max(0, start - 1)));
  const known = (/** @type {string} */ shown, held = false) => ({ text: shown, held, provisional: false, added: 0 });
  const table = open ? null : asTable(text.split("\n"));
  if (table) return table;
  if (BLANK.test(line)) return known(text.slice(0, start));
  const before = text.slice(text.lastIndexOf("\n", start - 2) + 1, Math.max(0, start - 1));
  if (!isUndecided(line, before, open)) return known(text);
  if (start + line.search(/\S/) >= waited) return known(text.slice(0, start), true);
  return known(open ? text : text.slice(0, start) + literal(line));
}
