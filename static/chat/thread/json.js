/** JSON laid out for reading. Pure. */

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** @param {number} depth */
const line = (depth) => `\n${"  ".repeat(depth)}`;

/**
 * The tokens stay as they were written, and only the space between them changes: a number too long for JavaScript is
 * not rounded, a repeated name not dropped.
 *
 * @param {string} text
 * @returns {string} the same text where it is no JSON, or not yet
 */
export function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let laid = "";
  let depth = 0;
  let opened = false;
  for (const token of text.match(TOKENS) ?? []) {
    const closes = token === "}" || token === "]";
    if (closes) depth -= 1;
    if (opened !== closes) laid += line(depth);
    opened = token === "{" || token === "[";
    if (opened) depth += 1;
    laid += token === ":" ? ": " : token;
    if (token === ",") laid += line(depth);
  }
  return laid;
}
