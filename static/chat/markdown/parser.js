/** Markdown as tokens. Pure. */

import MarkdownIt from "../../vendor/markdown-it/markdown-it.mjs";
import addCjkEmphasis from "../../vendor/markdown-it-cjk-friendly/markdown-it-cjk-friendly.js";
import { isPicture, link } from "./safe-url.js";
import { addMath } from "./math-syntax.js";
import { addHtml } from "./html-syntax.js";
import { addFootnotes } from "./footnote.js";
import { addCalm } from "./growing.js";

/** @typedef {import("../../vendor/markdown-it/markdown-it.mjs").Token} Token */

const parser = new MarkdownIt({ html: false, linkify: true });
// A name like main.py is no address.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
parser.validateLink = (/** @type {string} */ address) => link(address) !== null || isPicture(address);
// Chinese, Japanese and Korean put no blanks around emphasis, which CommonMark needs beside a bracket or a full stop.
addCjkEmphasis(parser);
addHtml(parser);
addMath(parser);
addFootnotes(parser);
addCalm(parser);

// One paragraph that people read has a few dozen of either. Each costs the parser far more than a letter does, and it
// cannot be stopped.
const MOST_BRACKETS = 500;
const MOST_SIGNS = 4000;

/**
 * @param {string} text of a paragraph, a cell or the like
 * @returns {boolean} whether it is shown as it stands
 */
const isFlood = (text) =>
  text.length > MOST_BRACKETS && (text.split("[").length > MOST_BRACKETS || (text.match(/[[*_~`$\\<&!]|:\/\//g) ?? []).length > MOST_SIGNS);

const parseInline = parser.inline.parse.bind(parser.inline);
/**
 * @param {string} text
 * @param {typeof parser} markdown
 * @param {Record<string, unknown>} env
 * @param {Token[]} into
 */
parser.inline.parse = (text, markdown, env, into) => {
  if (!isFlood(text)) return parseInline(text, markdown, env, into);
  const { Token } = new parser.core.State("", parser, env);
  into.push(Object.assign(new Token("text", "", 0), { content: text }));
};

/**
 * @typedef {object} Parsed
 * @property {Token[]} tokens
 * @property {boolean} defines whether something in it has a meaning elsewhere: links and footnotes by reference
 * @property {boolean} open whether what comes next may take in more than its last block
 * @property {boolean} held whether some of it is not shown yet
 */

/**
 * @param {string} text with `\n` at the line ends
 * @param {import("./growing.js").Growing | null} growing null where its end is no middle of something
 * @returns {Parsed}
 */
export function parse(text, growing) {
  /** @type {{ growing: typeof growing, open?: boolean, held?: boolean, references?: object, footnotes?: Set<string> }} */
  const env = { growing };
  const tokens = parser.parse(text, /** @type {Record<string, unknown>} */ (env));
  const defines = Object.keys(env.references ?? {}).length + (env.footnotes?.size ?? 0) > 0;
  return { tokens, defines, open: env.open ?? false, held: env.held ?? false };
}
