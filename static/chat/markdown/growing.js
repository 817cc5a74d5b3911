/** The block at the end of a growing text: what is shown of it while it may be the middle of something. */

import { calm } from "./incomplete.js";

/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").MarkdownIt} MarkdownIt */
/** @typedef {import("./parser.js").Token} Token */
/** @typedef {{ fresh: string, added: number }} Growing the end of a text that has not waited long enough; how many of its lines are a guess */

const ROW = /^\s*\|/;
const RULE_OF_TABLE = /^[\s|:-]*$/;

/**
 * @param {string} content of a paragraph
 * @param {number} waited
 * @returns {string} without the head of a table whose second line is still to come
 */
function withoutHead(content, waited) {
  const lines = content.split("\n");
  const first = lines.findLastIndex((line) => !ROW.test(line)) + 1;
  const rows = lines.slice(first);
  const waiting = rows.length === 1 || (rows.length === 2 && RULE_OF_TABLE.test(rows[1] ?? ""));
  const above = lines.slice(0, first).join("\n");
  return waiting && above.length >= waited ? above : content;
}

/**
 * Blanks and the marks of quotes are not counted: of them the content has fewer than its source.
 *
 * @param {string} content at the end of a growing text
 * @param {string} fresh the end of that text, which has not waited long enough
 * @returns {number} how much of the content has
 */
function waitedOf(content, fresh) {
  let left = fresh.replaceAll(/[\s>]/g, "").length;
  let at = content.length;
  while (at > 0 && left > 0) if (!/[\s>]/.test(content[--at] ?? "")) left--;
  return at;
}

/**
 * @param {string} type of the token before its words
 * @param {number} end the line behind it
 * @param {number} lines that there are, the last of which may be empty
 * @returns {boolean} whether nothing that comes can belong to it
 */
const isOver = (type, end, lines) => (type === "paragraph_open" ? end < lines - 1 : end <= lines - 1);

/** @param {MarkdownIt} parser */
export function addCalm(parser) {
  parser.core.ruler.before("inline", "calm", ({ env, src, tokens }) => {
    if (!env.growing) return;
    const { fresh, added } = /** @type {Growing} */ (env.growing);
    // A row is filled up with empty cells.
    const last = tokens.findLastIndex(({ type, nesting, content }) => nesting === 0 && (type !== "inline" || content !== ""));
    const token = tokens[last];
    // All of the line behind a fence may be text yet.
    const isBegun = token?.content === "" && !src.endsWith("\n");
    const isOpenMath = token?.info.trim() === "math" && !/\n[\s>]*(?:`{3,}|~{3,})\s*$/.test(src);
    if (token?.type === "fence" && (isBegun || isOpenMath)) token.meta = { growing: true };
    const opening = tokens[last - 1]?.type ?? "";
    const end = tokens.findLast(({ map }, at) => map && at <= last)?.map?.[1] ?? 0;
    if (token?.type !== "inline" || isOver(opening, end, src.split("\n").length - added)) return;
    if (tokens.some(({ map }, at) => at > last && map && map[0] >= end)) return;
    const waited = waitedOf(token.content, opening === "heading_open" ? fresh.replace(/#+\s*$/, "") : fresh);
    const content = opening === "paragraph_open" ? withoutHead(token.content, waited) : token.content;
    const { text, held, formula } = calm(content, waited);
    if (held || content !== token.content) env.held = true;
    // Its last formula, among the tokens that are made of it.
    token.meta = { last: true, growing: formula };
    token.content = text;
    if (opening === "paragraph_open" && text === "") tokens.splice(last - 1, 3);
  });
  parser.core.ruler.after("inline", "growing_formula", ({ tokens }) => {
    for (const { meta, children } of tokens) {
      const last = meta?.growing ? children?.at(-1) : null;
      // What closes it here has not been said. One that is still empty is no formula yet.
      if (last?.type === "math") last.meta = { ...last.meta, source: String(last.meta?.source).slice(0, -2), growing: true };
    }
  });
}
